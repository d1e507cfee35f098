"""Brings a database to this version: roles, schema, revisions, SQL files, all in one transaction under one lock.

Two callers at once wait for each other; a killed one leaves nothing half done. A database that a newer pgswarm migrated
is refused, not touched.
"""

import time
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import Connection, sql

from pgswarm.migrations.extension import make_extension
from pgswarm.schema.apply import apply_sql, fingerprint, schema_owner
from pgswarm.schema.errors import DatabaseRightsError, DatabaseVersionError
from pgswarm.schema.roles import OWNER, ROLES

if TYPE_CHECKING:  # slow to import
    from sqlalchemy import Connection as SqlConnection

OLDEST_SERVER: Final = 150000
SET_OPTION_SERVER: Final = 160000  # from here on a member may be one that cannot become the role
LOCK_TRY_MS: Final = 400
"""How long one try to lock all tables waits: less than `deadlock_timeout`, so that nobody's transaction is ended."""
LOCK_TRIES_S: Final = 60.0
LOCK_PAUSE_S: Final = 0.1
MIGRATION_LOCK: Final = 0x7067737761726D  # "pgswarm"


@dataclass(frozen=True, slots=True)
class SchemaState:
    """What a database holds: its revision (None: nothing), and whether everything is as this pgswarm has it."""

    revision: str | None
    current: bool


def connect(url: str) -> Connection[Any]:
    """Connect for a migration; the server must be PostgreSQL 15 or newer, the encoding UTF8."""
    connection: Connection[Any] = psycopg.connect(url, autocommit=True, connect_timeout=10)
    if connection.info.server_version < OLDEST_SERVER:
        version = connection.info.server_version // 10000
        connection.close()
        raise DatabaseVersionError(f"PostgreSQL {version} is too old", hint="pgswarm needs PostgreSQL 15 or newer")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":  # with SQL_ASCII, text would come back as bytes, and jsonb refuse what is not ASCII
        connection.close()
        raise DatabaseVersionError(
            f"the database's encoding is {encoding}",
            hint="pgswarm needs UTF8: create database ... template template0 encoding 'UTF8'",
        )
    return connection


def current_state(url: str) -> SchemaState:
    """Read how far a database is, without changing it; raise `DatabaseVersionError` where it is newer."""
    with connect(url) as connection:
        return _state(connection)


def revision_is_known(revision: str) -> bool:
    """Return whether this pgswarm has a revision: one that it has not is a newer pgswarm's."""
    return revision in _revisions()


def upgrade(url: str, *, single_role: bool = False) -> bool:
    """Migrate; return False where nothing was to be done. Needs the right to make roles and a schema.

    With `single_role` none are made: everything belongs to the account of the URL, and there is no row-level security.
    A database stays as it was first migrated. Raises `DatabaseRightsError` where the account's rights do not suffice.
    """
    if current_state(url).current and not single_role:
        return False
    # imported here, because alembic and SQLAlchemy are slow to import and most starts find nothing to do
    from sqlalchemy import create_engine, pool  # noqa: PLC0415

    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=pool.NullPool)
    with engine.begin() as transaction:
        connection = transaction.connection.driver_connection
        if not isinstance(connection, Connection):
            raise TypeError(f"psycopg is needed, not {type(connection)}")
        connection.execute("set local lock_timeout = '60s'")
        connection.execute("select pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
        owner = _owner(connection, single_role=single_role)
        before = _state(connection)
        if before.current:
            return False
        try:
            make_extension(connection)
            if owner == OWNER:
                make_roles(connection)
            connection.execute(
                sql.SQL("create schema if not exists pgswarm authorization {}").format(sql.Identifier(owner))
            )
            connection.execute(sql.SQL("set local role {}").format(sql.Identifier(owner)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise DatabaseRightsError(
                f"the account {connection.info.user} cannot prepare the database: {error.diag.message_primary}",
                hint="migrate once as a superuser, or as the database's owner with CREATEROLE;"
                " where no roles can be made: `pgswarm migrate --single-role`",
            ) from error
        if before.revision != _revisions()[-1]:  # the SQL files alone change no table
            _lock_tables(connection)
            _run_revisions(transaction)
        apply_sql(connection)
        connection.execute(sql.SQL("comment on schema pgswarm is {}").format(sql.Literal(f"pgswarm {fingerprint()}")))
    return True


def _state(connection: Connection[Any]) -> SchemaState:
    row = connection.execute("select to_regclass('pgswarm.alembic_version')").fetchone()
    if row is None or row[0] is None:
        return SchemaState(None, current=False)
    row = connection.execute("select version_num from pgswarm.alembic_version").fetchone()
    revision = None if row is None else str(row[0])
    known = _revisions()
    if revision is not None and revision not in known:
        raise DatabaseVersionError(
            f"the database is at revision {revision}, which this pgswarm does not know: a newer one migrated it",
            hint="upgrade pgswarm where this was typed: pip install --upgrade pgswarm",
        )
    row = connection.execute("select obj_description('pgswarm'::regnamespace, 'pg_namespace')").fetchone()
    applied = row is not None and row[0] == f"pgswarm {fingerprint()}"
    return SchemaState(revision, current=applied and revision == known[-1])


def _revisions() -> list[str]:
    """Return the ids of the revisions, oldest first: their files are named by them, `0001_...py`."""
    folder = files("pgswarm.migrations").joinpath("versions")
    return sorted(file.name.split("_", 1)[0] for file in folder.iterdir() if file.name[:4].isdigit())


def _owner(connection: Connection[Any], *, single_role: bool) -> str:
    """Return whom everything is to belong to; a database keeps the owner that it has."""
    found = schema_owner(connection)
    if found == OWNER and single_role:
        raise DatabaseRightsError("the database has roles already", hint="run `pgswarm migrate` without --single-role")
    return found or (connection.info.user if single_role else OWNER)


def make_roles(connection: Connection[Any]) -> None:
    """Make the roles that are missing. They are the server's: another database may make them at the same time."""
    become = "set" if connection.info.server_version >= SET_OPTION_SERVER else "member"
    for role in ROLES:
        connection.execute(
            sql.SQL(
                "do $$ begin"
                " if not exists (select from pg_roles where rolname = {name}) then create role {role} nologin; end if;"
                " exception when duplicate_object or unique_violation then null; end $$"
            ).format(name=sql.Literal(role), role=sql.Identifier(role))
        )
        member = connection.execute("select pg_has_role(current_user, %s, %s)", (role, become)).fetchone()
        if member is not None and not member[0]:
            connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(role)))


def _lock_tables(connection: Connection[Any]) -> None:
    """Lock every table before anything is changed, or none: processors may work meanwhile, and wait.

    They take tables in other orders than a migration, so that one which took its tables as it came to them would sooner
    or later be in a deadlock with them. Raises `psycopg.errors.LockNotAvailable` where somebody does not let go.
    """
    names = connection.execute(
        "select string_agg(oid::regclass::text, ', ' order by relname) from pg_class"
        " where relnamespace = 'pgswarm'::regnamespace and relkind in ('r', 'p') and not relispartition"
    ).fetchone()
    if names is None or names[0] is None:
        return
    connection.execute(f"set local lock_timeout = '{LOCK_TRY_MS}ms'".encode())
    until = time.monotonic() + LOCK_TRIES_S
    while True:
        try:
            with connection.transaction():  # a savepoint: what was locked in vain is let go
                connection.execute(f"lock table {names[0]} in access exclusive mode".encode())
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if time.monotonic() > until:
                raise
            time.sleep(LOCK_PAUSE_S)
        else:
            connection.execute(b"set local lock_timeout = '60s'")
            return


def _run_revisions(transaction: "SqlConnection") -> None:
    """Run alembic on this very connection, so that everything commits together."""
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(files("pgswarm.migrations")).replace("%", "%%"))
    config.attributes["connection"] = transaction
    command.upgrade(config, "head")
