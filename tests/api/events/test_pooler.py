"""Behind PgBouncer in transaction mode nothing can be heard: events come by the poll, none is skipped."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from pgswarm.api.events.hub import Hub
from support.api import Api
from support.database import Database
from support.pooler import pooler
from support.streams import SHORT, Stream, seqs, serving
from support.verbs import Kid, cancel, events, spawn


@pytest.fixture
def pooled(db: Database) -> Iterator[str]:
    """The database's URL behind a pooler with three connections."""
    folder = Path(tempfile.mkdtemp(prefix="pgswarm-test-pooler-", dir="/tmp"))  # where another account may read
    folder.chmod(0o755)
    with pooler(db.url, folder) as url:
        yield url
    shutil.rmtree(folder)


@pytest.fixture
async def port(db: Database, pooled: str) -> AsyncIterator[tuple[Api, int]]:
    """The application behind the pooler."""
    api = Api(db)
    settings = api.settings.model_copy(update={"database_url": pooled})
    api.app.state.database = type(api.app.state.database)(settings)
    api.app.state.hub = Hub(settings, SHORT)
    async with serving(api.app) as port:
        yield api, port


async def test_events_come_through_a_pooler_in_transaction_mode(port: tuple[Api, int]) -> None:
    api, number = port
    swarm_id = api.swarm(api.anna)
    streams = [
        await Stream.open(number, f"/v1/swarms/{swarm_id}/events", api.anna.headers),
        await Stream.open(number, "/v1/events", api.anna.headers),
    ]
    assert [stream.status for stream in streams] == [200, 200]
    run = api.claim(swarm_id)
    for _ in range(3):
        api.worker.does(spawn(run, *[Kid() for _ in range(10)]))
        run = api.claim(swarm_id)
    cancel(api.db.conn, swarm_id)
    last = len(events(api.db.conn, swarm_id))
    assert seqs(await streams[0].until(lambda e: e.seq == last)) == list(range(1, last + 1))
    assert (await streams[1].until(lambda e: e.seq == last))[-1].kind == "swarm.terminated"
    for stream in streams:
        stream.cut()
