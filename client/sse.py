"""Server-sent events out of bytes, however they are cut into chunks. Pure.

Source: WHATWG HTML, "Server-sent events", 9.2.6. Rule: a message counts when its empty line has come; what a cut
connection leaves unfinished is dropped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pgswarm.client.errors import ProtocolError

MOST_BYTES: Final = 64 * 1024 * 1024
"""The longest message that is taken; the server's are far shorter."""

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `id` is the last that was sent, also where it came with an earlier message."""

    id: str
    event: str
    data: str


class Parser:
    """Parses one response. `retry_ms` is how long the server wants a client to wait before it connects again."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Begin at the beginning of a response."""
        self.retry_ms: int | None = None
        self._most_bytes = most_bytes
        self._id = ""
        self._first = True
        self._after_cr = False
        self._line: list[bytes] = []  # the parts of a line that has not ended
        self._clear()

    @property
    def last_id(self) -> str:
        """Return the last id that was sent whole, also with no message; empty where there was none."""
        return self._id

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """Yield the messages that end in this chunk; raise `ProtocolError` where one is too long."""
        if not chunk:
            return
        if self._after_cr and chunk.startswith(b"\n"):  # CR LF, cut in the middle
            chunk = chunk[1:]
            self._after_cr = False
            if not chunk:
                return
        self._after_cr = chunk.endswith(b"\r")
        *lines, rest = _LINE_END.split(chunk)
        for line in lines:
            whole = b"".join((*self._line, line))
            self._line.clear()
            yield from self._take(whole)
        self._line.append(rest)
        self._count(len(rest))

    def _take(self, line: bytes) -> Iterator[Message]:
        if self._first:
            line = line.removeprefix(_BOM)
            self._first = False
        if line:
            self._field(line)
            return
        self._id = self._next_id
        if self._data:
            yield Message(self._id, self._event or "message", "\n".join(self._data))
        self._clear()

    def _field(self, line: bytes) -> None:
        name, _, value = line.decode(errors="replace").partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
                self._count(len(value))
            case "event":
                self._event = value
            case "id" if "\0" not in value:
                self._next_id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry_ms = int(value[:9])
            case _:
                pass  # a comment, or a field of a later standard

    def _clear(self) -> None:
        self._next_id = self._id
        self._event = ""
        self._data: list[str] = []
        self._bytes = 0

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > self._most_bytes:
            raise ProtocolError(f"an event is longer than {self._most_bytes} bytes")
