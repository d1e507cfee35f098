"""Puts the SQL files in place: types, helpers, verbs, reads, views, guards, grants. May be run again at any time.

The files are re-applied after the versioned migrations, so that a function has one home and no migration repeats it.
Bodies are not checked while they are made, for they call each other; they are checked by the tests.
"""

import hashlib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final

from psycopg import Connection, sql

from pgswarm.schema.guards import OWNER, guard_sql

FOLDERS: Final = ("types", "helpers", "verbs", "reads", "views")
PROCESSOR_ROLE: Final = "pgswarm_processor"
API_ROLE: Final = "pgswarm_api"


def sql_files() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every SQL file, in the order in which they are applied."""
    root = files("pgswarm.schema").joinpath("sql")
    for folder in FOLDERS:
        for file in sorted(root.joinpath(folder).iterdir(), key=lambda f: f.name):
            if file.name.endswith(".sql"):
                yield f"{folder}/{file.name}", file.read_text(encoding="utf-8")


def fingerprint() -> str:
    """Return a hash of everything that `apply_sql` puts in place; the database keeps it."""
    digest = hashlib.sha256(guard_sql().encode())
    for name, text in sql_files():
        digest.update(f"{name}\0{text}\0".encode())
    return digest.hexdigest()


def apply_sql(connection: Connection[Any]) -> None:
    """Run every file as the owner of the tables, within the caller's transaction."""
    connection.execute("set local check_function_bodies = off")
    connection.execute("set local client_min_messages = warning")
    for name, text in sql_files():
        try:
            connection.execute(text.encode())
        except Exception as error:
            error.add_note(f"in schema/sql/{name}")
            raise
    connection.execute(guard_sql().encode())
    _drop_outlived(connection)
    connection.execute("select pgswarm.make_partitions()")
    _grant(connection)


def _drop_outlived(connection: Connection[Any]) -> None:
    """Drop what a changed list of parameters left behind: functions of a name that was just made, but not made now."""
    outlived = connection.execute(
        "select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'pgswarm'::regnamespace"
        " and p.xmin <> pg_current_xact_id()::xid and exists (select from pg_proc k where k.proname = p.proname"
        " and k.pronamespace = p.pronamespace and k.xmin = pg_current_xact_id()::xid)"
    ).fetchall()
    for (signature,) in outlived:
        connection.execute(f"drop function {signature}".encode())


def _grant(connection: Connection[Any]) -> None:
    """Leave to PUBLIC nothing; to the processors' and the API's roles the verbs and the reading of rows."""
    roles = sql.SQL(", ").join(map(sql.Identifier, (PROCESSOR_ROLE, API_ROLE)))
    connection.execute("revoke execute on all functions in schema pgswarm from public")
    connection.execute(sql.SQL("grant usage on schema pgswarm to {}").format(roles))
    connection.execute(sql.SQL("grant execute on all functions in schema pgswarm to {}").format(roles))
    connection.execute(sql.SQL("grant select on all tables in schema pgswarm to {}").format(roles))
    for secret in ("account", "api_token"):
        connection.execute(
            sql.SQL("revoke all on pgswarm.{} from {}").format(sql.Identifier(secret), sql.Identifier(PROCESSOR_ROLE))
        )


__all__ = ["API_ROLE", "FOLDERS", "OWNER", "PROCESSOR_ROLE", "apply_sql", "fingerprint", "sql_files"]
