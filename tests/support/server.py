"""The PostgreSQL server of a test run.

Rule: one server a run, shared by all of pytest's workers, and never a test skipped for want of one. The first of these
that is there: `PGSWARM_TEST_DATABASE_URL` (a superuser's), a container where an engine answers, the embedded server.
`PGSWARM_TEST_SERVER=container` or `=embedded` names one of the last two. What starts servers is imported only when one
is to be started, so that the unit tests pay nothing for it.
"""

import fcntl
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

IMAGE = "postgres:15"  # the oldest that we support; the embedded server is the newest
DEFAULT_ENGINE = "/var/run/docker.sock"
PROBE_S = 2
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of the run's own is made in it
ROOM_BYTES = 4 * 2**30
PASS_THROUGH = 0o711  # root's folder, which the account that the server runs under must pass


@dataclass(frozen=True, slots=True)
class Server:
    """A server that takes connections; `url` is that of a superuser and a database that nobody works in."""

    kind: str
    url: str
    container: str = ""


def make_run_folder() -> str:
    """Make the run's folder: in memory where there is room.

    A database has 440 files. ext4 looks for an inode that was not freed in the last five seconds (its
    `recently_deleted`): there each of many databases, made and dropped one after another, takes a third of a second.
    """
    inside = None
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM_BYTES:
        inside = MEMORY
    return tempfile.mkdtemp(prefix="pgswarm-test-", dir=inside)


def find_server(run_folder: Path) -> Server:
    """Return the run's server, started where it is not yet."""
    with _locked(run_folder):
        note = run_folder / "server.json"
        if note.exists():
            return Server(**json.loads(note.read_text()))
        server = _start(run_folder)
        note.write_text(json.dumps(asdict(server)))
        return server


def stop_run(run_folder: Path) -> None:
    """Stop what `find_server` started, if it did, and remove the run's folder."""
    note = run_folder / "server.json"
    if note.exists():
        server = Server(**json.loads(note.read_text()))
        if server.kind == "embedded":
            _stop_embedded(run_folder)
        elif server.kind == "container":
            _remove_container(server.container)
    shutil.rmtree(run_folder)


def _start(run_folder: Path) -> Server:
    url = os.environ.get("PGSWARM_TEST_DATABASE_URL")
    if url:
        return Server("given", url)
    wanted = os.environ.get("PGSWARM_TEST_SERVER", "")
    if wanted not in {"", "container", "embedded"}:
        raise ValueError(f"PGSWARM_TEST_SERVER is {wanted!r}: set it to container or embedded, or unset it")
    if wanted == "container" or (not wanted and _engine_answers()):
        server = _start_container()
    else:
        server = _start_embedded(run_folder)
    with psycopg.connect(server.url, autocommit=True, connect_timeout=10) as conn:
        conn.execute("alter role all set synchronous_commit = off")  # what a test loses with the machine, nobody misses
    return server


def _start_embedded(run_folder: Path) -> Server:
    from pgswarm.cli.embedded import Home, ensure_running

    run_folder.chmod(PASS_THROUGH)
    return Server("embedded", ensure_running(Home(run_folder / "home")).url)


def _stop_embedded(run_folder: Path) -> None:
    from pgswarm.cli.embedded import Home, stop_server

    stop_server(Home(run_folder / "home"))


def _engine_answers() -> bool:
    """Ask the engine's socket itself: its client library takes longer, and leaks the socket where nobody answers."""
    host = urlsplit(os.environ.get("DOCKER_HOST", f"unix://{DEFAULT_ENGINE}"))
    unix = host.scheme == "unix"
    try:
        with socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as probe:
            probe.settimeout(PROBE_S)
            probe.connect(host.path if unix else (host.hostname, host.port))
            probe.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in probe.recv(64)
    except OSError:
        return False


def _start_container() -> Server:
    from testcontainers.community.postgres import PostgresContainer

    container = PostgresContainer(os.environ.get("POSTGRES_IMAGE", IMAGE), driver=None)
    container.with_env("LC_ALL", "C.UTF-8").with_command("postgres -c max_connections=200 -c fsync=off").start()
    return Server("container", container.get_connection_url(), container.get_wrapped_container().id or "")


def _remove_container(container_id: str) -> None:
    from docker import from_env

    client = from_env()
    try:
        client.containers.get(container_id).remove(force=True, v=True)
    finally:
        client.close()


@contextmanager
def _locked(run_folder: Path) -> Iterator[None]:
    with (run_folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
