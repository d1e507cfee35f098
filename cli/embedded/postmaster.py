"""What the running server says about itself, in `postmaster.pid` (PostgreSQL's `miscadmin.h` numbers its lines).

Rule: the file says which process and which socket, never whether it lives: that is what the server lock is for. A
signal goes only to a process that is this server by its own command line.
"""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from pgswarm.cli.embedded.handshake import takes_clients
from pgswarm.cli.embedded.home import Home
from pgswarm.cli.embedded.lock import is_held
from pgswarm.cli.embedded.socket_folder import socket_path
from pgswarm.cli.exits import UnreachableError

SOCKET_LINE = 4
STATUS_LINE = 7


@dataclass(frozen=True, slots=True)
class Postmaster:
    """The lines of `postmaster.pid` that the supervisor uses."""

    pid: int
    socket_folder: Path
    status: str  # starting, ready, standby, stopping; empty: not said yet


def read_postmaster(home: Home) -> Postmaster | None:
    """Return what the file says; None where it is missing or half written."""
    try:
        lines = (home.data / "postmaster.pid").read_text(errors="surrogateescape").splitlines()
        status = lines[STATUS_LINE].strip() if len(lines) > STATUS_LINE else ""
        return Postmaster(int(lines[0]), Path(lines[SOCKET_LINE]), status)
    except (FileNotFoundError, IndexError, ValueError):
        return None


def ready_postmaster(home: Home) -> Postmaster | None:
    """Return the server if it runs and takes connections."""
    if not is_held(home.server_lock):
        return None
    found = read_postmaster(home)
    if found is None or found.status not in {"ready", "standby"}:
        return None
    return found if takes_clients(socket_path(found.socket_folder)) else None


def remove_stale_files(home: Home, socket_folder: Path) -> None:
    """Remove what a server that was killed left behind. The caller holds both locks, so none lives.

    PostgreSQL itself goes by the process id in these files, and refuses to start where, after a reboot, another process
    has been given that number.
    """
    socket_file = socket_path(socket_folder)
    for path in (home.data / "postmaster.pid", socket_file, Path(f"{socket_file}.lock")):
        path.unlink(missing_ok=True)


def signal_postmaster(home: Home, found: Postmaster, number: signal.Signals) -> None:
    """Send a signal to the server, unless it has gone; raise where it lives but cannot be seen from here."""
    import psutil

    try:
        process = psutil.Process(found.pid)
        if Path(process.name()).name == "postgres" and Path(process.cwd()).samefile(home.data):
            os.kill(found.pid, number)
            return
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        pass  # it has gone, or the number is another process's by now
    if ready_postmaster(home) is not None:
        raise UnreachableError(
            f"the embedded database runs, but its process {found.pid} is not to be seen from here",
            "It was started in another container: stop it there.",
        )
