"""Connections that cannot hang: every wait for the database has a deadline, also on a half-open network.

One rule: each role has a connection of its own and opens it again with backoff when it is lost; an outage is said once,
not once a role.
"""

import asyncio
import contextlib
import logging
import time
from typing import Any, Final, TypeAlias

import psycopg

from pgswarm.processor import backoff

_LOG = logging.getLogger(__name__)

Connection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]

CONNECT_TIMEOUT_S: Final = 5
ECHO_S: Final = 30.0
LOST: Final = (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError, OSError)
"""What says that a connection, or what was sent on it, is lost."""

KEEPALIVE: Final[dict[str, Any]] = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""libpq's parameters that find a dead peer within about 10 s (PostgreSQL documentation, "Parameter Key Words")."""

SESSION: Final = """
select set_config('statement_timeout', %s, false), set_config('idle_in_transaction_session_timeout', '60s', false),
       set_config('default_transaction_isolation', 'read committed', false)
"""


async def adapt(connection: Connection, statement_timeout_s: float) -> bool:
    """Make a fresh connection ready, and say whether it leads to one backend of its own.

    A pooler answers in the backend's place: the process id that came with the connection is another. Behind one,
    the next transaction may run in another backend: nothing is left in the session, and no statement is prepared.
    """
    cursor = await connection.execute("select pg_backend_pid()")
    row = await cursor.fetchone()
    if row is not None and row[0] == connection.info.backend_pid:
        await connection.execute(SESSION, (f"{int(statement_timeout_s * 1000)}ms",))
        return True
    connection.prepare_threshold = None
    return False


class Outage:
    """Says once that the database cannot be reached, and once that it is back, for all roles of a process.

    A role whose connection was idle notices late: what it says within `ECHO_S` of an outage belongs to the same.
    """

    def __init__(self) -> None:
        """Start with the database reachable."""
        self._down: set[str] = set()
        self._over_at = -ECHO_S
        self._level = logging.WARNING

    def begin(self, role: str, error: BaseException) -> None:
        """Note that a role lost the database."""
        if not self._down:
            reason = str(error).strip().splitlines() or [type(error).__name__]
            self._level = logging.INFO if time.monotonic() - self._over_at < ECHO_S else logging.WARNING
            _LOG.log(self._level, "the database cannot be reached, trying again until it can: %s", reason[0])
        self._down.add(role)

    def end(self, role: str) -> None:
        """Note that a role reached the database."""
        if role in self._down:
            self._down.discard(role)
            if not self._down:
                self._over_at = time.monotonic()
                _LOG.log(self._level, "the database is back")


class Link:
    """One role's connection, opened when it is first wanted and again whenever it is lost."""

    def __init__(self, url: str, role: str, outage: Outage, statement_timeout_s: float = 60.0) -> None:
        """Take where to connect and the role's name, which `pg_stat_activity` shows."""
        self._url = url
        self._role = role
        self._outage = outage
        self._timeout_s = statement_timeout_s
        self._connection: Connection | None = None
        self.application_name = f"pgswarm {role}"
        self.direct = True
        """Whether the connection leads to one backend of its own; False behind a pooler."""

    async def get(self) -> Connection:
        """Return the connection; wait for the database as long as it takes."""
        if self._connection is not None and not self._connection.closed:
            return self._connection
        tries = 0
        while True:
            try:
                connection = await self._open()
            except LOST as error:
                self._outage.begin(self._role, error)
                tries += 1
                await asyncio.sleep(backoff.delay(tries, first_s=0.05, longest_s=2.0))
            else:
                self._connection = connection
                self._outage.end(self._role)
                return connection

    async def _open(self) -> Connection:
        async with asyncio.timeout(2 * CONNECT_TIMEOUT_S):
            connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, application_name=self.application_name, **KEEPALIVE
            )
            try:
                self.direct = await adapt(connection, self._timeout_s)
                await self.prepare(connection)
            except BaseException:
                await connection.close()
                raise
        return connection

    async def prepare(self, connection: Connection) -> None:
        """Make a fresh connection ready; roles that need more than the session's timeouts override this."""

    async def lost(self, error: BaseException) -> None:
        """Give the connection up: the next `get` opens another."""
        self._outage.begin(self._role, error)
        await self.close()

    async def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*LOST):
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
                    await connection.close()
