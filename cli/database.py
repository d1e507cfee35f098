"""Which database the commands work on, and connections to it.

Rule: `PGSWARM_DATABASE_URL` is used as it is and never migrated unasked; without it the embedded PostgreSQL is, started
and migrated when needed. A password is never printed, and every wait ends.
"""

import gc
import os
import time
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any

import typer

from pgswarm.cli.embedded import ensure_running, find_home
from pgswarm.cli.exits import BadInputError, UnreachableError

if TYPE_CHECKING:
    import psycopg

CONNECT_S = 10
RETRY_S = 0.2
STATEMENT_MS = 60_000
MIGRATING = ("psycopg", "pgswarm.migrations.upgrade")
MIGRATING_AT_FIRST = ("alembic.command", "sqlalchemy.dialects.postgresql.psycopg", "pgswarm.schema.tables")
SCHEMES = ("postgresql://", "postgres://")


def named_url() -> str | None:
    """Return `PGSWARM_DATABASE_URL` in the form that libpq takes; None where it is not set."""
    url = os.environ.get("PGSWARM_DATABASE_URL", "").strip()
    if not url:
        return None
    scheme, separator, rest = url.partition("://")
    if separator:
        url = f"{scheme.partition('+')[0]}://{rest}"  # SQLAlchemy's form names a driver: postgresql+psycopg://
    if not url.startswith(SCHEMES):
        raise BadInputError(
            "PGSWARM_DATABASE_URL is not the URL of a PostgreSQL database",
            "Write it as postgresql://user:password@host:5432/database, or unset it for the embedded PostgreSQL.",
        )
    return "postgresql://" + url.partition("://")[2]


def database_url() -> str:
    """Return the URL of the database, starting the embedded PostgreSQL where none is named."""
    return named_url() or ensure_running(find_home(), lambda line: typer.echo(line, err=True)).url


def url_to_migrate() -> str:
    """Return `database_url()`, importing what migrates in the time in which the embedded PostgreSQL starts."""
    if named_url() is not None:
        return database_url()
    modules = MIGRATING if find_home().data.exists() else MIGRATING + MIGRATING_AT_FIRST
    ahead = Thread(target=lambda: [import_module(name) for name in modules], daemon=True)
    gc.disable()  # modules stay: to look for garbage among them is a tenth of the time
    try:
        ahead.start()
        url = database_url()
        ahead.join()
    finally:
        gc.enable()
    return url


def ready_url() -> str:
    """Return the URL of a database that has this version's schema; raise where it has not, and is not ours."""
    url = url_to_migrate()
    from pgswarm.migrations.upgrade import current_state

    if named_url() is None:
        bring_up(url)
        return url
    state = current_state(url)
    if not state.current:
        what = "has no pgswarm in it yet" if state.revision is None else "was migrated by an older pgswarm"
        raise UnreachableError(f"the database {what}", "Run `pgswarm migrate`.")
    return url


def bring_up(url: str, *, processors: int = 0) -> None:
    """Migrate; tell a database that was changed of our actions, unless `processors` are about to do so."""
    from pgswarm.migrations.upgrade import upgrade

    if upgrade(url) and not processors:
        from pgswarm.cli.registration import register_actions

        _, left_out = register_actions(url)
        for line in left_out:
            typer.echo(f"Warning: {line}", err=True)


def connect(url: str) -> "psycopg.Connection[dict[str, Any]]":
    """Connect, each statement a transaction, rows as dicts. `cli/failures.py` makes psycopg's errors readable."""
    import psycopg
    from psycopg.rows import dict_row

    connection = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_S, row_factory=dict_row)
    connection.execute("select set_config('statement_timeout', %s, false)", (str(STATEMENT_MS),))
    return connection


def wait_for_database(url: str, wait_s: float) -> None:
    """Return once the database takes connections, or after `wait_s` seconds, whatever it says by then."""
    import psycopg

    end = time.monotonic() + wait_s
    said = False
    while time.monotonic() < end:
        try:
            psycopg.connect(url, connect_timeout=CONNECT_S).close()
        except psycopg.OperationalError as error:
            if not said:
                typer.echo(f"Waiting up to {wait_s:g} s for the database: {str(error).splitlines()[0]}", err=True)
            said = True
            time.sleep(RETRY_S)
        else:
            return
