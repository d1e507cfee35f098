"""PgBouncer in transaction mode before a test's database: every transaction may run in another of three backends."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

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


@contextmanager
def pooler(database_url: str, folder: Path) -> Iterator[str]:
    """Give the database's URL by way of a pooler; `folder` must be one that every account can pass."""
    if PGBOUNCER is None:
        pytest.skip("PgBouncer is not installed: apt-get install pgbouncer")
    to_server = Proxy(database_url)  # PgBouncer wants host and port, and a server may have a socket only
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    parts = urlsplit(database_url)
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        SETTINGS.format(server_port=urlsplit(to_server.url).port, user=parts.username, port=port, folder=folder)
    )
    account = None
    if os.geteuid() == 0:  # it refuses to be root
        os.chown(folder, PLAIN_UID, PLAIN_UID)
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
    """Say whether a connection can be made."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True
