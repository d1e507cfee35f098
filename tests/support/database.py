"""A test's own database: cloned from the template, dropped afterwards.

Rule: a test has a real database to itself, so that it sees commits, locks and notifications as production does.
"""

import itertools
import os
import time
from datetime import datetime
from functools import cache, cached_property
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from support.urls import with_database

COUNTER: Final = itertools.count(1)


@cache
def _strategy(server_url: str) -> LiteralString:
    """Return the way to copy that costs this server least: that by files has a checkpoint, which waits for a disk."""
    with psycopg.connect(server_url, autocommit=True, connect_timeout=10) as conn:
        row = conn.execute("select current_setting('data_directory') like '/dev/shm/%'").fetchone()
    return "file_copy" if row == (True,) else "wal_log"


class Database:
    """One database. Connections are autocommit and give rows as dicts."""

    def __init__(self, server_url: str, template: str | None) -> None:
        """Make it, from `template` or empty (a copy of `template0`)."""
        self._server_url = server_url
        self._template = template or "template0"
        self.name = f"pgswarm_test_{int(time.time())}_{os.getpid()}_{next(COUNTER)}"
        self.url = with_database(server_url, self.name)
        self.clock = Clock(self)
        self.make()

    @cached_property
    def conn(self) -> psycopg.Connection[DictRow]:
        """A connection of the test's own, opened at its first use."""
        return self.connect()

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection[DictRow]:
        """Open a further connection; the caller closes it."""
        return psycopg.connect(self.url, autocommit=autocommit, row_factory=dict_row, connect_timeout=10)

    async def connect_async(self, *, autocommit: bool = True) -> psycopg.AsyncConnection[DictRow]:
        """Open a further connection for asyncio; the caller closes it."""
        return await psycopg.AsyncConnection.connect(
            self.url, autocommit=autocommit, row_factory=dict_row, connect_timeout=10
        )

    def rows(self, query: LiteralString, **params: Any) -> list[DictRow]:
        """Return all rows of a query; parameters are written `%(name)s`."""
        return self.conn.execute(query, params or None).fetchall()

    def row(self, query: LiteralString, **params: Any) -> DictRow:
        """Return the only row of a query."""
        (row,) = self.rows(query, **params)
        return row

    def value(self, query: LiteralString, **params: Any) -> Any:
        """Return the only column of the only row of a query."""
        (value,) = self.row(query, **params).values()
        return value

    def run(self, query: LiteralString, **params: Any) -> None:
        """Run a statement that gives nothing back."""
        self.conn.execute(query, params or None)

    def broken_invariants(self) -> list[DictRow]:
        """Return the rows of `check_invariants()`; none where the database has no such function."""
        with self.connect() as conn:
            if conn.execute("select from pg_proc where proname = 'check_invariants'").fetchone() is None:
                return []
            return conn.execute("select * from pgswarm.check_invariants()").fetchall()

    def make(self, options: LiteralString = "") -> None:
        """Make the database, with further `options`; for a test that has dropped it."""
        self._on_server(
            sql.SQL("create database {} template {} strategy {} {}").format(
                sql.Identifier(self.name),
                sql.Identifier(self._template),
                sql.SQL(_strategy(self._server_url)),
                sql.SQL(options),
            )
        )
        # an account called pgswarm (the embedded server's) would find the schema of that name without being told
        self._on_server(sql.SQL("alter database {} set search_path = public").format(sql.Identifier(self.name)))

    def drop(self) -> None:
        """Close the test's own connection and drop the database, whoever is still connected."""
        if (own := self.__dict__.pop("conn", None)) is not None:
            own.close()
        self._on_server(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(self.name)))

    def _on_server(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server_url, autocommit=True, connect_timeout=10) as conn:
            conn.execute(statement)


class Clock:
    """The database's clock, `pgswarm.clock()`, which the test sets for everybody who is connected."""

    def __init__(self, database: Database) -> None:
        """Leave the clock as it is: the time of day."""
        self._database = database
        self._frozen: datetime | None = None
        self._ahead_s = 0.0

    def freeze(self, at: datetime | None = None) -> datetime:
        """Stop the clock, at `at` or at what it shows now; return that time."""
        self._frozen = at or self.now()
        self._ahead_s = 0.0
        self._set()
        return self._frozen

    def advance(self, seconds: float) -> None:
        """Move the clock, which goes on from there if it was not frozen."""
        self._ahead_s += seconds
        self._set()

    def reset(self) -> None:
        """Show the time of day again."""
        self._frozen = None
        self._ahead_s = 0.0
        self._set()

    def now(self) -> datetime:
        """Return what the clock shows."""
        shown = self._database.value("select pgswarm.clock()")
        if not isinstance(shown, datetime):
            raise TypeError(f"pgswarm.clock() gave {shown!r}")
        return shown

    def _set(self) -> None:
        base = sql.SQL("clock_timestamp()") if self._frozen is None else sql.Literal(self._frozen)
        self._database.conn.execute(
            sql.SQL(
                "create or replace function pgswarm.clock() returns timestamptz language sql volatile parallel safe as "
                "$$ select {}::timestamptz + make_interval(secs => {}) $$"
            ).format(base, sql.Literal(self._ahead_s))
        )
