"""A swarm's events over as many connections as it takes: where to go on, what is new, when it ends. Pure, but for time.

Rule: every seq once and in order. What comes twice is dropped; where one is missing the connection is given up and the
next goes on from the last that was good.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from pgswarm.client.calls import Id, swarm
from pgswarm.client.errors import DeadlineError, ProtocolError
from pgswarm.client.models import Event, Swarm
from pgswarm.client.patience import Attempts, Patience
from pgswarm.client.sse import Parser
from pgswarm.client.wire import Call, Lost, Params, Reply, reader

LAST: Final = "swarm.terminated"
SNAPSHOT: Final = "snapshot."
LONGEST_RETRY_S: Final = 60.0
_read_event: Final = reader(Event)


class MissedError(Exception):
    """An event is missing in a stream. It never leaves this package."""


class Tail:
    """One iteration over a swarm's events."""

    def __init__(
        self,
        swarm_id: Id,
        after_seq: int,
        *,
        kinds: Sequence[str],
        within_s: float | None,
        patience: Patience,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin after `after_seq`; `kinds` as the API has them, none for all; `within_s` bounds the whole iteration."""
        if after_seq < 0:
            raise ValueError(f"after_seq is {after_seq}: give the seq of the last event that you have, or 0")
        self._ended = False
        self.last_seq = after_seq
        self._path = f"{swarm(swarm_id).path}/events"
        self._kinds = tuple(kinds)
        self._patience = patience
        self._now = now
        self._until = None if within_s is None else now() + within_s
        self._attempts = Attempts(patience, now)
        self._parser = Parser()
        self._swarm_ended = False
        self._connected = False

    def is_over(self) -> bool:
        """Say whether nothing more can come."""
        return self._ended

    def check(self, found: Swarm) -> None:
        """Take the swarm as it is before an iteration that does not begin at its first event."""
        if self.last_seq > found.last_seq:
            raise ValueError(
                f"after_seq is {self.last_seq}: the newest event of swarm {found.swarm_id} is {found.last_seq}"
            )
        self._ended = found.status == "terminated" and self.last_seq == found.last_seq

    def call(self) -> Call[None]:
        """Return the call that opens the next connection; raise `DeadlineError` where the time is over."""
        self.left_s()
        params: Params = {"after_seq": str(self.last_seq)}
        if self._kinds:
            params["kind"] = [*self._kinds, LAST]  # whatever is wanted: without it there is no end
        return Call("GET", self._path, lambda _: None, params)

    @property
    def silence_s(self) -> float:
        """How long the stream may be silent."""
        left = self.left_s()
        return self._patience.silence_s if left is None else min(self._patience.silence_s, left)

    def left_s(self) -> float | None:
        """Return the seconds that are left, None where there is no deadline; raise `DeadlineError` after it."""
        if self._until is None:
            return None
        left = self._until - self._now()
        if left <= 0:
            raise DeadlineError(f"the time given is over; the last event was {self.last_seq}")
        return left

    def opened(self, headers: Mapping[str, str]) -> None:
        """Take note that a connection stands."""
        if not headers.get("content-type", "").startswith("text/event-stream"):
            raise ProtocolError(f"what came is no stream of events but {headers.get('content-type', 'nothing')}")
        self._parser = Parser()

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield the events that are new and wanted; raise `MissedError` where the stream has left one out."""
        self.left_s()
        self._connected = True
        for message in self._parser.feed(chunk):
            event = _read_event(message.data.encode())
            if self._takes(event):
                yield event
            if self._ended:
                return

    def pause(self, came: Reply | Lost) -> float:
        """Return the seconds until the next connection; raise where there shall be none."""
        if self._connected:
            self._connected = False
            self._attempts.begin()
        retry_s = min((self._parser.retry_ms or 0) / 1000, LONGEST_RETRY_S)
        pause = self._attempts.pause(self.call(), came, retry_s)
        left = self.left_s()
        return pause if left is None else min(pause, left)

    def _takes(self, event: Event) -> bool:
        """Say whether it is handed on, and take note of it."""
        if event.kind.startswith(SNAPSHOT):
            return self._takes_of_snapshot(event)
        if event.seq <= self.last_seq:
            return False
        if not self._kinds and event.seq != self.last_seq + 1:
            raise MissedError(f"event {event.seq} came after {self.last_seq}")
        self.last_seq = event.seq
        self._ended = event.kind == LAST
        return not self._kinds or any(_fits(event.kind, kind) for kind in self._kinds)

    def _takes_of_snapshot(self, event: Event) -> bool:
        """The history asked for is not kept any more: the swarm as it is comes in its place, whole or again."""
        if event.kind == "snapshot.swarm":
            self._swarm_ended = event.data.get("status") == "terminated"
        elif event.kind == "snapshot.end":
            self.last_seq = event.seq
            self._ended = self._swarm_ended
        return True


def _fits(kind: str, wanted: str) -> bool:
    return kind.startswith(wanted[:-1]) if wanted.endswith("*") else kind == wanted
