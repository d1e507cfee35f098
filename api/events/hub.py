"""The hub of one API process: from one listener and one reader to any number of subscribers.

Rule: a stream is opened for whoever may see the swarm, and ended within `check_s` once that, or the token, is over.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import chain
from typing import Final
from uuid import UUID

from pgswarm.api.events.account_partials import AccountPartials
from pgswarm.api.events.cursors import Cursor
from pgswarm.api.events.feeds import Feeds
from pgswarm.api.events.frames import Filter, Frame
from pgswarm.api.events.listener import Listener
from pgswarm.api.events.partials import Partials
from pgswarm.api.events.reader import Ends, Reader
from pgswarm.api.events.ring import Room
from pgswarm.api.events.settings import Limits
from pgswarm.api.events.subscription import Subscription
from pgswarm.api.events.tails import UNREADABLE, Tails
from pgswarm.api.principal import Principal
from pgswarm.api.settings import ApiSettings

_LOG = logging.getLogger(__name__)

MISSED_GAP_S: Final = 0.05
"""At most so often is everything read because notifications do not say of whom they are."""

FAULT_S: Final = 1.0


class Hub:
    """Open it with the app, close it at its end."""

    def __init__(self, settings: ApiSettings, limits: Limits | None = None) -> None:
        """Take where the database is; nothing is connected yet."""
        self.limits = limits or Limits(heartbeat_s=settings.heartbeat_s)
        self.reader = Reader(settings, self._failed_over)
        room = Room(self.limits.ring_bytes, self.limits.rings_bytes)
        self.tails = Tails(self.reader, room, self.limits.blocks_bytes)
        self.feeds = Feeds(self.reader, room)
        self.partials = Partials(self.reader, self.tails)
        self.account_partials = AccountPartials(self.reader, self.feeds)
        self.listener = Listener(settings.database_url, self._heard, self._missed, self._said)
        self.snapshots = asyncio.Semaphore(self.limits.snapshots)
        self._missed_at = 0.0
        self._missed_timer: asyncio.TimerHandle | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    async def open(self, stopping: asyncio.Event) -> None:
        """Begin to connect, listen and read; once `stopping` is set, end all streams, for which the server waits."""
        await self.reader.open()
        runs = (
            self.tails.run, self.feeds.run, self.partials.run, self.account_partials.run, self.listener.run, self._poll,
            self._beat, self._check,
        )  # fmt: skip
        self._tasks = [asyncio.create_task(_keep(run), name=f"events {run.__qualname__}") for run in runs]
        self._tasks.append(asyncio.create_task(self._end_with(stopping), name="events end"))

    async def close(self) -> None:
        """End all streams, and stop."""
        self.end_all("the server is stopping")
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        await self.reader.close()

    async def _end_with(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        self.end_all("the server is stopping")

    def end_all(self, reason: str) -> None:
        """End every stream, and let no new one begin; clients connect again, elsewhere or later."""
        self._closing = True
        for subscription in list(self.subscriptions()):
            subscription.end(reason)

    def _failed_over(self) -> None:
        """Let everybody begin again: what was sent may be no part of the history any more."""
        for subscription in list(self.subscriptions()):
            subscription.end("the database was failed over")
        self.tails.forget()
        self.feeds.forget()

    @property
    def has_room(self) -> bool:
        """Say whether one more stream may begin."""
        return not self._closing and sum(1 for _ in self.subscriptions()) < self.limits.subscribers

    def subscriptions(self) -> Iterator[Subscription]:
        """Yield every subscription."""
        return chain.from_iterable(source.subscriptions for source in (*self.tails, *self.feeds))

    async def swarm(
        self, who: Principal, swarm_id: UUID, after: int, kinds: tuple[str, ...] = (), subtree: UUID | None = None
    ) -> Subscription:
        """Subscribe to a swarm after a seq; raise PS404 where the caller may not see it, or the top of the subtree."""
        ends = await self.reader.ends(who, swarm_id)
        nodes = None if subtree is None else await self.reader.subtree(who, swarm_id, subtree)
        subscription = self.tails.join(who, swarm_id, ends.last_seq, after, Filter(kinds, nodes))
        self.partials.watch(subscription, swarm_id)
        return subscription

    async def ends(self, who: Principal, swarm_id: UUID) -> Ends:
        """Return between which seqs a swarm's events lie; raise PS404 where the caller may not see it."""
        return await self.reader.ends(who, swarm_id)

    async def account(
        self, who: Principal, since: Cursor | None, kinds: tuple[str, ...] = (), conversation_id: UUID | None = None
    ) -> tuple[Subscription, Cursor]:
        """Subscribe to all swarms of the caller since a cursor, or from now."""
        subscription, cursor = await self.feeds.join(who, since, Filter(kinds, conversation_id=conversation_id))
        self.account_partials.watch(subscription)
        return subscription, cursor

    @asynccontextmanager
    async def snapshot(self, who: Principal, swarm_id: UUID) -> AsyncIterator[AsyncIterator[list[Frame]]]:
        """Lend a swarm as it is now, in batches of frames; a few at a time, each as short as possible."""
        async with self.snapshots, self.reader.snapshot(who, swarm_id) as batches:
            yield batches

    def _heard(self, swarm_id: UUID, to_seq: int) -> None:
        self.tails.heard(swarm_id, to_seq)
        self.feeds.heard(swarm_id)

    def _said(self, swarm_id: UUID) -> None:
        self.partials.heard(swarm_id)
        self.account_partials.heard(swarm_id)

    def _missed(self) -> None:
        if self._missed_timer is None:
            wait_s = max(0.0, self._missed_at + MISSED_GAP_S - time.monotonic())
            self._missed_timer = asyncio.get_running_loop().call_later(wait_s, self._read_everything)

    def _read_everything(self) -> None:
        self._missed_timer = None
        self._missed_at = time.monotonic()
        self.tails.mark_all()
        self.partials.mark_all()
        self.account_partials.mark_all()
        self.feeds.poll()

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self.limits.poll_s)
            self._read_everything()

    async def _beat(self) -> None:
        tick_s = self.limits.heartbeat_s / 20
        while True:
            await asyncio.sleep(tick_s)
            now = time.monotonic()
            for subscription in self.subscriptions():
                subscription.beat_if_silent(now, self.limits.heartbeat_s - tick_s)

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(self.limits.check_s)
            try:
                await self.reader.recognise()
                await self.check_rights()
            except UNREADABLE as error:
                _LOG.info("rights cannot be checked now: %s", error)

    async def check_rights(self) -> None:
        """End the streams whose token is over, and those to swarms that their account may not see any more."""
        tokens = {s.who.token_id for s in self.subscriptions() if s.who.token_id is not None}
        if tokens:
            living = await self.reader.live_tokens(tokens)
            for subscription in list(self.subscriptions()):
                token_id = subscription.who.token_id
                if token_id in tokens and token_id not in living:
                    subscription.end("the token is not valid any more", refused=True)
        pairs = {(s.who.account_id, tail.swarm_id) for tail in self.tails for s in tail.subscriptions}
        if pairs:
            allowed = await self.reader.may_read(pairs)
            for tail in list(self.tails):
                for subscription in list(tail.subscriptions):
                    pair = (subscription.who.account_id, tail.swarm_id)
                    if pair in pairs and pair not in allowed:
                        subscription.end("there is no such swarm any more", refused=True)


async def _keep(run: Callable[[], Awaitable[None]]) -> None:
    """Run for ever, also after a fault: subscribers of other swarms must not starve for it."""
    while True:
        try:
            await run()
        except Exception:  # noqa: BLE001 - whatever it was: it is logged whole, and the others go on
            _LOG.exception("a part of the event streams failed, it starts again")
        await asyncio.sleep(FAULT_S)
