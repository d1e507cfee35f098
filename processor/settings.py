"""How a processor runs: everything that the command line and the environment decide, once, as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LANES: Final = 16
"""Swarms that one claim draws from."""

_ESCAPED: Final = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_", "*": "%", "?": "_"})


@dataclass(frozen=True, slots=True)
class Settings:
    """Times in seconds.

    `concurrency` bounds the activations that run at the same time; `actions` are patterns with `*` and `?` (none: every
    action); `lease_s` is how long a silent worker keeps its nodes; `grace_s` how long actions may go on after SIGTERM;
    `once` ends the processor when nothing is claimable; `notify` tells subscribers of new events.
    """

    database_url: str
    concurrency: int = 64
    actions: Sequence[str] = ()
    lease_s: float = 15.0
    grace_s: float = 10.0
    once: bool = False
    notify: bool = True
    poll_s: float = 1.0
    statement_timeout_s: float = 60.0

    def __post_init__(self) -> None:
        for field, value, low, high in (
            ("concurrency", self.concurrency, 1, 10_000),
            ("lease", self.lease_s, 0.5, 3_600),
            ("grace", self.grace_s, 0, 3_600),
        ):
            if not low <= value <= high:
                raise ValueError(f"{field} must lie between {low} and {high}, not {value}")

    @property
    def reserved(self) -> int:
        """Slots kept for swarms with nothing running: a tenth, at least one, where there is more than one."""
        return max(1, self.concurrency // 10) if self.concurrency > 1 else 0

    def like_patterns(self) -> list[str] | None:
        """Return `actions` as patterns of SQL's LIKE; None where every action is wanted."""
        return [like(pattern) for pattern in self.actions] or None


def like(pattern: str) -> str:
    """Turn a pattern with `*` and `?` into one of SQL's LIKE, whose own signs lose their meaning."""
    return pattern.translate(_ESCAPED)
