"""Reading a backup back: into a database without any swarm, in one transaction, and then to this version.

Rule: the script of `pg_restore` goes to `psql` between a `begin` and a `commit` that is sent only when all of it was
read: a damaged file, a full disk or a kill leaves the database as it was.
"""

import re
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import psycopg
from psycopg import sql

from pgswarm.cli.backup.clients import client_programs, connection_of, failure, running
from pgswarm.cli.embedded.dumps import SECTIONS, portable, portable_head
from pgswarm.cli.exits import BadInputError, CommandError, UnreachableError
from pgswarm.migrations.upgrade import MIGRATION_LOCK, connect, make_roles, revision_is_known, upgrade
from pgswarm.schema.roles import OWNER

CHUNK = 1 << 20
LIST_S = 120.0
KEPT = ("alembic_version", "action", "worker", "space_entry", "entry_chunk", "entry_version", "blob")
"""What has rows without anybody having used the database; entries that are not built in stop a restore all the same."""
OF_SWARMS = "select exists (select from pgswarm.space_entry where swarm_id is not null)"
REVISION = re.compile(r"COPY pgswarm\.alembic_version .*?;\n(\S+)\n")
TABLES = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = 'pgswarm' and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> all (%s)
"""
AT_WORK = "select count(*) from pgswarm.worker where stopped_at is null and expires_at > pgswarm.clock()"


def restore(url: str, source: Path) -> None:
    """Restore `source` into the database, and bring it to this version.

    Raises `BadInputError` for a file that is no backup of pgswarm's, `CommandError` where the database is not empty.
    """
    programs = client_programs()
    owner = _owner(programs, source)
    _require_known_revision(programs, source)
    with connect(url) as connection:
        made = _require_empty(connection)
        if owner == OWNER:
            make_roles(connection)
    _load(url, programs, source, drop=made, options=() if owner == OWNER else ("--no-owner", "--no-privileges"))
    upgrade(url)
    with connect(url) as connection:
        connection.execute("set client_min_messages = error")  # tables of others are not ours to analyse
        connection.execute("analyze")


def _owner(programs: Path, source: Path) -> str:
    """Return who owns the schema in the backup."""
    if not source.is_file():
        raise BadInputError(f"there is no file {source}", "Correct the path.")
    listed = _ask([str(programs / "pg_restore"), "--list", str(source)], source)
    found = re.search(r"^\d+; \d+ \d+ SCHEMA - pgswarm (.+)$", listed, re.MULTILINE)
    if found is None:
        raise BadInputError(f"{source} holds nothing of pgswarm's", "Give a file that `pgswarm db backup` wrote.")
    return found[1]


def _require_known_revision(programs: Path, source: Path) -> None:
    """Raise where a newer pgswarm wrote the backup."""
    only = ("--data-only", "--schema=pgswarm", "--table=alembic_version", "--file=-")
    found = REVISION.search(_ask([str(programs / "pg_restore"), *only, str(source)], source))
    if found is None:
        raise BadInputError(f"{source} does not say of which revision it is", "Is the file whole?")
    if not revision_is_known(found[1]):
        raise UnreachableError(f"{source} is of revision {found[1]}, which this pgswarm does not know", "Upgrade it.")


def _ask(command: Sequence[str], source: Path) -> str:
    done = subprocess.run(command, capture_output=True, check=False, timeout=LIST_S)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise BadInputError(
            f"{source} is not a backup, or is damaged: {said[-1] if said else 'no reason given'}",
            "Give a file that `pgswarm db backup` wrote.",
        )
    return done.stdout.decode(errors="replace")


def _require_empty(connection: psycopg.Connection) -> bool:
    """Raise where the database holds anything of anybody's; return whether pgswarm's schema is there, unused."""
    if connection.execute("select to_regnamespace('pgswarm')").fetchone() == (None,):
        return False
    tables = [table for (table,) in connection.execute(TABLES, [list(KEPT)]).fetchall()]
    held: dict[str, sql.SQL | sql.Composed] = {
        table: sql.SQL("select exists (select from pgswarm.{})").format(sql.Identifier(table)) for table in tables
    }
    if connection.execute("select to_regclass('pgswarm.space_entry')").fetchone() != (None,):
        held["space_entry"] = sql.SQL(OF_SWARMS)
    for table, query in held.items():
        if connection.execute(query).fetchone() == (True,):
            raise CommandError(
                f"the database is not empty: pgswarm.{table} has rows",
                "Restore into a new one (PGSWARM_DATABASE_URL, or PGSWARM_HOME). Nothing was changed.",
            )
    if connection.execute("select to_regclass('pgswarm.worker')").fetchone() != (None,):
        found = connection.execute(AT_WORK).fetchone()
        if found is not None and found[0]:
            raise CommandError(f"{found[0]} processors work on the database", "Stop them first. Nothing was changed.")
    return True


def _load(url: str, programs: Path, source: Path, *, drop: bool, options: Sequence[str]) -> None:
    database, environment = connection_of(url)
    shell = [str(programs / "psql"), "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1"]
    first = f"begin;\nselect pg_advisory_xact_lock({MIGRATION_LOCK}) \\g /dev/null\n"
    if drop:
        first += "set local client_min_messages = error;\ndrop schema pgswarm cascade;\n"
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    with (
        TemporaryFile() as said,
        running([*shell, f"--dbname={database}"], environment, said, stdin=pipe, stdout=nowhere) as writer,
    ):
        with suppress(BrokenPipeError):  # psql has ended at an error, which its exit code tells
            writer.stdin.write(first.encode())
            for section in SECTIONS:
                command = [str(programs / "pg_restore"), "--file=-", f"--section={section}", *options, str(source)]
                with running(command, environment, said, stdout=pipe) as reader:
                    _pour(reader.stdout, writer.stdin, with_data=section == "data")
                    if reader.wait():
                        writer.kill()
                        raise failure("the restore failed; the database is as it was", said, "Is the file whole?")
            writer.stdin.write(b"\ncommit;\n")
            writer.stdin.close()
        if writer.wait():
            raise failure("the restore failed; the database is as it was", said)


def _pour(source: IO[bytes], target: IO[bytes], *, with_data: bool) -> None:
    """Copy a part of the script, as this server takes it."""
    if not with_data:
        target.write(portable(source.read()))
        return
    target.write(portable_head(source.read(CHUNK)))
    while chunk := source.read(CHUNK):
        target.write(chunk)
