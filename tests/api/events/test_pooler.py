"""Behind PgBouncer in transaction mode nothing can be heard: events come by the poll, none is skipped."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from pgswarm.api.events.hub import Hub
from support.api import Api
from support.database import Database
from support.streams import SHORT, Stream, seqs, serving
from support.verbs import Kid, cancel, events, spawn
from support.wait import wait_until

PGBOUNCER = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
CONFIG = """[databases]
{name} = host={host} port={port} dbname={name}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
ignore_startup_parameters = extra_float_digits,options
"""


@pytest.fixture
def pooled(db: Database) -> Iterator[str]:
    """The database's URL behind a pooler with three connections."""
    if not Path(PGBOUNCER).exists():
        pytest.skip("PgBouncer is not installed: apt-get install pgbouncer")
    url = urlsplit(db.url)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="pgswarm-test-pooler-"))  # where another account may read
    config = folder / "pgbouncer.ini"
    user = url.username or "postgres"
    server = f"{url.hostname} user={user}"
    config.write_text(CONFIG.format(name=db.name, host=server, port=url.port or 5432, listen=listen))
    folder.chmod(0o755)
    other: dict[str, Any] = {"user": pwd.getpwnam("nobody").pw_uid} if os.geteuid() == 0 else {}
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen([PGBOUNCER, str(config)], stdout=said, stderr=said, cwd="/", **other)
    behind = f"postgresql://{user}@127.0.0.1:{listen}/{db.name}"

    def answers() -> bool:
        assert process.poll() is None, (folder / "said").read_text()
        try:
            psycopg.connect(behind, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    try:
        wait_until(answers, "the pooler answers")
        yield behind
    finally:
        process.terminate()
        process.wait(10)
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
