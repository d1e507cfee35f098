"""Reads one table of a database that the operator connected.

Rule: every statement runs alone in a read-only transaction that is rolled back, with a timeout of the database and one
of our own; nothing but the tables that the operator named is read.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from pgswarm.actions.outside.settings import ConnectionsError, TablesSettings, resolved
from pgswarm.actions.outside.texts import cleaned, one_line, without

MOST_COLUMNS: Final = 200
_COLUMNS: Final = """
select column_name, data_type from information_schema.columns
 where table_name = %s
   and table_schema = any (case when %s::text is null then current_schemas(false) else array[%s] end)
 order by ordinal_position limit 200
"""


class TableError(Exception):
    """The table cannot be read, or not like that; the message says why."""


class Table:
    """One table of one connected database."""

    def __init__(self, settings: TablesSettings, name: str) -> None:
        """Take the settings and the table; raise `TableError` where the operator did not name it."""
        if name not in settings.tables:
            raise TableError(f"the table {name!r} may not be read: there are {', '.join(settings.tables)}")
        self.settings = settings
        self.name = name
        self.parts: Sequence[str] = name.split(".", 1)

    async def columns(self, shown: Any = None) -> dict[str, str]:
        """Return the columns with their types; only those `shown` where that is a list. Raises `TableError`."""
        schema, table = self.parts if len(self.parts) > 1 else (None, self.parts[0])
        _, rows = await self._run(sql.SQL(_COLUMNS), [table, schema, schema])
        found = {name: kind for name, kind in rows if not isinstance(shown, list) or not shown or name in shown}
        if not found:
            raise TableError(f"the table {self.name} is not there, or has none of the columns that the entry names")
        return found

    async def rows(self, statement: sql.Composed, parameters: Sequence[Any]) -> tuple[list[str], list[list[str]]]:
        """Return the names of the columns and the rows, as text in one line each cell; raise `TableError`."""
        names, rows = await self._run(statement, parameters)
        return names, [["" if cell is None else one_line(cell, 500) for cell in row] for row in rows]

    async def _run(self, statement: sql.SQL | sql.Composed, parameters: Sequence[Any]) -> tuple[list[str], list[Any]]:
        try:
            values, secrets = resolved({"url": self.settings.url}, "tables")
        except ConnectionsError as error:
            raise TableError(str(error)) from None
        try:
            password = conninfo_to_dict(values["url"]).get("password")
        except psycopg.ProgrammingError:  # whose text may hold a part of the password
            raise TableError(f"{self.settings.url} is no address of a database") from None
        secrets = secrets | {str(password)} if password else secrets
        try:
            async with asyncio.timeout(self.settings.timeout_s + 5):
                return await self._ask(values["url"], statement, parameters)
        except TimeoutError:
            raise TableError(f"it took longer than {self.settings.timeout_s:g} s") from None
        except psycopg.Error as error:
            raise TableError(cleaned(without(secrets, one_line(error, 300)), 300)) from None

    async def _ask(
        self, url: str, statement: sql.SQL | sql.Composed, parameters: Sequence[Any]
    ) -> tuple[list[str], list[Any]]:
        milliseconds = str(int(self.settings.timeout_s * 1000))
        connection = await psycopg.AsyncConnection.connect(url, connect_timeout=10, application_name="pgswarm tables")
        async with connection:
            await connection.set_read_only(True)
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
                await connection.execute("select set_config(%s, %s, true)", [name, milliseconds])
            if self.settings.role is not None:
                await connection.execute(sql.SQL("set local role {}").format(sql.Identifier(self.settings.role)))
            cursor = await connection.execute(statement, parameters, prepare=False)
            rows = await cursor.fetchmany(max(self.settings.max_rows, MOST_COLUMNS))
            names = [column.name for column in cursor.description or ()]
            await connection.rollback()
        return names, rows
