"""Puts SQL in place: types, helpers, verbs, reads, views, kinds, guards, policies, grants. May be run again always.

The files are re-applied after the versioned migrations, so that a function has one home and no migration repeats it.
Bodies are not checked while they are made, for they call each other; they are checked by the tests.
"""

import hashlib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final

from psycopg import Connection

from pgswarm.schema.guards import VERB_PATH, guard_sql
from pgswarm.schema.kinds import built_in_sql, kinds_sql
from pgswarm.schema.policies import all_policies_sql
from pgswarm.schema.roles import OWNER, grant_sql, single_role_sql

FOLDERS: Final = ("types", "helpers", "verbs", "reads", "views")


def sql_files() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every SQL file, in the order in which they are applied."""
    root = files("pgswarm.schema").joinpath("sql")
    for folder in FOLDERS:
        for file in sorted(root.joinpath(folder).iterdir(), key=lambda f: f.name):
            if file.name.endswith(".sql"):
                yield f"{folder}/{file.name}", file.read_text(encoding="utf-8")


def fingerprint() -> str:
    """Return a hash of everything that `apply_sql` puts in place; the database keeps it."""
    digest = hashlib.sha256()
    parts = (kinds_sql(), built_in_sql(), guard_sql(), guard_sql(single_role=True), all_policies_sql(), grant_sql())
    for text in (*parts, single_role_sql()):
        digest.update(f"{text}\0".encode())
    for name, text in sql_files():
        digest.update(f"{name}\0{text}\0".encode())
    return digest.hexdigest()


def apply_sql(connection: Connection[Any]) -> None:
    """Run every file as the owner of the tables, within the caller's transaction.

    A schema that does not belong to `pgswarm_owner` has no other role either: no policies, and grants to nobody.
    """
    single = schema_owner(connection) != OWNER
    connection.execute("set local check_function_bodies = off")
    connection.execute("set local client_min_messages = warning")
    for name, text in sql_files():
        try:
            connection.execute(text.encode())
        except Exception as error:
            error.add_note(f"in schema/sql/{name}")
            raise
    connection.execute(kinds_sql().encode())
    connection.execute(built_in_sql().encode())
    connection.execute(guard_sql(single_role=single).encode())
    _drop_outlived(connection)
    if single:
        connection.execute(f"set local search_path = {VERB_PATH}".encode())  # what the guards let through
        connection.execute(single_role_sql().encode())
    else:
        connection.execute(all_policies_sql().encode())
        connection.execute(grant_sql().encode())
    connection.execute("select pgswarm.make_partitions()")
    connection.execute("select pgswarm.index_all_vectors()")


def schema_owner(connection: Connection[Any]) -> str | None:
    """Return the role that the schema pgswarm belongs to; None where there is no such schema."""
    row = connection.execute(
        "select pg_get_userbyid(nspowner) as owner from pg_namespace where nspname = 'pgswarm'"
    ).fetchone()
    return None if row is None else next(iter(row.values() if isinstance(row, dict) else row))


def _drop_outlived(connection: Connection[Any]) -> None:
    """Drop what a changed list of parameters left behind: functions of a name that was just made, but not made now."""
    outlived = connection.execute(
        "select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'pgswarm'::regnamespace"
        " and p.xmin <> pg_current_xact_id()::xid and exists (select from pg_proc k where k.proname = p.proname"
        " and k.pronamespace = p.pronamespace and k.xmin = pg_current_xact_id()::xid)"
    ).fetchall()
    for (signature,) in outlived:
        connection.execute(f"drop function {signature}".encode())


__all__ = ["FOLDERS", "apply_sql", "fingerprint", "schema_owner", "sql_files"]
