"""Starting, finding and stopping the embedded server.

Rule: a start or stop is done under the start lock, by one process at a time, and every wait ends. The server belongs to
nobody: it outlives the command that started it, and the next command finds it warm.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pgswarm.cli.embedded.cluster import (
    DATABASE,
    USER,
    data_argument,
    finish_switch,
    make_cluster,
    remove_unfinished,
    require_version,
)
from pgswarm.cli.embedded.home import Home, home_errors, open_owned
from pgswarm.cli.embedded.lock import held, is_held
from pgswarm.cli.embedded.postmaster import (
    Postmaster,
    read_postmaster,
    ready_postmaster,
    remove_stale_files,
    signal_postmaster,
)
from pgswarm.cli.embedded.programs import find_programs
from pgswarm.cli.embedded.settings import every_start
from pgswarm.cli.embedded.socket_folder import PORT, prepare_socket_folder, socket_folder
from pgswarm.cli.embedded.trouble import explain
from pgswarm.cli.exits import UnreachableError

START_S = 300.0  # recovery after a crash reads all that was written since the last checkpoint
FAST_S = 20.0
IMMEDIATE_S = 20.0  # PostgreSQL itself kills what is left after 5 s
LOCK_S = 5.0
SAY_AFTER_S = 2.0
PAUSE_S = 0.005
BIGGEST_LOG = 5_000_000
IN_BACKGROUND = '"$@" &'  # the shell ends at once, and the server has no parent that could take it along

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Running:
    """A server that takes connections."""

    pid: int
    socket_folder: Path

    @property
    def url(self) -> str:
        """The database's URL, as psycopg and SQLAlchemy take it."""
        return f"postgresql://{USER}@/{DATABASE}?host={quote(os.fsencode(self.socket_folder), safe='/')}&port={PORT}"


def server_state(home: Home) -> Running | None:
    """Return the server of `home` if it takes connections; start nothing."""
    with home_errors():
        found = ready_postmaster(home)
    return None if found is None else Running(found.pid, found.socket_folder)


def ensure_running(home: Home, say: Say = lambda _: None) -> Running:
    """Return the server of `home`, started (and made) where it is not; raise `UnreachableError` if it cannot be.

    `say` hears about what takes longer than people like to wait without a word.
    """
    with home_errors():
        return server_state(home) or _start(home, say)


def stop_server(home: Home) -> bool:
    """Stop the server, rolling back what runs in it; return whether there was one.

    PostgreSQL's "fast" shutdown. Where that does not end, or the server takes no clients, its "immediate" one, after
    which the next start recovers: PostgreSQL 18 waits for ever when asked to stop while it recovers from a crash.
    """
    if server_state(home) is None and not is_held(home.server_lock):
        return False
    with home_errors(), held(home.start_lock, START_S):
        fast, immediate = (signal.SIGINT, FAST_S), (signal.SIGQUIT, IMMEDIATE_S)
        for number, patience_s in (fast, immediate) if ready_postmaster(home) else (immediate,):
            found = read_postmaster(home)
            if found is not None and is_held(home.server_lock):
                signal_postmaster(home, found, number)
            end = time.monotonic() + patience_s
            while is_held(home.server_lock) and time.monotonic() < end:
                time.sleep(PAUSE_S)
        if is_held(home.server_lock):
            raise UnreachableError(
                f"the embedded database did not stop within {FAST_S + IMMEDIATE_S:g} s",
                f"See {home.log}, and which processes hold {home.server_lock} (`fuser`). It is safe to kill them.",
            )
        with suppress(OSError):  # one in the runtime directory would stay behind when the home is removed
            socket_folder(home, home.account()).rmdir()
    return True


def _start(home: Home, say: Say) -> Running:
    """Start the server under the start lock, unless somebody else has done so meanwhile."""
    account = home.prepare()
    with held(home.start_lock, START_S):
        running = _wait_for_others(home, say)
        if running is not None:
            return running
        programs = find_programs(account, home.root)
        remove_unfinished(home)
        finish_switch(home)
        if not home.data.exists():
            make_cluster(home, account, programs)
        require_version(home.data)
        folder = prepare_socket_folder(home, account)
        settings = [part for name, value in every_start(folder).items() for part in ("-c", f"{name}={value}")]
        server = [str(programs / "postgres"), "-D", data_argument(home, account, home.data), *settings]
        log = _open_log(home.log)
        try:
            with held(home.server_lock, LOCK_S) as lock:
                remove_stale_files(home, folder)
                begin = os.fstat(log).st_size
                options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "pass_fds": [lock]}
                account.start(["/bin/sh", "-c", IN_BACKGROUND, "sh", *server], cwd=home.data, **options).wait()
        finally:
            os.close(log)
        found = _wait_until_ready(home, begin, say)
        return Running(found.pid, found.socket_folder)


def _wait_for_others(home: Home, say: Say) -> Running | None:
    """Wait while processes of a server live; return it if it takes connections, None once they have gone."""
    begin = time.monotonic()
    said = False
    while is_held(home.server_lock):
        running = server_state(home)
        if running is not None:
            return running
        waited = time.monotonic() - begin
        if waited > START_S:
            raise UnreachableError(
                f"the embedded database has been starting or stopping for {START_S:g} s",
                f"See {home.log}, and whether its processes hang (`fuser {home.server_lock}`).",
            )
        if waited > SAY_AFTER_S and not said:
            said = True
            say("Waiting for a database server that starts, stops or recovers …")
        time.sleep(PAUSE_S)
    return None


def _wait_until_ready(home: Home, log_begin: int, say: Say) -> Postmaster:
    """Wait until the server takes connections; raise with its words once all of its processes have gone."""
    begin = time.monotonic()
    said = False
    while (waited := time.monotonic() - begin) < START_S:
        found = ready_postmaster(home)
        if found is not None:
            return found
        if not is_held(home.server_lock):
            break
        if waited > SAY_AFTER_S and not said:
            said = True
            say("The database is recovering from a crash …")
        time.sleep(PAUSE_S)
    with home.log.open("rb") as log:
        log.seek(log_begin)
        words = log.read().decode(errors="replace")
    what = "the embedded database did not start" + (f" within {START_S:g} s" if waited >= START_S else "")
    raise explain(what, words, home.postgres)


def _open_log(path: Path) -> int:
    """Open the log at its end; keep one old log once it has grown."""
    if path.exists() and path.stat().st_size > BIGGEST_LOG:
        path.replace(path.with_suffix(".log.old"))
    return open_owned(path, os.O_WRONLY | os.O_APPEND)
