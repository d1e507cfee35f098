"""A frame: one event as subscribers get it, encoded once for all of them.

Pure. Rule: `id` is where a subscriber goes on from after a frame; what was encoded once is never encoded again.
Server-sent events: WHATWG HTML, "Server-sent events", 9.2.5 and 9.2.6.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from pgswarm.api.events.cursors import Cursor

HEARTBEAT: Final = b": heartbeat\n\n"
"""A comment, which clients ignore: it keeps proxies from closing a silent stream, and finds clients that have gone."""

_LINE_END: Final = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of one swarm. `sse` is the whole message; its part from `start` to `end` is the JSON."""

    swarm_id: UUID
    seq: int
    kind: str
    node_id: UUID | None
    parent_id: UUID | None
    sse: bytes
    start: int
    conversation_id: UUID | None = None
    cursor: Cursor | None = None
    """What its id says, where that is not the seq."""

    @property
    def json(self) -> str:
        """Return the frame as JSON text."""
        return self.sse[self.start : -2].decode()

    @property
    def size(self) -> int:
        """Return about how many bytes it holds in memory."""
        return len(self.sse) + OVERHEAD


OVERHEAD: Final = 400
"""What Python needs for a frame beside its bytes."""


def make_frame(
    *,
    swarm_id: UUID,
    seq: int,
    kind: str,
    node_id: UUID | None,
    parent_id: UUID | None,
    text: str,
    event_id: str | None,
    conversation_id: UUID | None = None,
) -> Frame:
    """Encode a frame whose JSON is `text`; without an `event_id` it changes nothing in where a client goes on from."""
    head = f"id: {event_id}\n" if event_id is not None else ""
    if not _LINE_END.search(kind):  # an application's kind may be any text; this field cannot hold a line's end
        head += f"event: {kind}\n"
    start = f"{head}data: ".encode()
    return Frame(
        swarm_id=swarm_id,
        seq=seq,
        kind=kind,
        node_id=node_id,
        parent_id=parent_id,
        sse=b"".join((start, _one_line(text).encode(), b"\n\n")),
        start=len(start),
        conversation_id=conversation_id,
    )


def position(event_id: str) -> bytes:
    """Return a comment that sets where a client goes on from, without an event: an `id` alone dispatches nothing."""
    return f": position\nid: {event_id}\n\n".encode()


def _one_line(text: str) -> str:
    """Return JSON text without line ends; between its tokens they mean nothing, within strings they are escaped."""
    return text.replace("\n", " ").replace("\r", " ") if "\n" in text or "\r" in text else text


class Filter:
    """What a subscriber wants to see. Kinds are exact, or end in `*`; the nodes of a subtree grow as they are made."""

    def __init__(
        self, kinds: Iterable[str] = (), nodes: Iterable[UUID] | None = None, conversation_id: UUID | None = None
    ) -> None:
        """Take the kinds (none: all), the nodes of the subtree so far (None: the whole swarm), and a conversation."""
        given = tuple(kinds)
        self._exact = frozenset(kind for kind in given if not kind.endswith("*"))
        self._prefixes = tuple(kind[:-1] for kind in given if kind.endswith("*"))
        self._nodes = None if nodes is None else set(nodes)
        self._conversation_id = conversation_id

    def names(self, kind: str) -> bool:
        """Say whether a kind is asked for by name, or by a pattern: to take all that is stored is not enough."""
        return kind in self._exact or kind.startswith(self._prefixes)

    @property
    def takes_all(self) -> bool:
        """Say whether nothing is left out."""
        return not self._exact and not self._prefixes and self._nodes is None and self._conversation_id is None

    def choose(self, frames: Sequence[Frame]) -> Sequence[Frame]:
        """Return those of some frames, in order, that the subscriber wants."""
        return frames if self.takes_all else [frame for frame in frames if self.wants(frame)]

    def wants(self, frame: Frame) -> bool:
        """Say whether a frame is wanted; a node made below the subtree becomes part of it, wanted or not."""
        if self._nodes is not None and not self._below(frame, self._nodes):
            return False
        if self._conversation_id is not None and frame.conversation_id != self._conversation_id:
            return False
        if not self._exact and not self._prefixes:
            return True
        return frame.kind in self._exact or frame.kind.startswith(self._prefixes)

    @staticmethod
    def _below(frame: Frame, nodes: set[UUID]) -> bool:
        if frame.node_id is None:
            return frame.kind == "snapshot.end"
        if frame.node_id in nodes:
            return True
        if frame.parent_id is not None and frame.parent_id in nodes:
            nodes.add(frame.node_id)
            return True
        return False
