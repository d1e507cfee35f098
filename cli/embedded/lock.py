"""Locks on files that the kernel gives back when their holder dies, however it dies (flock(2)).

Rule: a lock belongs to the open file, so a process that inherits it holds it too. The server inherits one and keeps it
until the last of its processes has gone.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pgswarm.cli.embedded.home import open_owned
from pgswarm.cli.exits import UnreachableError

PAUSE_S = 0.01


def try_lock(handle: int, path: Path, kind: int = fcntl.LOCK_EX) -> bool:
    """Take the lock of an open file if it is free, and return whether it was."""
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in {errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}:
            raise UnreachableError(
                f"the file system of {path} has no locks, and the embedded database is not safe on it",
                "Set PGSWARM_HOME to a directory on a local disk.",
            ) from error
        raise
    return True


def is_held(path: Path) -> bool:
    """Return whether some process holds the lock. Several may ask at once: they share it for that moment."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not try_lock(handle, path, fcntl.LOCK_SH)
    finally:
        os.close(handle)


@contextmanager
def held(path: Path, deadline_s: float) -> Iterator[int]:
    """Hold the lock, waiting up to `deadline_s` seconds for whoever has it; raise `UnreachableError` after that.

    Gives the open file: a process that inherits it keeps the lock after this one has let go.
    """
    handle = open_owned(path, os.O_RDWR)
    try:
        end = time.monotonic() + deadline_s
        while not try_lock(handle, path):
            if time.monotonic() > end:
                raise UnreachableError(
                    f"another process has held the embedded database's {path.name} for {deadline_s:g} s",
                    f"See which process holds {path} (`fuser {path}`) and end it.",
                )
            time.sleep(PAUSE_S)
        yield handle
    finally:
        os.close(handle)
