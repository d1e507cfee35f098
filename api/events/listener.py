"""Hears which swarms have news: one LISTEN for the whole process.

Rule: a notification proves nothing, grants nothing and may be lost; it only wakes a reader, and the poll stands behind
it. Where nothing can be heard (a pooler in transaction mode), subscribers are served by the poll alone.
"""

import asyncio
import contextlib
import json
import logging
import random
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import psycopg

_LOG = logging.getLogger(__name__)

CHANNEL: Final = "pgswarm_event"
PARTIAL_CHANNEL: Final = "pgswarm_partial"
"""On which processors tell that models are saying something; the payload is the swarm's id."""
CHECK_S: Final = 5.0
"""How often a silent connection is asked whether it still lives, and how long it may take to say so."""
LONGEST_WAIT_S: Final = 2.0
LONGEST_PAYLOAD: Final = 1_000
LOST: Final = (psycopg.Error, TimeoutError, OSError)
KEEPALIVE: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}

Heard = Callable[[UUID, int], None]


def parse(payload: str) -> tuple[UUID, int] | None:
    """Return the swarm and the newest seq that a payload names; None where it is not of the contract's form."""
    if not 0 < len(payload) <= LONGEST_PAYLOAD:
        return None
    try:
        found = json.loads(payload)
        swarm_id = UUID(found["swarm_id"])
        ends = (found["from_seq"], found["to_seq"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    if not all(type(end) is int for end in ends) or not 0 < ends[0] <= ends[1]:
        return None
    return swarm_id, ends[1]


class Listener:
    """Calls `heard` for each notification that names a swarm, and `missed` whenever any may not have been heard."""

    def __init__(
        self, url: str, heard: Heard, missed: Callable[[], None], said: Callable[[UUID], None] = lambda _swarm_id: None
    ) -> None:
        """Take where to listen and whom to tell."""
        self._url = url
        self._heard = heard
        self._missed = missed
        self._said = said
        self.listening = False
        """Whether a connection listens now. Behind a pooler it may hear nothing all the same."""

    async def run(self) -> None:
        """Listen until cancelled; connect again whenever the connection is lost."""
        failures = 0
        while True:
            try:
                async with asyncio.timeout(2 * CHECK_S):
                    connection = await psycopg.AsyncConnection.connect(
                        self._url,
                        autocommit=True,
                        application_name="pgswarm events",
                        prepare_threshold=None,
                        **KEEPALIVE,
                    )
            except LOST as error:
                failures += 1
                self._say_lost(error, failures)
            else:
                try:
                    async with asyncio.timeout(CHECK_S):
                        await connection.execute(f"listen {CHANNEL}; listen {PARTIAL_CHANNEL}")
                    failures = 0
                    await self._hear(connection)
                except LOST as error:
                    failures += 1
                    self._say_lost(error, failures)
                finally:
                    self.listening = False
                    await _close(connection)
            await asyncio.sleep(min(LONGEST_WAIT_S, 0.05 * 2 ** min(failures, 10)) * random.uniform(0.5, 1))  # noqa: S311 - jitter, not a secret

    async def _hear(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self.listening = True
        self._missed()  # what was sent while nobody listened
        while True:
            async for notification in connection.notifies(timeout=CHECK_S):
                if notification.channel == PARTIAL_CHANNEL:
                    self._tell_said(notification.payload)
                else:
                    self._tell(notification.payload)
            async with asyncio.timeout(CHECK_S):
                await connection.execute("select 1")

    def _tell(self, payload: str) -> None:
        if not payload:  # `notify_payload = none`: there is news, of whom is not said
            self._missed()
        elif (named := parse(payload)) is not None:
            self._heard(*named)

    def _tell_said(self, payload: str) -> None:
        try:
            swarm_id = UUID(payload[:LONGEST_PAYLOAD])
        except ValueError:
            return
        self._said(swarm_id)

    def _say_lost(self, error: BaseException, failures: int) -> None:
        level = logging.WARNING if failures == 1 else logging.DEBUG
        _LOG.log(level, "events are polled for until notifications can be heard again: %s", error)


async def _close(connection: psycopg.AsyncConnection[Any]) -> None:
    with contextlib.suppress(*LOST):
        async with asyncio.timeout(CHECK_S):
            await connection.close()
