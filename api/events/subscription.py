"""One subscriber's place in a source: what comes next, and when it must end.

Rule: a subscriber holds a position, not a queue: however slow it is, nothing is kept for it.
"""

import asyncio
import time
from typing import Final, Protocol, Self

from pgswarm.api.events.frames import Filter
from pgswarm.api.events.ring import Chunk
from pgswarm.api.principal import Principal

NOTHING: Final = Chunk(())


class Ended(Exception):  # noqa: N818 - not an error: how every stream ends
    """The stream is over; `reason` says why, in words for the client; `refused`: it may not come back as it is."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        """Take the reason."""
        super().__init__(reason)
        self.reason = reason
        self.refused = refused


class Source(Protocol):
    """Where frames come from."""

    async def read(self, subscription: "Subscription") -> Chunk:
        """Return what comes after the subscription's position, and move it on; nothing where it has seen all."""

    def leave(self, subscription: "Subscription") -> None:
        """Forget a subscriber."""


class Aside(Protocol):
    """What is told beside the events: it has no position to go on from."""

    def next(self) -> Chunk:
        """Return what is new; nothing where nothing is."""


class Subscription:
    """A place in a source. Used by one task, as a context manager; woken by others."""

    def __init__(self, source: Source, who: Principal, position: int, wanted: Filter) -> None:
        """Take the source, in whose name is read, what was seen already, and what is wanted of the rest."""
        self.source = source
        self.who = who
        self.position = position
        self.wanted = wanted
        self.aside: Aside | None = None
        self._news = asyncio.Event()
        self._ended: Ended | None = None
        self._beat = False
        self._spoke_at = time.monotonic()
        self._takes_all = wanted.takes_all

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.source.leave(self)

    def wake(self) -> None:
        """Say that there may be news."""
        self._news.set()

    def end(self, reason: str, *, refused: bool = False) -> None:
        """End the stream, when its subscriber next asks."""
        if self._ended is None:
            self._ended = Ended(reason, refused=refused)
        self._news.set()

    def beat_if_silent(self, now: float, silence_s: float) -> None:
        """Let the stream say that it is there, if it has said nothing for so long."""
        if now - self._spoke_at >= silence_s:
            self._beat = True
            self._news.set()

    async def next(self) -> Chunk:
        """Wait for what is new and return it; `NOTHING` when it is time for a heartbeat. Raises `Ended`."""
        while True:
            self._news.clear()
            if self._ended is not None:
                raise self._ended
            chunk = await self.source.read(self)
            if chunk is NOTHING and self.aside is not None:
                chunk = self.aside.next()
            if chunk is not NOTHING:
                chosen = chunk if self._takes_all else Chunk(self.wanted.choose(chunk.frames))
                if not chosen.frames:
                    await asyncio.sleep(0)  # a long stretch of unwanted events holds nobody up
                    continue
                chunk = chosen
            if chunk is not NOTHING or self._beat:
                self._beat = False
                self._spoke_at = time.monotonic()
                return chunk
            await self._news.wait()
