"""Failpoints: named places at which a test kills this process with SIGKILL, as a power cut would.

One rule: there is a point before and after every transaction that a processor makes, and `POINTS` names them all, so
that a test can walk them. `PGSWARM_FAILPOINT=name[:nth]` arms one; unarmed, `hit` does nothing at all.
"""

import os
import signal
from typing import Final

TRANSACTIONS: Final = (
    "register",
    "advance",
    "settle",
    "begin_call",
    "end_call",
    "drop_call",
    "begin_effect",
    "end_effect",
    "settle_effect",
    "save_entry",
    "change_files",
    "create_action",
    "heartbeat",
    "reap",
    "tick",
    "notify",
    "drain",
    "stop",
)
POINTS: Final = tuple(f"{transaction}.{side}" for transaction in TRANSACTIONS for side in ("before", "after"))


class Armed:
    """Counts the hits of one point and kills at the nth."""

    def __init__(self, setting: str) -> None:
        """Take `name[:nth]`; raise `ValueError` where there is no such point."""
        name, _, nth = setting.partition(":")
        if name not in POINTS:
            raise ValueError(f"PGSWARM_FAILPOINT names {name!r}: choose one of {', '.join(POINTS)}")
        self._name = name
        self._left = int(nth or 1)

    def __call__(self, point: str) -> None:
        """Count a hit."""
        if point != self._name:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _nothing(point: str) -> None:
    """Do nothing: no failpoint is armed."""


_setting = os.environ.get("PGSWARM_FAILPOINT", "")
hit: Final = Armed(_setting) if _setting else _nothing
