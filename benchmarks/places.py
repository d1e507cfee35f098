"""Where the benchmarks run: an empty database for each measurement, and the environment of the peers.

Rule: every database that is made here is called `pgswarm_bench_…` and dropped again; no other is touched.
"""

import json
import subprocess
import sys
import uuid
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

HERE = Path(__file__).parent
PEERS = HERE / "peers"
PEERS_PYTHON = HERE / ".venv" / "bin" / "python"
TIMEOUT_S = 900


@contextmanager
def database(server: str) -> Iterator[str]:
    """Make an empty database on `server`, give its URL, and drop it at the end."""
    name = f"pgswarm_bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def describe_server(server: str) -> dict[str, str]:
    """Return the version and the settings that decide the figures."""
    names = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "max_connections")
    with psycopg.connect(server) as connection:
        rows = connection.execute(
            "select name, current_setting(name) from unnest(%s::text[]) name", (list(names),)
        ).fetchall()
    return dict(rows)


def make_peers() -> None:
    """Make the environment of the peers, or bring it to `peers/requirements.txt`."""
    if not PEERS_PYTHON.exists():
        venv.create(HERE / ".venv", with_pip=True)
    requirements = str(PEERS / "requirements.txt")
    command = [str(PEERS_PYTHON), "-m", "pip", "install", "--quiet", "--requirement", requirements]
    subprocess.run(command, check=True, timeout=TIMEOUT_S)


def run_peer(server: str, script: str, *arguments: str) -> dict[str, float]:
    """Run a peer's script against an empty database; return the figures that it prints."""
    with database(server) as url:
        return _figures([str(PEERS_PYTHON), str(PEERS / script), *arguments, "--url", url])


def run_python(*arguments: str, **options: Any) -> dict[str, Any]:
    """Run our own Python with these arguments; return the figures that it prints."""
    return _figures([sys.executable, *arguments], **options)


def _figures(command: list[str], **options: Any) -> dict[str, Any]:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT_S, check=False, **options)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with exit code {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
