"""What models are saying just now, for those who watch a swarm and ask for it: frames of the kind `llm.partial`.

Rule: they are shown, not kept. They have no id, so that a stream goes on from the last stored event; whoever falls
behind goes on with the newest. None goes out before the events that were stored when its watcher came. All of it was
read from the database in the name of an account that may see it.
"""

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pgswarm.api.events.frames import Frame, make_frame
from pgswarm.api.events.reader import Reader
from pgswarm.api.events.ring import Chunk
from pgswarm.api.events.subscription import NOTHING, Subscription
from pgswarm.api.events.tails import UNREADABLE, Tail, Tails

_LOG = logging.getLogger(__name__)

KIND: Final = "llm.partial"
GAP_S: Final = 0.1
"""At most so often is read."""
AGAIN_S: Final = 1.0
BYTES: Final = 128 * 1024
"""Of frames that are kept for a swarm."""
CALLS: Final = 500
"""Of which is remembered how far they were read."""
OVERLAP: Final = timedelta(seconds=5)
"""What was written a little earlier may have been committed a little later."""
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)

Call = tuple[UUID, int, int]


@dataclass(slots=True)
class Said:
    """Up to which character of which answer a call was read."""

    round: int = -1
    to_char: int = 0


class Saying:
    """What is being said in one swarm: its newest frames, at positions that count from 0."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.since = _BEGINNING
        self.end = 0
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._said: dict[Call, Said] = {}

    def add(self, rows: Iterable[dict[str, Any]], seq: int = 0) -> bool:
        """Take parts in their order, those that are known again too; say whether any was new.

        `seq` is that of the last stored event, where the rows do not say it themselves.
        """
        before = self.end
        for row in rows:
            self.since = max(self.since, row["at"] - OVERLAP)
            said = self._said.setdefault((row["node_id"], row["activation"], row["call_no"]), Said())
            if (row["round"], row["from_char"]) < (said.round, said.to_char):
                continue
            said.round, said.to_char = row["round"], row["from_char"] + len(row["part"])
            frame = partial_frame(row, row.get("seq", seq))
            self._frames.append(frame)
            self._bytes += frame.size
            self.end += 1
        while self._bytes > BYTES and len(self._frames) > 1:
            self._bytes -= self._frames.popleft().size
        while len(self._said) > CALLS:
            del self._said[next(iter(self._said))]
        return self.end > before

    def after(self, position: int) -> Sequence[Frame]:
        """Return what is kept after a position."""
        first = self.end - len(self._frames)
        return [self._frames[index] for index in range(max(position - first, 0), len(self._frames))]


def partial_frame(row: dict[str, Any], seq: int) -> Frame:
    """Return the frame of one part; `seq` is that of the last stored event."""
    data = {name: row[name] for name in ("activation", "call_no", "round", "from_char")} | {"text": row["part"]}
    frame = {
        "swarm_id": str(row["swarm_id"]),
        "seq": seq,
        "kind": KIND,
        "at": row["at"].isoformat(),
        "node_id": str(row["node_id"]),
        "data": data,
    }
    return make_frame(
        swarm_id=row["swarm_id"], seq=seq, kind=KIND, node_id=row["node_id"], parent_id=None,
        text=json.dumps(frame, ensure_ascii=False), event_id=None, conversation_id=row.get("conversation_id"),
    )  # fmt: skip


class Partials:
    """All swarms of which somebody wants to see it, and the loop that reads."""

    def __init__(self, reader: Reader, tails: Tails) -> None:
        """Begin with none."""
        self._reader = reader
        self._tails = tails
        self._saying: dict[UUID, Saying] = {}
        self._marked: set[UUID] = set()
        self._wake = asyncio.Event()

    def heard(self, swarm_id: UUID) -> None:
        """Note that something is being said in a swarm, as somebody says."""
        if swarm_id in self._saying:
            self._marked.add(swarm_id)
            self._wake.set()

    def watch(self, subscription: Subscription, swarm_id: UUID) -> None:
        """Let a subscriber, if it wants, see what is being said from now on, and what was said of answers under way."""
        if not subscription.wanted.names(KIND):
            return
        saying = self._saying.setdefault(swarm_id, Saying())
        subscription.aside = Aside(saying)
        self._marked.add(swarm_id)
        self._wake.set()

    def mark_all(self) -> None:
        """Let all of them be read."""
        if self._saying:
            self._marked.update(self._saying)
            self._wake.set()

    async def run(self) -> None:
        """Read what is marked, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            began = time.monotonic()
            marked, self._marked = self._marked, set()
            try:
                await self._read(marked)
            except UNREADABLE as error:
                _LOG.info("what models say cannot be read now: %s", error)
                await asyncio.sleep(AGAIN_S)
            await asyncio.sleep(max(0.0, GAP_S - (time.monotonic() - began)))

    async def _read(self, marked: set[UUID]) -> None:
        tails = {tail.swarm_id: tail for tail in self._tails if tail.swarm_id in marked}
        asked = []
        for swarm_id in marked:
            tail = tails.get(swarm_id)
            takers = _takers(tail)
            if tail is not None and tail.is_behind:
                self.heard(swarm_id)  # a little later
            elif takers:
                asked.append((takers[0].who.account_id, swarm_id, self._saying[swarm_id].since))
            else:
                self._saying.pop(swarm_id, None)
        if not asked:
            return
        found = await self._reader.partials(asked)
        for swarm_id, rows in found.items():
            tail, saying = tails[swarm_id], self._saying.get(swarm_id)
            if saying is not None and saying.add(rows, tail.ring.end):
                for subscription in _takers(tail):
                    subscription.wake()


class Aside:
    """One subscriber's place in what is being said."""

    def __init__(self, saying: Saying) -> None:
        """Begin with what is kept."""
        self._saying = saying
        self._position = 0

    def next(self) -> Chunk:
        """Return what was said since; the newest of it, where that is much."""
        if self._position >= self._saying.end:
            return NOTHING
        frames = self._saying.after(self._position)
        self._position = self._saying.end
        return Chunk(frames)


def _takers(tail: Tail | None) -> list[Subscription]:
    return [] if tail is None else [one for one in tail.subscriptions if one.aside is not None]
