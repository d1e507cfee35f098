"""A swarm's events: where to go on, what is new, when it ends. Pure.

Rule: every seq once and in order. What comes twice is dropped; where one is missing the connection is given up and the
next goes on from the last that was good.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

from pgswarm.client.calls.parts import Id, of_swarm
from pgswarm.client.models import Event, Swarm
from pgswarm.client.patience import Patience
from pgswarm.client.sse import Message
from pgswarm.client.streams import MissedError, Stream
from pgswarm.client.wire import Params, reader

LAST: Final = "swarm.terminated"
SNAPSHOT: Final = "snapshot."
PARTIAL: Final = "llm.partial"
read_event: Final = reader(Event)


class Tail(Stream):
    """One iteration over a swarm's events."""

    def __init__(
        self,
        swarm_id: Id,
        after_seq: int,
        *,
        snapshot: bool = False,
        kinds: Sequence[str],
        within_s: float | None,
        patience: Patience,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin after `after_seq`, or with the swarm as it is now (`snapshot`)."""
        if after_seq < 0:
            raise ValueError(f"after_seq is {after_seq}: give the seq of the last event that you have, or 0")
        if after_seq and snapshot:
            raise ValueError("a snapshot says itself where it ends: leave out after_seq or snapshot")
        super().__init__(of_swarm(swarm_id, "/events"), kinds=kinds, within_s=within_s, patience=patience, now=now)
        self.last_seq = after_seq
        self._snapshot = snapshot
        self._swarm_ended = False

    @property
    def place(self) -> str:
        """Say which event was the last."""
        return f"the last event was {self.last_seq}"

    def check(self, found: Swarm) -> None:
        """Take the swarm as it is before an iteration that does not begin at its first event."""
        if self.last_seq > found.last_seq:
            raise ValueError(
                f"after_seq is {self.last_seq}: the newest event of swarm {found.swarm_id} is {found.last_seq}"
            )
        self._ended = found.status == "terminated" and self.last_seq == found.last_seq

    def _params(self) -> Params:
        params: Params = {"snapshot": "true"} if self._snapshot else {"after_seq": str(self.last_seq)}
        if self._kinds:
            params["kind"] = [*self._kinds, LAST]  # whatever is wanted: without it there is no end
        return params

    def _take(self, message: Message) -> Event | None:
        event = read_event(message.data.encode())
        return event if self._takes(event) else None

    def _takes(self, event: Event) -> bool:
        """Say whether it is handed on, and take note of it."""
        if event.kind.startswith(SNAPSHOT):
            return self._takes_of_snapshot(event)
        if event.kind == PARTIAL:
            return True  # shown beside what is stored: it has no place of its own
        if event.seq <= self.last_seq:
            return False
        if not self._kinds and event.seq != self.last_seq + 1:
            raise MissedError(f"event {event.seq} came after {self.last_seq}")
        self.last_seq = event.seq
        self._ended = event.kind == LAST
        return not self._kinds or any(_fits(event.kind, kind) for kind in self._kinds)

    def _takes_of_snapshot(self, event: Event) -> bool:
        """Take the swarm as it is, whole or again: it was asked for, or the history asked for is not kept any more."""
        if event.kind == "snapshot.swarm":
            self._swarm_ended = event.data.get("status") == "terminated"
        elif event.kind == "snapshot.end":
            self.last_seq = event.seq
            self._snapshot = False
            self._ended = self._swarm_ended
        return True


def _fits(kind: str, wanted: str) -> bool:
    return kind.startswith(wanted[:-1]) if wanted.endswith("*") else kind == wanted
