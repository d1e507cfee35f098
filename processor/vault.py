"""Sealed tokens in the database: what `actions.outside.oauth.vault.Vault` promises, over the verbs of sign-ins.

One rule: whoever waits for a token waits for the database a little only, and whoever has just been given one, long.
"""

import time
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from pgswarm.actions.outside.errors import UnreachableError
from pgswarm.actions.outside.oauth.vault import Kept
from pgswarm.processor.connect import LOST, Outage
from pgswarm.processor.side import Side
from pgswarm.schema.errors import PgswarmError

SHORT_S: Final = 10.0
LONG_S: Final = 120.0
_CONNECTIONS: Final = 2

_READ: Final = "select sealed, version, renewing from pgswarm.read_sign_in(connection => %s)"
_BEGIN: Final = "select pgswarm.begin_renewal(connection => %s, version => %s, renewal => %s, for_s => %s)"
_END: Final = "select pgswarm.end_renewal(connection => %s, renewal => %s)"
_KEEP: Final = "select pgswarm.keep_sign_in(connection => %s, sealed => %s, version => %s, renewal => %s)"


class DatabaseVault:
    """Implements `Vault`. Nothing is opened before it is asked."""

    def __init__(self, url: str) -> None:
        """Take where to connect."""
        self._side = Side(url, Outage(), _CONNECTIONS)

    async def read(self, connection: str) -> Kept:
        """Return what is kept."""
        rows = await self._rows(connection, _READ, (connection,), SHORT_S)
        if not rows:
            return Kept()
        sealed, version, renewing = rows[0]
        return Kept(None if sealed is None else bytes(sealed), version, renewing)

    async def begin(self, connection: str, version: UUID | None, renewal: UUID, for_s: float) -> bool:
        """Take the right to renew."""
        rows = await self._rows(connection, _BEGIN, (connection, version, renewal, for_s), SHORT_S)
        return bool(rows[0][0])

    async def end(self, connection: str, renewal: UUID) -> None:
        """Give the right back."""
        await self._rows(connection, _END, (connection, renewal), SHORT_S)

    async def keep(self, connection: str, sealed: bytes, version: UUID, renewal: UUID | None) -> bool:
        """Keep what came."""
        rows = await self._rows(connection, _KEEP, (connection, sealed, version, renewal), LONG_S)
        return bool(rows[0][0])

    async def close(self) -> None:
        """Close what was opened."""
        await self._side.close()

    async def _rows(self, connection: str, query: str, params: tuple[Any, ...], within_s: float) -> list[Any]:
        try:
            return await self._side.rows(query, params, until=time.monotonic() + within_s)
        except (*LOST, PoolTimeout, psycopg.Error, PgswarmError):
            raise UnreachableError(connection, "the database, which keeps its token, cannot be asked") from None
