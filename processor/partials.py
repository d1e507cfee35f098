"""What models say while they say it: gathered, written to an unlogged table, told by a notification.

One rule: it is shown, never kept, and never in the way: it is bounded and sent at most every `GAP_S` for all calls;
what cannot be written is forgotten, since the journal keeps the whole answer.
"""

import asyncio
import logging
import time
from typing import Final
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from pgswarm.processor.activation import Activation
from pgswarm.processor.connect import LOST
from pgswarm.processor.side import Side

_LOG = logging.getLogger(__name__)

GAP_S: Final = 0.15
WRITE_S: Final = 5.0
MOST_CHARS: Final = 32_000
"""Of one answer; what comes after is not shown."""

_ADD: Final = """
select pgswarm.add_partials(swarm_ids => %s, node_ids => %s, epochs => %s, activations => %s, call_nos => %s,
                            rounds => %s, from_chars => %s, parts => %s)
"""
Part = tuple[UUID, UUID, int, int, int, int, int, str]


class Partial:
    """One call's answer as it comes. Implements `pgswarm.actions.models.streams.Watch`."""

    def __init__(self, partials: "Partials", run: Activation, activation: int, call_no: int) -> None:
        """Take where to hand it, and whose it is."""
        self._partials = partials
        self._key = (UUID(bytes=run.swarm_key), UUID(bytes=run.node_key), run.lease_epoch, activation, call_no)
        self._round = -1
        self._told = 0
        self._pieces: list[str] = []

    def begin(self) -> None:
        """Start again from the first character, under the next number."""
        self._round += 1
        self._told = 0
        self._pieces.clear()

    def text(self, piece: str) -> None:
        """Take a piece."""
        if self._told < MOST_CHARS:
            self._pieces.append(piece)
            self._partials.wake(self)

    def taken(self) -> Part | None:
        """Return what is new, once."""
        new = "".join(self._pieces)[: MOST_CHARS - self._told].replace("\0", "\ufffd")
        self._pieces.clear()
        if not new:
            return None
        at = self._told
        self._told += len(new)
        return (*self._key, self._round, at, new.encode("utf-8", "replace").decode())


class Partials:
    """All calls of one process that somebody may watch."""

    def __init__(self, side: Side) -> None:
        """Take the side door."""
        self._side = side
        self._new: dict[Partial, None] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def of(self, run: Activation, activation: int, call_no: int) -> Partial:
        """Return who is told of one call's answer."""
        return Partial(self, run, activation, call_no)

    def wake(self, partial: Partial) -> None:
        """Note that a call has something new."""
        self._new[partial] = None
        self._wake.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="partials")

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            new, self._new = self._new, {}
            parts = [part for partial in new if (part := partial.taken()) is not None]
            if parts:
                await self._write(parts)
            await asyncio.sleep(GAP_S)

    async def _write(self, parts: list[Part]) -> None:
        try:
            columns = [list(column) for column in zip(*parts, strict=True)]
            await self._side.rows(_ADD, columns, until=time.monotonic() + WRITE_S)
        except (*LOST, psycopg.Error, PoolTimeout) as error:
            _LOG.info("what models say just now cannot be shown: %s", error)
