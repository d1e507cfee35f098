"""Under which user a run lives: never root. Ordinary users are themselves; root takes a number that belongs to nobody.

Rule: two runs at a time have two numbers, so that neither counts nor reaches the other's processes. They come from
systemd's range for dynamic users, which no account may have.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import SystemRandom
from typing import Final

from pgswarm.actions.sandbox.types import SandboxError

FIRST, LAST = 61_184, 65_519
NOBODY: Final = 65_534
_taken: set[int] = set()


def is_root() -> bool:
    """Say whether the engine runs as root, and runs must not."""
    return os.geteuid() == 0


@contextmanager
def run_user() -> Iterator[int | None]:
    """Yield the number of a run's user, which is its group's too; None: the engine's own."""
    if not is_root():
        yield None
        return
    free = [number for number in _mapped() if number not in _taken]
    if not free:
        raise SandboxError("no_sandbox", "Root cannot become another user here: run the processor as an ordinary user.")
    chosen = SystemRandom().choice(free)
    _taken.add(chosen)
    try:
        yield chosen
    finally:
        _taken.discard(chosen)


def _mapped() -> list[int]:
    """The numbers that exist in this process's user namespace."""
    ranges = []
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        inside, _, count = map(int, line.split())
        ranges.append(range(inside, inside + count))
    found = [number for number in range(FIRST, LAST + 1) if any(number in known for known in ranges)]
    return found or [number for number in (NOBODY,) if any(number in known for known in ranges)]
