"""Homes of embedded servers, each stopped and removed after its test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgswarm.cli.embedded import Home, stop_server
from pgswarm.cli.exits import CommandError

OPEN = 0o755


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that every user can pass through, with a short path."""
    path = Path(tempfile.mkdtemp(prefix="pgs-", dir="/tmp"))
    path.chmod(OPEN)
    yield path
    for data in [*path.glob("*/postgres/data"), *path.glob("*/*/postgres/data")]:
        try:
            stop_server(Home(data.parent.parent))
        except CommandError:  # a test has left something that is no data directory
            continue
    shutil.rmtree(path)


@pytest.fixture
def home(folder: Path) -> Home:
    """A home that nobody has made yet."""
    return Home(folder / "home")


@pytest.fixture
def as_root() -> None:
    """Leave out the tests of what only root can see."""
    if os.geteuid() != 0:
        pytest.skip("only root can act as several users")
