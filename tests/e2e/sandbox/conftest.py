"""The sandbox of these tests."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgswarm.actions.sandbox.local import LocalSandbox
from pgswarm.actions.sandbox.types import Level


@pytest.fixture(params=["bwrap", "landlock"])
def sandbox(request: pytest.FixtureRequest) -> LocalSandbox:
    return LocalSandbox(Level(request.param))


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach: that of pytest is closed again by each run of another pytest."""
    with tempfile.TemporaryDirectory(prefix="pgswarm-test-") as made:
        Path(made).chmod(0o755)
        yield Path(made)
