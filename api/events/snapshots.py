"""A swarm as it is now, read in one go and kept outside of memory until the subscriber has taken it in.

Rule: the database's snapshot is held only while it is read, never at the pace of a subscriber.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from pgswarm.api.events.frames import Filter
from pgswarm.api.events.reader import Reader
from pgswarm.api.events.ring import CHUNK_BYTES
from pgswarm.api.principal import Principal

IN_MEMORY: Final = 256 * 1024
_END: Final = b"\n\n"


class Snapshot:
    """The frames of a snapshot; `seq` is that of the newest event that it holds. Close it after use."""

    def __init__(self) -> None:
        """Begin empty."""
        self.seq = 0
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - it outlives this function

    async def fill(self, reader: Reader, who: Principal, swarm_id: UUID, wanted: Filter) -> None:
        """Read it; raise PS404 where the caller may not see the swarm."""
        async with reader.snapshot(who, swarm_id) as batches:
            async for frames in batches:
                self._file.write(b"".join(frame.sse for frame in wanted.choose(frames)))
                self.seq = frames[-1].seq
                await asyncio.sleep(0)
        self._file.seek(0)

    def chunks(self) -> Iterator[bytes]:
        """Yield the messages, some at a time; a chunk may end within one."""
        while chunk := self._file.read(CHUNK_BYTES):
            yield chunk

    def texts(self) -> Iterator[str]:
        """Yield the JSON of each frame."""
        rest = b""
        for chunk in self.chunks():
            *whole, rest = (rest + chunk).split(_END)
            for message in whole:
                yield message.partition(b"data: ")[2].decode()

    def close(self) -> None:
        """Forget it."""
        self._file.close()
