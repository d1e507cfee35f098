"""The wait for a place at a model that is limited across all processors.

One rule: waiting is bounded and costs next to nothing. A few nodes wait here, in order, and one of them asks the
database; all others, and whoever has waited `LONGEST_S`, give their node back, to come again about when it is their
turn.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

LONGEST_S: Final = 5.0
WAITERS: Final = 16
"""That wait here at one model; what waits holds a slot."""
LOOK_S: Final = 0.25
"""At the latest after this is asked again: places of other processors come free without a word."""
FIRST_S: Final = 0.1
"""How long a place is thought to take before the database has said so; whoever comes too early waits again."""
AWAY_FROM_S: Final = 1.0
AWAY_TO_S: Final = 60.0

Busy: TypeAlias = dict[str, Any]
"""What `begin_call` says of a limit: {limit, most, wait_s}."""


class NoPlaceError(BaseException):
    """There is no place at the model now: the node goes back for `delay_s`. No `Exception`, so that it gets through."""

    def __init__(self, delay_s: float) -> None:
        """Take the seconds after which it may be its turn."""
        super().__init__(f"no place at the model for about {delay_s:.1f} s")
        self.delay_s = delay_s


class Gate:
    """Those who wait at one model, in this process."""

    def __init__(self) -> None:
        """Begin with none."""
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()
        self._waiting = 0
        self._next_at = 0.0
        self._wait_s = FIRST_S

    @property
    def crowded(self) -> bool:
        """Whether somebody waits: whoever comes goes behind."""
        return self._waiting > 0

    def freed(self) -> None:
        """Say that a call of this process has ended."""
        self._freed.set()

    async def wait(self, ask: Callable[[], Awaitable[Busy | None]]) -> None:
        """Return once `ask` (which takes the place, or says what is in the way) gives None; raise `NoPlaceError`."""
        if self._waiting >= WAITERS:
            raise NoPlaceError(self._away())
        self._waiting += 1
        try:
            await self._in_turn(ask, time.monotonic() + LONGEST_S)
        finally:
            self._waiting -= 1

    async def _in_turn(self, ask: Callable[[], Awaitable[Busy | None]], until: float) -> None:
        try:
            async with asyncio.timeout(LONGEST_S):
                await self._turn.acquire()
        except TimeoutError:
            raise NoPlaceError(self._away()) from None
        try:
            while True:
                self._freed.clear()
                busy = await ask()  # never cut short: a place that was taken must be used
                if busy is None:
                    return
                self._wait_s = float(busy["wait_s"])
                if time.monotonic() > until:
                    raise NoPlaceError(self._away())
                await self._free(min(LOOK_S, self._wait_s))
        finally:
            self._turn.release()

    async def _free(self, at_most_s: float) -> None:
        try:
            async with asyncio.timeout(at_most_s):
                await self._freed.wait()
        except TimeoutError:
            return

    def _away(self) -> float:
        """Return when to come back: each that is sent away after the one before it, within bounds."""
        now = time.monotonic()
        self._next_at = min(max(self._next_at + self._wait_s, now + AWAY_FROM_S), now + AWAY_TO_S)
        return self._next_at - now


class Gates:
    """One gate for each model."""

    def __init__(self) -> None:
        """Begin with none."""
        self._gates: dict[str, Gate] = {}

    def of(self, model: str) -> Gate:
        """Return a model's gate."""
        return self._gates.setdefault(model, Gate())
