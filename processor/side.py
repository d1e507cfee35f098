"""The side door: what a running handler asks of the database before its outcome is committed (calls, effects, memory).

One rule: a lost connection is no failure of the node. The verbs behind this door may be sent again, and are, until the
activation's own deadline.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from pgswarm.processor import backoff, failpoints
from pgswarm.processor.connect import KEEPALIVE, LOST, Connection, Outage, adapt
from pgswarm.schema.errors import translate

STATEMENT_TIMEOUT_S: Final = 30
PATIENCE_S: Final = 600.0


class Side:
    """A small pool, opened on first use, so that a processor whose actions need none holds none."""

    def __init__(self, url: str, outage: Outage, size: int = 8) -> None:
        """Take where to connect and how many connections handlers may share."""
        self._outage = outage
        self._opened = False
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=0,
            max_size=size,
            open=False,
            timeout=10,
            max_idle=60,
            reconnect_timeout=5,
            configure=_configure,
            kwargs={"autocommit": True, "application_name": "pgswarm side", **KEEPALIVE},
        )

    async def rows(
        self, query: str, params: Sequence[Any] | Mapping[str, Any] = (), *, point: str = "", until: float | None = None
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a query that may be sent twice; `until` is monotonic time, `point` names its failpoints.

        Raises the typed error of a verb that refuses, and psycopg's where the database stays away past the deadline.
        """
        end = time.monotonic() + PATIENCE_S if until is None else until
        tries = 0
        while True:
            try:
                found = await self._rows(query, params, point)
            except (*LOST, PoolTimeout) as error:
                self._outage.begin("side", error)
                tries += 1
                pause = backoff.delay(tries, first_s=0.05, longest_s=2.0)
                if time.monotonic() + pause > end:
                    raise
                await asyncio.sleep(pause)
            except psycopg.Error as error:
                raise (translate(error) or error) from error
            else:
                self._outage.end("side")
                return found

    async def _rows(self, query: str, params: Sequence[Any] | Mapping[str, Any], point: str) -> list[tuple[Any, ...]]:
        if not self._opened:
            self._opened = True
            await self._pool.open()
        async with asyncio.timeout(STATEMENT_TIMEOUT_S + 15), self._pool.connection() as connection:
            if point:
                failpoints.hit(f"{point}.before")
            cursor = await connection.execute(query, params)
            found = await cursor.fetchall()
            if point:
                failpoints.hit(f"{point}.after")
            return found

    async def close(self) -> None:
        """Close every connection."""
        if self._opened:
            await self._pool.close(timeout=2)


async def _configure(connection: Connection) -> None:
    await adapt(connection, STATEMENT_TIMEOUT_S)
