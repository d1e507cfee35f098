"""Keeps this worker's lease alive from a thread with a connection of its own.

One rule: only the whole process's death or standstill loses the lease. An action that blocks the event loop does not.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import psycopg

from pgswarm.processor import backoff, failpoints
from pgswarm.processor.connect import KEEPALIVE, LOST

_LOG = logging.getLogger(__name__)

BEATS: Final = 3
"""Heartbeats in one lease."""

_BEAT: Final = "select pgswarm.heartbeat(worker_id => %s, lease_s => %s)"
_TIMEOUT: Final = "select set_config('statement_timeout', %s, false)"


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
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

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
        failures = 0
        interval_s = self._lease_s / BEATS
        wait_s = interval_s
        while not self._stop.wait(wait_s):
            worker_id = self._worker_id
            if worker_id is None:
                wait_s = interval_s
                continue
            try:
                alive = self._beat(worker_id)
            except (*LOST, psycopg.Error) as error:
                _LOG.info("no heartbeat: %s", error)
                self._close()
                failures += 1
                wait_s = min(interval_s, backoff.delay(failures, first_s=0.05))
                continue
            failures = 0
            wait_s = interval_s
            if not alive and worker_id == self._worker_id:
                self._worker_id = None
                self._on_lost(worker_id)
        self._close()

    def _beat(self, worker_id: UUID) -> bool:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._url, autocommit=True, application_name="pgswarm heartbeat", **{**KEEPALIVE, "connect_timeout": 3}
            )
            self._connection.execute(_TIMEOUT, (f"{max(1000, int(self._lease_s * 1000 / BEATS))}ms",))
        failpoints.hit("heartbeat.before")
        row = self._connection.execute(_BEAT, (worker_id, self._lease_s), prepare=True).fetchone()
        failpoints.hit("heartbeat.after")
        return bool(row and row[0])

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
