"""The newest frames of a source, bounded in bytes, shared by all that subscribe to it.

Pure. Rule: positions have no gap; what is too old is forgotten here and read again from the database.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

from pgswarm.api.events.frames import Frame
from pgswarm.api.events.lifeline import encoded

CHUNK_BYTES: Final = 128 * 1024
"""About as much is handed to a subscriber at once."""
LEAST_BYTES: Final = 16 * 1024


class Chunk:
    """Some frames that are sent together, joined once for all who get them whole."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        """Take the frames."""
        self.frames = frames
        self._sse: bytes | None = None
        self._encoded: bytes | None = None

    @property
    def sse(self) -> bytes:
        """Return the messages of all of them."""
        if self._sse is None:
            self._sse = b"".join([frame.sse for frame in self.frames])
        return self._sse

    @property
    def encoded(self) -> bytes:
        """Return the same as one chunk of a chunked HTTP body."""
        if self._encoded is None:
            self._encoded = encoded(self.sse)
        return self._encoded


class Ring:
    """Frames at positions `first` … `end`; empty where `first` is beyond `end`."""

    def __init__(self, end: int) -> None:
        """Begin empty behind position `end`."""
        self.end = end
        self.bytes = 0
        self._frames: deque[Frame] = deque()
        self._shared: tuple[tuple[int, int], Chunk] = ((-1, -1), Chunk(()))

    @property
    def first(self) -> int:
        """Return the position of the oldest frame that is kept."""
        return self.end - len(self._frames) + 1

    def append(self, frames: Sequence[Frame], max_bytes: int) -> None:
        """Add frames behind the newest, and forget the oldest until the rest fits; the newest always stays."""
        self._frames.extend(frames)
        self.end += len(frames)
        self.bytes += sum(frame.size for frame in frames)
        while self.bytes > max_bytes and len(self._frames) > 1:
            self.bytes -= self._frames.popleft().size

    def has(self, position: int) -> bool:
        """Say whether a reader that saw everything up to `position` can go on from here."""
        return self.first <= position + 1

    def after(self, position: int) -> Chunk:
        """Return what comes after a position, about `CHUNK_BYTES`; most subscribers stand at one place and share it."""
        key = (position, self.end)
        if self._shared[0] != key:
            self._shared = (key, Chunk(self._take(position)))
        return self._shared[1]

    def _take(self, position: int) -> list[Frame]:
        found: list[Frame] = []
        room = CHUNK_BYTES
        for index in range(position + 1 - self.first, len(self._frames)):
            found.append(self._frames[index])
            room -= found[-1].size
            if room <= 0:
                break
        return found


class Room:
    """How large each of many rings may be: `each` at most, and all together about `total`."""

    def __init__(self, each: int, total: int) -> None:
        """Take the two bounds, in bytes."""
        self._each = each
        self._total = total

    def for_one_of(self, rings: int) -> int:
        """Return the bound of each of so many rings; a few frames are kept however many there are."""
        return min(self._each, max(LEAST_BYTES, self._total // max(1, rings)))
