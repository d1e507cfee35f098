"""The application on a real database, with accounts."""

from collections.abc import AsyncIterator

import pytest

from support.api import Api
from support.database import Database


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give each test that schemathesis made of an operation an id of its own: since pytest 9.2 all have one."""
    label = getattr(item, "operation_label", None)
    if label is not None and label not in item.nodeid:
        item._id = item.id.with_params(label)  # noqa: SLF001  # there is no public way, and two of one id are one test


@pytest.fixture
async def api(db: Database) -> AsyncIterator[Api]:
    """The application, running on the test's own database."""
    async with Api(db).running() as running:
        yield running
