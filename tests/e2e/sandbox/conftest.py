"""The sandbox of these tests."""

import pytest

from pgswarm.actions.sandbox.local import LocalSandbox
from pgswarm.actions.sandbox.types import Level


@pytest.fixture(params=["bwrap", "landlock"])
def sandbox(request: pytest.FixtureRequest) -> LocalSandbox:
    return LocalSandbox(Level(request.param))
