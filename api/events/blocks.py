"""Older events, for those that are further behind than a ring reaches: read in blocks that all of them share.

Rule: a whole block never changes, so it is read once and kept while there is room; what is asked for at the same time
is read once too. Only subscribers whose right to the swarm was checked come here.
"""

import asyncio
from collections import OrderedDict
from uuid import UUID

from pgswarm.api.events.frames import Frame
from pgswarm.api.events.reader import AT_ONCE, BLOCK, Asked, Reader
from pgswarm.api.events.ring import Chunk


class Blocks:
    """The least recently used go first. `max_bytes` bounds what is kept."""

    def __init__(self, reader: Reader, max_bytes: int) -> None:
        """Begin empty."""
        self._reader = reader
        self._max_bytes = max_bytes
        self._kept: OrderedDict[tuple[UUID, int], Chunk] = OrderedDict()
        self._reading: dict[Asked, asyncio.Task[list[Frame]]] = {}
        self._gate = asyncio.Semaphore(AT_ONCE)
        self.bytes = 0

    async def after(self, account_id: UUID, swarm_id: UUID, position: int, end: int) -> Chunk:
        """Return frames after a position, where there are any up to `end`; none where the account may not see them."""
        number = position // BLOCK
        if (number + 1) * BLOCK <= end:
            block = await self._whole(account_id, swarm_id, number)
            if position == number * BLOCK:
                return block
            rest = [frame for frame in block.frames if frame.seq > position]
            if rest:
                return Chunk(rest)
        return Chunk(await self._read(Asked(account_id, swarm_id, position)))

    def forget(self) -> None:
        """Forget all blocks."""
        self._kept.clear()
        self._reading.clear()
        self.bytes = 0

    async def _whole(self, account_id: UUID, swarm_id: UUID, number: int) -> Chunk:
        key = (swarm_id, number)
        if (found := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return found
        block = Chunk(await self._read(Asked(account_id, swarm_id, number * BLOCK)))
        if block.frames and key not in self._kept:
            self._kept[key] = block
            self.bytes += _size(block)
            while self.bytes > self._max_bytes:
                _, dropped = self._kept.popitem(last=False)
                self.bytes -= _size(dropped)
        return block

    async def _read(self, asked: Asked) -> list[Frame]:
        if (task := self._reading.get(asked)) is None:
            task = self._reading[asked] = asyncio.create_task(self._query(asked))
            task.add_done_callback(lambda _: self._reading.pop(asked, None))
        return await asyncio.shield(task)  # whoever asked first may go; the others still wait

    async def _query(self, asked: Asked) -> list[Frame]:
        async with self._gate:
            return (await self._reader.frames([asked]))[asked.swarm_id]


def _size(block: Chunk) -> int:
    """Return about what a block holds: its frames, and their messages joined."""
    return sum(2 * frame.size for frame in block.frames)
