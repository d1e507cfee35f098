"""The API's connections: a pool, and transactions that know on whose behalf they run.

Rule: whatever is done for a caller is done in `as_account`, so that the database knows whose rows may be seen and who
acts; and as the database role `pgswarm_api`, which owns nothing and is held to an account's rows (a database of a
single role has none). Settings last for one transaction only: a pooler between the API and the database may hand the
connection on.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from pgswarm.api.principal import Principal
from pgswarm.api.settings import ApiSettings

Conn = AsyncConnection[DictRow]

# Row policies make a plan dear enough for jit, which compiles for a tenth of a second what runs in two milliseconds.
_BEGIN: Final = """
select set_config('pgswarm.account', %(account)s, true), set_config('statement_timeout', %(timeout)s, true),
       set_config('jit', 'off', true),
       case when exists (select from pg_namespace n
                          where n.nspname = 'pgswarm' and pg_get_userbyid(n.nspowner) = 'pgswarm_owner')
            then set_config('role', 'pgswarm_api', true) end
"""
_GO_ON: Final = "select set_config('pgswarm.account', %(account)s, true)"
CONNECT_S = 10
CLOSE_S = 5.0


class Database:
    """A pool of connections. Open it before use, close it at the end."""

    def __init__(self, settings: ApiSettings) -> None:
        """Take the settings; nothing is connected yet."""
        self._timeout_ms = str(int(settings.statement_timeout_s * 1000))
        self.pool: AsyncConnectionPool[Conn] = AsyncConnectionPool(
            settings.database_url,
            connection_class=AsyncConnection[DictRow],
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "connect_timeout": CONNECT_S,
                "prepare_threshold": None,  # a pooler in transaction mode may not keep prepared statements
            },
            min_size=min(2, settings.pool_size),
            max_size=settings.pool_size,
            timeout=settings.pool_wait_s,
            check=AsyncConnectionPool[Conn].check_connection,
            open=False,
            name="api",
        )

    async def open(self) -> None:
        """Begin to connect. Does not wait: a request that comes before the database does is answered with 503."""
        await self.pool.open(wait=False)

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close(CLOSE_S)

    @asynccontextmanager
    async def as_account(self, principal: Principal) -> AsyncIterator[Conn]:
        """Lend a connection for ONE transaction on the caller's behalf; it commits unless something raises."""
        async with self._transaction(str(principal.account_id)) as conn:
            yield conn

    @asynccontextmanager
    async def as_system(self) -> AsyncIterator[Conn]:
        """Lend a connection for one transaction on nobody's behalf: to find out who calls, and whether all is well."""
        async with self._transaction("") as conn:
            yield conn

    async def go_on_as(self, conn: Conn, principal: Principal) -> None:
        """Do the rest of a transaction that `as_system` began on behalf of an account that it made."""
        await conn.execute(_GO_ON, {"account": str(principal.account_id)})

    @asynccontextmanager
    async def _transaction(self, account: str) -> AsyncIterator[Conn]:
        async with self.pool.connection() as conn, conn.transaction():
            await conn.execute(_BEGIN, {"account": account, "timeout": self._timeout_ms})
            yield conn
