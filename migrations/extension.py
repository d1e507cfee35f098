"""pgvector, where the server has it: made by whoever may, and the index of the vectors that are there.

Rule: nothing depends on it. Where it cannot be made, everything works without it, and it is said what to type.
"""

from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import Connection, sql

COMMAND: Final = "create extension vector"
_STATE: Final = """
select (select extversion from pg_extension where extname = 'vector') as installed,
       (select default_version from pg_available_extensions where name = 'vector') as offered
"""


@dataclass(frozen=True, slots=True)
class Vectors:
    """The version of pgvector in the database, and the one that its server could make; None: none."""

    installed: str | None
    offered: str | None


def state_of(connection: Connection[Any]) -> Vectors:
    """Return what there is of pgvector."""
    row = connection.execute(_STATE).fetchone()
    return Vectors(*(row.values() if isinstance(row, dict) else row or (None, None)))


def make_extension(connection: Connection[Any]) -> bool:
    """Make the extension where the server has it and this account may, in a savepoint; return whether it is new."""
    found = state_of(connection)
    if found.installed or not found.offered:
        return False
    try:
        with connection.transaction():
            connection.execute(sql.SQL("create extension vector with schema public"))
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFile, psycopg.errors.InvalidSchemaName):
        return False
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.UniqueViolation, psycopg.errors.DuplicateObject):
        return False  # its files are not whole, or somebody makes it at this moment
    return True


def enable_vectors(url: str) -> Vectors:
    """Make the extension where that is possible, and the index of the vectors that are kept; return what there is."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        make_extension(connection)
        found = state_of(connection)
        if found.installed:
            owner = connection.execute(
                "select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'pgswarm'"
            ).fetchone()
            if owner is not None:
                connection.execute(sql.SQL("set local role {}").format(sql.Identifier(owner[0])))
                connection.execute("set local statement_timeout = 0")
                connection.execute("select pgswarm.index_all_vectors()")
        return found
