"""A server that a test may kill, fill and restart, and a folder that the accounts of other programs can pass."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgswarm.cli.embedded import Home, ensure_running, stop_server

PASS_THROUGH = 0o711


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """An empty folder that every user can pass. Not below pytest's own: another run of pytest closes that again."""
    path = Path(tempfile.mkdtemp(prefix="pgs-", dir="/tmp"))
    path.chmod(PASS_THROUGH)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def own_server(open_folder: Path) -> Iterator[Home]:
    """The home of an embedded server of the test's own, which runs."""
    home = Home(open_folder / "home")
    ensure_running(home)
    yield home
    stop_server(home)
