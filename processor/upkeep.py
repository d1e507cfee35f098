"""What every processor does for all: reaps the dead, and does what only time does. Once a second or so, each.

Here is also found which of our own activations were taken from us (cancelled, paused by a budget), so that they stop.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import psycopg

from pgswarm.processor import backoff, failpoints
from pgswarm.processor.activation import Activation
from pgswarm.processor.connect import LOST, Link, Outage

_LOG = logging.getLogger(__name__)

EVERY_S: Final = 1.0
OLD_S: Final = 1.0
"""From this age on a running activation is checked."""
TIMEOUT_S: Final = 60

_REAP: Final = "select what, swarm_id, from_seq, to_seq from pgswarm.reap()"
_TICK: Final = "select what, swarm_id, from_seq, to_seq from pgswarm.tick()"
_HELD: Final = """
select node_id from pgswarm.still_held(worker_id => %s, swarm_ids => %s, node_ids => %s, epochs => %s)
"""
_DRAIN: Final = "select pgswarm.drain_worker(worker_id => %s)"
_STOP: Final = "select what, swarm_id, from_seq, to_seq from pgswarm.stop_worker(worker_id => %s)"


class Upkeep:
    """The verbs that are not about one act, over a connection of their own."""

    def __init__(
        self, url: str, outage: Outage, events: Callable[[bytes, int, int], None], work: Callable[[], None]
    ) -> None:
        """Take where to connect, who hears of events, and who of work."""
        self._link = Link(url, "upkeep", outage, TIMEOUT_S)
        self._events = events
        self._work = work
        self._lock = asyncio.Lock()

    async def run(
        self,
        worker_id: Callable[[], UUID],
        running: Callable[[float], list[Activation]],
        abandon: Callable[[list[Activation]], None],
    ) -> None:
        """Reap, tick and look for lost activations, about every second, for ever."""
        failures = 0
        while True:
            pause_s = backoff.delay(failures) if failures else EVERY_S
            await asyncio.sleep(pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret
            try:
                await self.once()
                runs = running(OLD_S)
                if runs:
                    abandon(await self._lost_of(worker_id(), runs))
            except LOST as error:
                await self._link.lost(error)
            except psycopg.Error as error:
                failures += 1
                _LOG.error("reap or tick failed: %s", error)
            else:
                failures = 0

    async def once(self) -> bool:
        """Reap until nothing is left to reap, tick once; say whether anything came of it."""
        changed = False
        while await self._verb("reap", _REAP):
            changed = True
        changed = await self._verb("tick", _TICK) or changed
        if changed:
            self._work()
        return changed

    async def drain(self, worker_id: UUID) -> None:
        """Tell the database that this worker claims nothing more."""
        await self._verb("drain", _DRAIN, (worker_id,))

    async def stop(self, worker_id: UUID) -> None:
        """Tell the database that this worker has ended; what it still holds is released."""
        await self._verb("stop", _STOP, (worker_id,))

    async def _lost_of(self, worker_id: UUID, runs: Sequence[Activation]) -> list[Activation]:
        keys = (
            [UUID(bytes=run.swarm_key) for run in runs],
            [UUID(bytes=run.node_key) for run in runs],
            [run.lease_epoch for run in runs],
        )
        held = {row[0].bytes for row in await self._rows(_HELD, (worker_id, *keys))}
        return [run for run in runs if run.node_key not in held]

    async def _verb(self, name: str, query: str, params: Sequence[Any] = ()) -> bool:
        failpoints.hit(f"{name}.before")
        rows = await self._rows(query, params)
        failpoints.hit(f"{name}.after")
        found = [row for row in rows if len(row) > 1 and row[0] == "events"]
        for _, swarm_id, from_seq, to_seq in found:
            self._events(swarm_id.bytes, from_seq, to_seq)
        return bool(found)

    async def _rows(self, query: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        async with self._lock:
            connection = await self._link.get()
            async with asyncio.timeout(TIMEOUT_S + 5):
                cursor = await connection.execute(query, params)
                return await cursor.fetchall()

    async def close(self) -> None:
        """Close the connection."""
        await self._link.close()
