"""Checks of the database: the server, what is in it, and who works on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from pgswarm.cli.checks.finding import Finding
from pgswarm.cli.database import connect, database_url, named_url
from pgswarm.cli.failures import hidden
from pgswarm.migrations.upgrade import current_state
from pgswarm.schema.apply import schema_owner
from pgswarm.schema.roles import OWNER, ROLES

LEAST_FREE_CONNECTIONS = 10
MOST_LISTED = 5
STUCK = "select swarm_id, node_id, action, reason, count(*) over () as total from pgswarm.stuck limit %s"
BROKEN = "select rule, swarm_id, node_id, detail from pgswarm.check_invariants() limit %s"

Connection = psycopg.Connection[dict[str, Any]]


@contextmanager
def connected() -> Iterator[tuple[Connection, str]]:
    """Connect to the database, starting the embedded one where no other is named; give its URL too."""
    url = database_url()
    with connect(url) as connection:
        yield connection, url


def database(connection: Connection, url: str) -> Iterator[Finding]:
    """Say which server it is, and see that it has connections left."""
    row = connection.execute(
        "select current_setting('server_version') as version, current_setting('max_connections')::int as most,"
        " (select count(*) from pg_stat_activity where backend_type = 'client backend') as used"
    ).fetchall()[0]
    kind = "embedded" if named_url() is None else "named by PGSWARM_DATABASE_URL"
    detail = f"PostgreSQL {row['version']}, {kind}, {row['used']} of {row['most']} connections: {hidden(url)}"
    if row["most"] - row["used"] < LEAST_FREE_CONNECTIONS:
        yield Finding("database", "fault", detail, "Raise max_connections, or end what holds connections.")
    else:
        yield Finding("database", "ok", detail)


def schema(url: str) -> Iterator[Finding]:
    """See that the database is at this version."""
    state = current_state(url)
    if state.current:
        yield Finding("schema", "ok", f"revision {state.revision}")
        return
    what = "pgswarm is not in it yet" if state.revision is None else f"revision {state.revision} is not this version's"
    if named_url() is None:
        yield Finding("schema", "note", what, "The next command that needs it migrates it.")
    else:
        yield Finding("schema", "fault", what, "Run `pgswarm migrate`.")


def roles(connection: Connection) -> Iterator[Finding]:
    """See that the roles are there, and which of them this account can act as."""
    owner = schema_owner(connection)
    if owner not in {None, OWNER}:
        yield Finding(
            "roles",
            "note",
            f"single role: everything belongs to {owner}, no row-level security beneath the API's own checks",
            "Where roles can be made: migrate a new database without --single-role.",
        )
        return
    found = connection.execute(
        "select rolname, pg_has_role(current_user, oid, 'usage') as usable from pg_roles where rolname = any(%s)",
        (list(ROLES),),
    ).fetchall()
    missing = sorted(set(ROLES) - {row["rolname"] for row in found})
    if missing:
        yield Finding(
            "roles", "fault", f"missing: {', '.join(missing)}", "Run `pgswarm migrate` as one who can make roles."
        )
    elif not any(row["usable"] for row in found if row["rolname"] != OWNER):
        yield Finding(
            "roles", "fault", "this account has no role of pgswarm", "As one who may: grant pgswarm_operator to it."
        )
    else:
        yield Finding("roles", "ok", ", ".join(sorted(row["rolname"] for row in found if row["usable"])))


def stuck(connection: Connection) -> Iterator[Finding]:
    """List nodes that somebody should look at."""
    found = connection.execute(STUCK, (MOST_LISTED,)).fetchall()
    if not found:
        yield Finding("stuck", "ok", "no node waits for longer than it should")
    for row in found:
        detail = f"{row['action']} {row['node_id']}: {row['reason']}"
        yield Finding("stuck", "note", detail, f"pgswarm show {row['swarm_id']} {row['node_id']}")
    if found and found[0]["total"] > len(found):
        yield Finding("stuck", "note", f"and {found[0]['total'] - len(found)} more", "select * from pgswarm.stuck")


def invariants(connection: Connection) -> Iterator[Finding]:
    """See that everything that must hold of the data holds."""
    try:
        found = connection.execute(BROKEN, (MOST_LISTED,)).fetchall()
    except psycopg.errors.QueryCanceled:
        yield Finding(
            "invariants", "note", "not all looked at: too much data for a minute", "Check one swarm at a time."
        )
        return
    if not found:
        yield Finding("invariants", "ok", "all hold")
        return
    for row in found:
        detail = f"{row['rule']}: {row['detail']} (swarm {row['swarm_id']}, node {row['node_id']})"
        yield Finding("invariants", "fault", detail, "This is a fault in pgswarm: please report it with this line.")
