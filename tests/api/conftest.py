"""The application on a real database, with accounts."""

from collections.abc import AsyncIterator

import pytest

from support.api import Api
from support.database import Database


@pytest.fixture
async def api(db: Database) -> AsyncIterator[Api]:
    """The application, running on the test's own database."""
    async with Api(db).running() as running:
        yield running
