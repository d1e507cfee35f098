"""Processors behind PgBouncer in its transaction mode, where every transaction may run in another backend."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from support.database import Database
from support.processors import Processors, start_swarm, swarm_ended
from support.proxy import Proxy
from support.wait import wait_until

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
PLAIN_UID = 65534
SETTINGS = """
[databases]
* = host=127.0.0.1 port={server_port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
logfile = {folder}/pgbouncer.log
"""


@pytest.fixture
def pooled_url(db: Database, open_folder: Path) -> Iterator[str]:
    """The test's database by way of a PgBouncer with three connections."""
    if PGBOUNCER is None:
        pytest.skip("PgBouncer is not installed: apt-get install pgbouncer")
    to_server = Proxy(db.url)  # PgBouncer wants host and port, and a server may have a socket only
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    parts = urlsplit(db.url)
    settings = open_folder / "pgbouncer.ini"
    settings.write_text(
        SETTINGS.format(server_port=urlsplit(to_server.url).port, user=parts.username, port=port, folder=open_folder)
    )
    account = None
    if os.geteuid() == 0:  # it refuses to be root
        os.chown(open_folder, PLAIN_UID, PLAIN_UID)
        settings.chmod(0o644)
        account = PLAIN_UID
    url = urlunsplit((parts.scheme, f"{parts.username}@127.0.0.1:{port}", parts.path, "", ""))
    with subprocess.Popen([PGBOUNCER, "-q", str(settings)], user=account, group=account) as process:
        try:
            wait_until(lambda: reachable(url), "the pooler answers")
            yield url
        finally:
            process.kill()
            to_server.close()


def reachable(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def test_processors_work_behind_a_pooler_that_gives_each_transaction_another_backend(
    db: Database, processors: Processors, pooled_url: str
) -> None:
    env = {"PGSWARM_DATABASE_URL": pooled_url}
    made = [processors.start(env=env, lease_s=15) for _ in range(2)]
    swarm_ids = [
        start_swarm(db, "bench/fan_out", {"width": 150, "depth": 1, "sleep_ms": 10}),
        start_swarm(db, "bench/chain", {"length": 25}),
        start_swarm(db, "bench/flaky", {"failures": 2}),
    ]
    for swarm_id in swarm_ids:
        assert swarm_ended(db, swarm_id, 60)["outcome"] == "succeeded"
    with psycopg.connect(pooled_url, autocommit=True) as stranger:
        for _ in range(10):
            row = stranger.execute("select current_setting('statement_timeout')", prepare=False).fetchone()
            assert row == ("0",)  # nothing of ours is left in the sessions of others
            assert stranger.execute("select * from pg_listening_channels()", prepare=False).fetchall() == []
    for one in made:
        assert "a pooler stands before the database" in one.said()
        assert "refused a commit" not in one.said()
        one.signal(signal.SIGTERM)
        assert one.ended() == 0
