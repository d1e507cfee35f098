"""Tells subscribers of new events and other workers of work left, on a connection of its own.

One rule: NOTIFY takes a database-wide lock at commit, so notifications are gathered: at once when idle, at most one
transaction every `GAP_S` under load, one range for each swarm. A lost one costs latency only: everyone polls behind.
"""

import asyncio
import json
import time
from typing import Final
from uuid import UUID

import psycopg

from pgswarm.processor import failpoints
from pgswarm.processor.connect import LOST, Link, Outage

GAP_S: Final = 0.005
WORK_GAP_S: Final = 0.01
BATCH: Final = 500
TIMEOUT_S: Final = 10

_EVENTS: Final = "select pg_notify('pgswarm_event', payload) from unnest(%s::text[]) payload"
_WORK: Final = "select pg_notify('pgswarm_work', '')"
_BOTH: Final = f"{_EVENTS} union all {_WORK}"


class Notifier:
    """Gathers ranges of events, and sends them."""

    def __init__(self, url: str, outage: Outage, *, events: bool) -> None:
        """Take where to connect; without `events`, only workers are told, and nothing that says which swarm."""
        self._link = Link(url, "notify", outage, TIMEOUT_S)
        self._tells_events = events
        self._ranges: dict[bytes, tuple[int, int]] = {}
        self._work = False
        self._work_at = 0.0
        self._wake = asyncio.Event()
        self.backend_pid = 0
        """Of the connection that sends: what a listener of the same process need not hear."""

    def events(self, swarm_key: bytes, from_seq: int, to_seq: int) -> None:
        """Note a range of new events of a swarm, ends inclusive."""
        if self._tells_events:
            known = self._ranges.get(swarm_key)
            if known is not None:
                from_seq, to_seq = min(known[0], from_seq), max(known[1], to_seq)
            self._ranges[swarm_key] = (from_seq, to_seq)
            self._wake.set()

    def work(self) -> None:
        """Note that claimable work is left."""
        if time.monotonic() - self._work_at >= WORK_GAP_S:
            self._work = True
            self._wake.set()

    async def run(self) -> None:
        """Send for as long as the process lives."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.send()
            await self._link.get()  # after a loss, at once: not only when there is something to tell again
            await asyncio.sleep(GAP_S)

    async def send(self) -> None:
        """Send what was gathered; what cannot be sent is forgotten, since subscribers poll."""
        ranges, self._ranges = self._ranges, {}
        work, self._work = self._work, False
        payloads = [_payload(swarm_key, *ends) for swarm_key, ends in ranges.items()]
        try:
            connection = await self._link.get()
            self.backend_pid = connection.info.backend_pid
            failpoints.hit("notify.before")
            async with asyncio.timeout(TIMEOUT_S):
                for start in range(0, len(payloads), BATCH):
                    await connection.execute(_EVENTS, (payloads[start : start + BATCH],), prepare=True)
                if work:
                    await connection.execute(_WORK, prepare=True)
                    self._work_at = time.monotonic()
            failpoints.hit("notify.after")
        except (*LOST, psycopg.Error) as error:
            await self._link.lost(error)

    async def close(self) -> None:
        """Close the connection."""
        await self._link.close()


def _payload(swarm_key: bytes, from_seq: int, to_seq: int) -> str:
    return json.dumps({"swarm_id": str(UUID(bytes=swarm_key)), "from_seq": from_seq, "to_seq": to_seq})
