"""Keeps this worker's lease alive from a thread with a connection of its own.

One rule: only the whole process's death or standstill loses the lease. An action that blocks the event loop does not,
and neither does a connection that nobody answers any more: each beat has a deadline, after which another is opened.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Final
from uuid import UUID

import psycopg

from pgswarm.processor import backoff, failpoints
from pgswarm.processor.connect import KEEPALIVE, LOST, Connection, adapt

_LOG = logging.getLogger(__name__)

BEATS: Final = 3
"""Heartbeats in one lease."""

_BEAT: Final = "select pgswarm.heartbeat(worker_id => %s, lease_s => %s)"


class Heartbeat:
    """The thread. Times in seconds."""

    def __init__(self, url: str, lease_s: float, on_lost: Callable[[UUID], None]) -> None:
        """Take where to connect, how long the lease is, and whom to tell (from this thread) that it was lost."""
        self._url = url
        self._lease_s = lease_s
        self._on_lost = on_lost
        self._worker_id: UUID | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._connection: Connection | None = None
        self._deadline_s = max(1.0, lease_s / BEATS)

    def start(self, worker_id: UUID) -> None:
        """Beat for this worker from now on; also after the lease of an earlier one was lost."""
        self._worker_id = worker_id
        if not self._thread.is_alive():
            self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        loop = asyncio.new_event_loop()  # this thread's own: the process's may be blocked
        try:
            self._beat_for_ever(lambda worker_id: loop.run_until_complete(self._in_time(worker_id)))
            loop.run_until_complete(self._close())
        finally:
            loop.close()

    def _beat_for_ever(self, beat: Callable[[UUID], bool]) -> None:
        failures = 0
        interval_s = self._lease_s / BEATS
        wait_s = interval_s
        while not self._stop.wait(wait_s):
            worker_id = self._worker_id
            if worker_id is None:
                wait_s = interval_s
                continue
            try:
                alive = beat(worker_id)
            except (*LOST, psycopg.Error) as error:
                _LOG.info("no heartbeat: %s", str(error) or type(error).__name__)
                failures += 1
                wait_s = min(interval_s, backoff.delay(failures, first_s=0.05))
                continue
            failures = 0
            wait_s = interval_s
            if not alive and worker_id == self._worker_id:
                self._worker_id = None
                self._on_lost(worker_id)

    async def _in_time(self, worker_id: UUID) -> bool:
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._beat(worker_id)
        except BaseException:
            await self._close()
            raise

    async def _beat(self, worker_id: UUID) -> bool:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, application_name="pgswarm heartbeat", **{**KEEPALIVE, "connect_timeout": 3}
            )
            await adapt(self._connection, self._deadline_s)
        failpoints.hit("heartbeat.before")
        cursor = await self._connection.execute(_BEAT, (worker_id, self._lease_s), prepare=True)
        row = await cursor.fetchone()
        failpoints.hit("heartbeat.after")
        return bool(row and row[0])

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
