"""The tail of each swarm that somebody watches: one read of its new events for all of its subscribers.

Rule: whoever is woken reads what is new of all swarms that are marked, in one query; what is marked meanwhile is read
next. So reading is at once when idle, and in ever larger batches under load.
"""

import asyncio
import logging
from collections.abc import Iterator
from itertools import islice
from typing import Final
from uuid import UUID

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from pgswarm.api.events.blocks import Blocks
from pgswarm.api.events.frames import Filter, Frame
from pgswarm.api.events.reader import BLOCK, Asked, Reader
from pgswarm.api.events.ring import Chunk, Ring, Room
from pgswarm.api.events.subscription import NOTHING, Subscription
from pgswarm.api.principal import Principal

_LOG = logging.getLogger(__name__)

SWARMS_AT_ONCE: Final = 100
AGAIN_S: Final = 0.3
"""How long is waited after the database could not be read."""
UNREADABLE: Final = (
    psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, PoolClosed, TooManyRequests, TimeoutError, OSError,
)  # fmt: skip
"""What says that the database cannot be read now; everything else is a fault."""


class Tail:
    """A swarm's newest frames and its subscribers. Positions are seqs."""

    def __init__(self, swarm_id: UUID, end: int) -> None:
        """Begin behind the event `end`."""
        self.swarm_id = swarm_id
        self.ring = Ring(end)
        self.subscriptions: set[Subscription] = set()
        self.known = end

    @property
    def is_behind(self) -> bool:
        """Say whether events that were there when somebody joined are still to be read."""
        return self.ring.end < self.known

    @property
    def asked(self) -> Asked:
        """Return what to read next, in the name of one of the subscribers."""
        return Asked(next(iter(self.subscriptions)).who.account_id, self.swarm_id, self.ring.end)

    def publish(self, frames: list[Frame], max_bytes: int) -> None:
        """Hand new frames to all subscribers."""
        self.ring.append(frames, max_bytes)
        for subscription in self.subscriptions:
            subscription.wake()


class Place:
    """A subscription's source: one tail among the others, and the blocks for what lies before it."""

    def __init__(self, tails: "Tails", tail: Tail) -> None:
        """Take the tail."""
        self._tails = tails
        self._tail = tail

    async def read(self, subscription: Subscription) -> Chunk:
        """Return what comes after the subscription's position, from memory or from the database."""
        ring = self._tail.ring
        position = subscription.position
        if position >= ring.end:
            return NOTHING
        if ring.has(position):
            chunk = ring.after(position)
        else:
            chunk = await self._older(subscription)
        if not chunk.frames:
            return NOTHING
        subscription.position = chunk.frames[-1].seq
        return chunk

    async def _older(self, subscription: Subscription) -> Chunk:
        try:
            return await self._tails.blocks.after(
                subscription.who.account_id, self._tail.swarm_id, subscription.position, self._tail.ring.end
            )
        except UNREADABLE as error:
            _LOG.info("older events cannot be read now: %s", error)
            asyncio.get_running_loop().call_later(AGAIN_S, subscription.wake)
            return NOTHING

    def leave(self, subscription: Subscription) -> None:
        """Forget a subscriber, and the tail with its last one."""
        self._tail.subscriptions.discard(subscription)
        self._tails.drop_if_idle(self._tail)


class Tails:
    """All of them, and the loop that reads."""

    def __init__(self, reader: Reader, room: Room, blocks_bytes: int) -> None:
        """Begin with none."""
        self._reader = reader
        self._room = room
        self.blocks = Blocks(reader, blocks_bytes)
        self._tails: dict[UUID, Tail] = {}
        self._marked: dict[UUID, None] = {}
        self._wake = asyncio.Event()

    def __iter__(self) -> Iterator[Tail]:
        return iter(self._tails.values())

    def join(self, who: Principal, swarm_id: UUID, end: int, after: int, wanted: Filter) -> Subscription:
        """Subscribe to a swarm whose newest event is (at least) `end`; the caller has checked that `who` may see it."""
        tail = self._tails.get(swarm_id)
        if tail is None:
            # from the last whole block on: the ring takes in what is not in one, so that nobody reads it alone
            tail = self._tails[swarm_id] = Tail(swarm_id, end - end % BLOCK)
        tail.known = max(tail.known, end)
        subscription = Subscription(Place(self, tail), who, after, wanted)
        tail.subscriptions.add(subscription)
        self.mark(swarm_id)
        return subscription

    def drop_if_idle(self, tail: Tail) -> None:
        """Forget a tail that nobody watches."""
        if not tail.subscriptions and self._tails.get(tail.swarm_id) is tail:
            del self._tails[tail.swarm_id]
            self._marked.pop(tail.swarm_id, None)

    def forget(self) -> None:
        """Forget everything that was read; whoever is subscribed has been told to begin again."""
        self._tails.clear()
        self._marked.clear()
        self.blocks.forget()

    def heard(self, swarm_id: UUID, to_seq: int) -> None:
        """Note that a swarm has events up to `to_seq`, as somebody says."""
        tail = self._tails.get(swarm_id)
        if tail is not None and to_seq > tail.ring.end:
            self.mark(swarm_id)

    def mark(self, swarm_id: UUID) -> None:
        """Let a swarm be read."""
        self._marked[swarm_id] = None
        self._wake.set()

    def mark_all(self) -> None:
        """Let every swarm be read that somebody watches."""
        if self._tails:
            self._marked.update(dict.fromkeys(self._tails))
            self._wake.set()

    async def run(self) -> None:
        """Read what is marked, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            marked, self._marked = self._marked, {}
            swarm_ids = iter(marked)
            while batch := [self._tails[s] for s in islice(swarm_ids, SWARMS_AT_ONCE) if s in self._tails]:
                try:
                    await self._read(batch)
                except UNREADABLE as error:
                    _LOG.info("new events cannot be read now: %s", error)
                    await asyncio.sleep(AGAIN_S)  # the poll marks them again

    async def _read(self, batch: list[Tail]) -> None:
        asked = [tail.asked for tail in batch if tail.subscriptions]
        found = await self._reader.frames(asked)
        max_bytes = self._room.for_one_of(len(self._tails))
        for one in asked:
            frames = found[one.swarm_id]
            tail = self._tails.get(one.swarm_id)
            if frames and tail is not None and tail.ring.end == one.after:
                tail.publish(frames, max_bytes)
                if len(frames) >= BLOCK:
                    self.mark(one.swarm_id)
