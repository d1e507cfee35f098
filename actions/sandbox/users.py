"""Under which user a run lives: never root. Ordinary users are themselves; root takes a number that belongs to nobody.

Rule: two runs at a time have two numbers, so that neither counts nor reaches the other's processes; also those of two
processors that share a cache, by locks on the bytes of one file, which end with their process. The numbers come from
systemd's range for dynamic users, which no account may have.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import SystemRandom
from typing import Final

from pgswarm.actions.sandbox.types import SandboxError

FIRST, LAST = 61_184, 65_519
NOBODY: Final = 65_534
_taken: set[int] = set()
_open: dict[Path, int] = {}
"""Kept open: closed, a process loses all its locks on a file."""


def is_root() -> bool:
    """Say whether the engine runs as root, and runs must not."""
    return os.geteuid() == 0


@contextmanager
def run_user(cache: Callable[[], Path]) -> Iterator[int | None]:
    """Yield the number of a run's user, which is its group's too, locked in `cache`; None: the engine's own."""
    if not is_root():
        yield None
        return
    mapped = _mapped()
    if not mapped:
        raise SandboxError("no_sandbox", "Root cannot become another user here: run the processor as an ordinary user.")
    locks = _locks(cache() / "users")
    free = [number for number in mapped if number not in _taken]
    SystemRandom().shuffle(free)
    chosen = next((number for number in free if _lock(locks, number)), None)
    if chosen is None:
        raise SandboxError("no_sandbox", "Every user that a run could have is taken: try again when others have ended.")
    _taken.add(chosen)
    try:
        yield chosen
    finally:
        _taken.discard(chosen)
        fcntl.lockf(locks, fcntl.LOCK_UN, 1, chosen)


def _locks(file: Path) -> int:
    if file not in _open:
        try:
            _open[file] = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise SandboxError("no_sandbox", f"{file} cannot be opened ({error.strerror}): remove it.") from None
    return _open[file]


def _lock(locks: int, number: int) -> bool:
    try:
        fcntl.lockf(locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _mapped() -> list[int]:
    """The numbers that exist in this process's user namespace."""
    ranges = []
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        inside, _, count = map(int, line.split())
        ranges.append(range(inside, inside + count))
    found = [number for number in range(FIRST, LAST + 1) if any(number in known for known in ranges)]
    return found or [number for number in (NOBODY,) if any(number in known for known in ranges)]
