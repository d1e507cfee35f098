"""All swarms of an account as one stream, also those that are not yet started.

Rule: at least once, and within a swarm in the order of seq. An id says what of the database was seen (`cursors.py`), so
one id covers any number of swarms; whoever goes on from it may get again what was in flight then.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from pgswarm.api.events.cursors import Cursor
from pgswarm.api.events.frames import Filter, Frame
from pgswarm.api.events.reader import Reader, with_cursor
from pgswarm.api.events.ring import Chunk, Ring, Room
from pgswarm.api.events.subscription import NOTHING, Subscription
from pgswarm.api.events.tails import AGAIN_S, UNREADABLE
from pgswarm.api.principal import Principal

_LOG = logging.getLogger(__name__)

RESTS: Final = 4.0
"""After having read for all accounts, rest at least so many times as long as it took."""
KNOWN: Final = 1_000
AT_ONCE: Final = 2
"""Subscribers that catch up at a time: their past does not hold up the present of others."""
OWNERS_KEPT: Final = 50_000


class Feed:
    """What is new in the swarms of one account. Positions are counted from where the feed began."""

    def __init__(self, who: Principal, cursor: Cursor) -> None:
        """Begin with what is not seen at `cursor`."""
        self.who = who
        self.cursor = cursor
        """What every subscriber has been handed."""
        self.ring = Ring(0)
        self.subscriptions: set[Subscription] = set()
        self.marked: set[UUID] = set()
        self._known: OrderedDict[UUID, int] = OrderedDict()
        self._reading = asyncio.Lock()

    async def read(self, reader: Reader, max_bytes: int, *, everything: bool) -> None:
        """Read what is new, in all of the account's swarms or in those that are marked, and hand it on."""
        async with self._reading:
            await self._read(reader, max_bytes, everything=everything)

    async def _read(self, reader: Reader, max_bytes: int, *, everything: bool) -> None:
        only = None if everything else frozenset(self.marked)
        self.marked.clear()
        seen: Cursor | None = None
        while True:
            page = await reader.account_frames(self.who, self.cursor, self._known, only)
            seen = seen or page.cursor
            done = page.complete or not page.frames
            self._publish(page.frames, seen if done and everything else self.cursor, max_bytes)
            if done:
                break
        if everything:
            self.cursor = seen
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)

    def _publish(self, frames: Sequence[Frame], after: Cursor, max_bytes: int) -> None:
        for frame in frames:
            self._known[frame.swarm_id] = frame.seq
            self._known.move_to_end(frame.swarm_id)
        if frames:
            self.ring.append(under_ids(frames, self.cursor, after), max_bytes)
            for subscription in self.subscriptions:
                subscription.wake()


def under_ids(frames: Sequence[Frame], before: Cursor, after: Cursor) -> list[Frame]:
    """Return frames of one read: only with the last of them was everything seen that the read found."""
    return [with_cursor(frame, before) for frame in frames[:-1]] + [with_cursor(frame, after) for frame in frames[-1:]]


class FeedPlace:
    """A subscription's source: first what was missed since its cursor, read for it alone, then the account's feed."""

    def __init__(self, feeds: "Feeds", feed: Feed, missed_since: Cursor | None) -> None:
        """Take the feed, and where the subscriber goes on from (None: from now)."""
        self._feeds = feeds
        self._feed = feed
        self._since = missed_since
        self._cursor = missed_since or feed.cursor
        self._seen: OrderedDict[UUID, int] = OrderedDict()
        self._round: Cursor | None = None

    async def read(self, subscription: Subscription) -> Chunk:
        """Return what comes next; a subscriber that fell behind the feed catches up as one that comes back does."""
        ring = self._feed.ring
        if self._since is None and not ring.has(subscription.position):
            self._since = self._cursor
        if self._since is not None:
            chunk = await self._catch_up(subscription, self._since)
            if chunk.frames or self._since is not None:
                return chunk
        if subscription.position >= ring.end:
            return NOTHING
        chunk = ring.after(subscription.position)
        subscription.position += len(chunk.frames)
        fresh = [frame for frame in chunk.frames if frame.seq > self._seen.get(frame.swarm_id, 0)]
        self._note(fresh)
        return chunk if len(fresh) == len(chunk.frames) else Chunk(fresh)

    async def _catch_up(self, subscription: Subscription, since: Cursor) -> Chunk:
        try:
            async with self._feeds.catching_up:
                end = (
                    self._feed.ring.end
                )  # what was handed on so far was committed before this read, which finds it too
                page = await self._feeds.reader.account_frames(subscription.who, since, self._seen)
        except UNREADABLE as error:
            _LOG.info("missed events cannot be read now: %s", error)
            asyncio.get_running_loop().call_later(AGAIN_S, subscription.wake)
            return NOTHING
        self._round = self._round or page.cursor
        done = page.complete or not page.frames
        found = under_ids(page.frames, since, self._round if done else since)
        self._note(found)
        if done:
            self._since = self._round = None
            subscription.position = end
        return Chunk(found)

    def _note(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            self._seen[frame.swarm_id] = frame.seq
            self._seen.move_to_end(frame.swarm_id)
        if frames and frames[-1].cursor is not None:
            self._cursor = frames[-1].cursor
        while self._since is None and len(self._seen) > KNOWN:
            self._seen.popitem(last=False)

    def leave(self, subscription: Subscription) -> None:
        """Forget a subscriber, and the feed with its last one."""
        self._feed.subscriptions.discard(subscription)
        self._feeds.drop_if_idle(self._feed)


class Feeds:
    """All of them, and the loop that reads."""

    def __init__(self, reader: Reader, room: Room) -> None:
        """Begin with none."""
        self.reader = reader
        self.catching_up = asyncio.Semaphore(AT_ONCE)
        self._room = room
        self._feeds: dict[UUID, Feed] = {}
        self._owners: OrderedDict[UUID, UUID | None] = OrderedDict()
        self._unknown: set[UUID] = set()
        self._poll = False
        self._rested_at = 0.0
        self._wake = asyncio.Event()

    def __iter__(self) -> Iterator[Feed]:
        return iter(self._feeds.values())

    async def join(self, who: Principal, since: Cursor | None, wanted: Filter) -> tuple[Subscription, Cursor]:
        """Subscribe to an account's swarms; return also the cursor to go on from until the first event."""
        feed = self._feeds.get(who.account_id)
        if feed is None:
            now = await self.reader.now(who)
            feed = self._feeds.setdefault(who.account_id, Feed(who, now))
            # what was committed just now, but may count as in flight, is known before anybody is told of anything
            await feed.read(self.reader, self._max_bytes, everything=True)
            feed = self._feeds.setdefault(who.account_id, feed)
        subscription = Subscription(FeedPlace(self, feed, since), who, feed.ring.end, wanted)
        feed.subscriptions.add(subscription)
        return subscription, since or feed.cursor

    def forget(self) -> None:
        """Forget what was read; whoever is subscribed has been told to begin again."""
        self._feeds.clear()
        self._owners.clear()

    def drop_if_idle(self, feed: Feed) -> None:
        """Forget a feed that nobody reads."""
        if not feed.subscriptions and self._feeds.get(feed.who.account_id) is feed:
            del self._feeds[feed.who.account_id]

    async def read_of(self, feed: Feed, swarm_ids: set[UUID]) -> None:
        """Read what is new in some swarms of one account now: its subscribers have it before what comes beside."""
        feed.marked |= swarm_ids
        await feed.read(self.reader, self._max_bytes, everything=False)

    def heard(self, swarm_id: UUID) -> None:
        """Note that a swarm has news, as somebody says."""
        if not self._feeds:
            return
        if swarm_id not in self._owners:
            self._unknown.add(swarm_id)
        elif not self._mark(swarm_id, self._owners[swarm_id]):
            return
        self._wake.set()

    def poll(self) -> None:
        """Let everything be read, unless that was done a short while ago."""
        if self._feeds and time.monotonic() >= self._rested_at:
            self._poll = True
            self._wake.set()

    async def run(self) -> None:
        """Read what is marked, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._resolve()
                for feed in [feed for feed in self._feeds.values() if feed.marked]:
                    await feed.read(self.reader, self._max_bytes, everything=False)
                if self._poll:
                    await self._read_all()
            except UNREADABLE as error:
                _LOG.info("new events cannot be read now: %s", error)
                await asyncio.sleep(AGAIN_S)

    @property
    def _max_bytes(self) -> int:
        return self._room.for_one_of(len(self._feeds))

    async def _read_all(self) -> None:
        self._poll = False
        began = time.monotonic()
        for feed in list(self._feeds.values()):
            await feed.read(self.reader, self._max_bytes, everything=True)
        ended = time.monotonic()
        self._rested_at = ended + RESTS * (ended - began)

    async def _resolve(self) -> None:
        unknown, self._unknown = self._unknown, set()
        if unknown:
            for swarm_id, owner_id in (await self.reader.owners(unknown)).items():
                self._owners[swarm_id] = owner_id
                self._mark(swarm_id, owner_id)
            while len(self._owners) > OWNERS_KEPT:
                self._owners.popitem(last=False)

    def _mark(self, swarm_id: UUID, owner_id: UUID | None) -> bool:
        feed = None if owner_id is None else self._feeds.get(owner_id)
        if feed is not None:
            feed.marked.add(swarm_id)
        return feed is not None
