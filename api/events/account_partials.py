"""What models are saying just now in all swarms of an account, for those who watch them all and ask for `llm.partial`.

Rule: as in the stream of one swarm (`partials.py`): shown and not kept, bounded, without an id, and none before the
events that were stored before it. Nothing is read for accounts of which nobody asks.
"""

import asyncio
import logging
import time
from typing import Final
from uuid import UUID

from pgswarm.api.events.feeds import Feed, Feeds
from pgswarm.api.events.partials import AGAIN_S, GAP_S, KIND, Aside, Saying
from pgswarm.api.events.reader import Reader
from pgswarm.api.events.subscription import Subscription
from pgswarm.api.events.tails import UNREADABLE

_LOG = logging.getLogger(__name__)

ACCOUNTS_AT_ONCE: Final = 200


class AccountPartials:
    """All accounts of which somebody wants to see it, and the loop that reads."""

    def __init__(self, reader: Reader, feeds: Feeds) -> None:
        """Begin with none."""
        self._reader = reader
        self._feeds = feeds
        self._saying: dict[UUID, Saying] = {}
        self._wake = asyncio.Event()

    def heard(self, swarm_id: UUID) -> None:
        """Note that something is being said in a swarm, as somebody says; whose it is, the next read finds out."""
        del swarm_id
        self.mark_all()

    def watch(self, subscription: Subscription) -> None:
        """Let a subscriber, if it wants, see what is being said from now on, and what was said of answers under way."""
        if subscription.wanted.names(KIND):
            saying = self._saying.setdefault(subscription.who.account_id, Saying())
            subscription.aside = Aside(saying)
            self.mark_all()

    def mark_all(self) -> None:
        """Let all of them be read."""
        if self._saying:
            self._wake.set()

    async def run(self) -> None:
        """Read when something was said, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            began = time.monotonic()
            try:
                await self._read()
            except UNREADABLE as error:
                _LOG.info("what models say cannot be read now: %s", error)
                await asyncio.sleep(AGAIN_S)
            await asyncio.sleep(max(0.0, GAP_S - (time.monotonic() - began)))

    async def _read(self) -> None:
        feeds = {feed.who.account_id: feed for feed in self._feeds if _takers(feed)}
        self._saying = {account: saying for account, saying in self._saying.items() if account in feeds}
        accounts = list(self._saying)
        for first in range(0, len(accounts), ACCOUNTS_AT_ONCE):
            asked = [(account, self._saying[account].since) for account in accounts[first : first + ACCOUNTS_AT_ONCE]]
            for account, rows in (await self._reader.account_partials(asked)).items():
                feed = feeds[account]
                await self._feeds.read_of(feed, {row["swarm_id"] for row in rows})
                if self._saying[account].add(rows):
                    for subscription in _takers(feed):
                        subscription.wake()


def _takers(feed: Feed) -> list[Subscription]:
    return [one for one in feed.subscriptions if one.aside is not None]
