"""A desk that serves MCP over HTTP, and a worker that may connect to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.connections import desk as desk_module
from support.connections.serving import listening
from support.connections.worker import Worker
from support.database import Database


@pytest.fixture(scope="module")
def desk_address() -> Iterator[str]:
    """The desk over HTTP."""
    with listening(lambda _: desk_module.desk.streamable_http_app()) as address:
        yield f"{address}/mcp"


@pytest.fixture
def worker(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desk_address: str) -> Worker:
    monkeypatch.setenv("DESK_TOKEN", "a-very-secret-token")
    monkeypatch.setenv("DESK_NOTES", str(tmp_path / "notes"))
    return Worker(db, tmp_path / "notes", desk_address)
