"""How long a client waits, and when it tries again. Pure, but for the clock and the dice that it is given.

Pauses are drawn evenly between 0 and a bound that doubles ("full jitter"): clients cut off together do not come
back together.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from pgswarm.client.errors import ClientError, UnreachableError
from pgswarm.client.wire import FIRST_NOT_OK, Call, Lost, Reply

PASSING: Final = frozenset({429, 502, 503, 504})
"""Answers that say: not now. 502 and 504 are those of proxies."""
LASTING: Final = frozenset({"urn:pgswarm:problem:misconfigured"})
"""Kinds of problems that stay until somebody does something, whatever their status."""


@dataclass(frozen=True, slots=True)
class Patience:
    """All in seconds."""

    connect_s: float = 5.0
    answer_s: float = 30.0
    """For one answer, whole."""
    in_all_s: float = 60.0
    """For a call with all its repeats; for a stream, the time without a connection."""
    silence_s: float = 30.0
    """After so long without a byte a stream is taken for lost; the server says every 10 s that it is there."""
    first_pause_s: float = 0.2
    longest_pause_s: float = 5.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}: it must be above 0")


class Attempts:
    """The attempts at one thing, until it is done or given up."""

    def __init__(
        self,
        patience: Patience,
        now: Callable[[], float] = time.monotonic,
        dice: Callable[[], float] = random.random,
    ) -> None:
        """Begin now; `dice` gives numbers from 0 to 1."""
        self._patience = patience
        self._now = now
        self._dice = dice
        self.begin()

    def begin(self) -> None:
        """Begin anew: something was reached."""
        self._failures = 0
        self._until = self._now() + self._patience.in_all_s

    @property
    def answer_s(self) -> float:
        """How long the next answer may take."""
        return max(0.001, min(self._patience.answer_s, self._until - self._now()))

    def pause(self, call: Call[Any], came: Reply | Lost, at_least_s: float = 0.0) -> float:
        """Return the seconds until the next attempt; raise what `came` where there shall be none."""
        bound = min(self._patience.longest_pause_s, self._patience.first_pause_s * 2.0 ** min(self._failures, 20))
        self._failures += 1
        asked = (came.retry_after_s or 0.0) if isinstance(came, Reply) else 0.0
        pause = max(asked, at_least_s) + self._dice() * bound
        if not _may_go_again(call, came) or self._now() + pause >= self._until:
            raise error_of(call, came, self._failures)
        return pause


def _may_go_again(call: Call[Any], came: Reply | Lost) -> bool:
    if isinstance(came, Lost):
        return call.idempotent or not came.sent
    return call.idempotent and came.status in PASSING and came.error().type not in LASTING


def is_good(came: Reply | Lost) -> TypeGuard[Reply]:
    """Say whether it is an answer to be read."""
    return isinstance(came, Reply) and came.status < FIRST_NOT_OK


def error_of(call: Call[Any], came: Reply | Lost, attempts: int) -> ClientError:
    """Return what is raised for it."""
    if isinstance(came, Reply):
        return came.error()
    times = "1 attempt" if attempts == 1 else f"{attempts} attempts"
    return UnreachableError(f"{call.method} {call.path}: {came.why}, after {times}")
