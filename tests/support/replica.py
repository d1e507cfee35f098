"""Two servers, the second a streaming replica of the first, which a test may kill and promote.

The programs are those of the embedded server; both listen on ports of their own.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil
import psycopg

from pgswarm.cli.embedded.account import Account, choose_account
from pgswarm.cli.embedded.programs import find_programs
from support.wait import wait_until

STEP_S: Final = 60
SETTINGS: Final = (
    "unix_socket_directories=", "listen_addresses=127.0.0.1", "fsync=off", "max_connections=200", "shared_buffers=32MB",
    "wal_receiver_status_interval=1", "hot_standby=on",
)  # fmt: skip
CAUGHT_UP: Final = "select 1 from pg_stat_replication where state = 'streaming' and replay_lsn >= pg_current_wal_lsn()"


class Server:
    """One of the two: its folder, its port, and its process while it runs."""

    def __init__(self, folder: Path, account: Account, programs: Path) -> None:
        self.data = folder
        self.port = _free_port()
        self._account = account
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Of this server alone."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL to its end."""
        process = self._account.start(
            [str(self._programs / program), *arguments], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        _, said = process.communicate(timeout=STEP_S)
        assert process.returncode == 0, said.decode()

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        settings = [part for setting in (*SETTINGS, f"port={self.port}") for part in ("-c", setting)]
        log = (self.data.parent / f"{self.data.name}.log").open("ab")
        with log:
            self._process = self._account.start(
                [str(self._programs / "postgres"), "-D", str(self.data), *settings], cwd="/", stdout=log, stderr=log
            )
        wait_until(self._answers, f"{self.data.name} takes connections", within_s=STEP_S)

    def kill(self) -> None:
        """Let the server be gone as after a power cut: each of its processes, each a leader of its own group."""
        assert self._process is not None
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        self._process.wait(STEP_S)
        self._process = None

    def end(self) -> None:
        if self._process is not None:
            self.kill()

    def promote(self) -> None:
        """Make the replica the primary, and wait until it takes writes."""
        with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as conn:
            assert conn.execute("select pg_promote(true, %s)", (STEP_S,)).fetchone() == (True,)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.data.parent / f"{self.data.name}.log").read_text()
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class Pair:
    """A primary and its replica."""

    def __init__(self, folder: Path) -> None:
        account = choose_account(folder, folder)
        programs = find_programs(account, folder)
        self.primary, self.replica = (Server(folder / name, account, programs) for name in ("primary", "replica"))
        if not account.is_self:
            os.chown(folder, account.uid, account.gid)

    def url(self, database: str) -> str:
        """Return the one URL that finds whichever of the two takes writes."""
        hosts = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.replica.port}"
        return f"postgresql://postgres@{hosts}/{database}?target_session_attrs=read-write"

    def start(self) -> None:
        """Make the primary, copy it, and let the copy follow."""
        first, second = self.primary, self.replica
        first.run("initdb", "-D", str(first.data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        first.start()
        copy = (
            "-D",
            str(second.data),
            "--write-recovery-conf",
            "--checkpoint=fast",
            "--no-sync",
            "--dbname",
            first.url,
        )
        first.run("pg_basebackup", *copy)
        second.start()

    def wait_for(self, replica_is: str) -> None:
        """Let commits wait for the replica (`synchronous`) or not (`asynchronous`); wait until it has caught up."""
        names = "*" if replica_is == "synchronous" else ""
        with psycopg.connect(self.primary.url, autocommit=True) as conn:
            conn.execute(f"alter system set synchronous_standby_names = '{names}'".encode())
            conn.execute("select pg_reload_conf()")
            wait_until(lambda: conn.execute(CAUGHT_UP).fetchone(), "the replica has caught up")
            sync = "select sync_state from pg_stat_replication"
            wanted = ("sync",) if names else ("async",)
            wait_until(lambda: conn.execute(sync.encode()).fetchone() == wanted, f"the replica is {replica_is}")

    def cut_off_replica(self) -> None:
        """Let the replica get nothing new any more, as behind a network that is cut."""
        with psycopg.connect(self.replica.url, autocommit=True) as conn:
            conn.execute("alter system set primary_conninfo = ''")
            conn.execute("select pg_reload_conf()")
            receivers = "select pid from pg_stat_wal_receiver"
            wait_until(lambda: not conn.execute(receivers.encode()).fetchall(), "the replica gets nothing any more")

    def fail_over(self) -> float:
        """Kill the primary, promote the replica; return how many seconds there was none."""
        began = time.monotonic()
        self.primary.kill()
        self.replica.promote()
        return time.monotonic() - began

    def end(self) -> None:
        for server in (self.primary, self.replica):
            server.end()


@contextmanager
def replicated(folder: Path) -> Iterator[Pair]:
    """Lend a primary and its replica below a folder that other accounts can pass."""
    home = folder / "pair"
    home.mkdir(0o755)
    pair = Pair(home)
    try:
        pair.start()
        yield pair
    finally:
        pair.end()
        shutil.rmtree(home)


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
    return port
