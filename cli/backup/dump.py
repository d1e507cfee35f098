"""Writing a backup: one snapshot of the database, taken while everybody works on.

Rule: the file appears under its name when it is whole and on disk, readable by its owner alone.
"""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

import psycopg

from pgswarm.cli.backup.clients import client_programs, connection_of, failure, running
from pgswarm.cli.exits import BadInputError

SCHEMAS = "pgswarm*"  # ours, and those of applications that keep tables of their own
LOCK_WAIT = "60s"
OWNER_IS_ANOTHER = """
select nspowner::regrole::text as owner
  from pg_namespace
 where nspname = 'pgswarm' and nspowner <> current_user::regrole and pg_has_role(current_user, nspowner, 'member')
   and not (select rolsuper from pg_roles where rolname = current_user)
"""


def back_up(url: str, target: Path, *, whole: bool, force: bool) -> int:
    """Write a backup of the database to `target` and return its size in bytes.

    Takes the schemas of pgswarm and its applications, or the `whole` database with every table in it. Raises
    `BadInputError` where the file is there already (unless `force`) or cannot be made.
    """
    if target.exists() and (target.is_dir() or not force):
        what = "is a directory" if target.is_dir() else "is there already"
        raise BadInputError(f"{target} {what}", "Name another file, or overwrite it with --force.")
    programs = client_programs()
    database, environment = connection_of(url)
    command = [str(programs / "pg_dump"), "--format=custom", f"--lock-wait-timeout={LOCK_WAIT}", "--no-password"]
    command += [] if whole else [f"--schema={SCHEMAS}"]
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".unfinished", dir=target.parent)
    except OSError as error:
        raise BadInputError(f"cannot write to {target.parent}: {error.strerror}", "Name a file elsewhere.") from error
    os.close(handle)
    try:
        # by name: to its standard output pg_dump only appends, and would write the table of contents twice
        _run([*command, *_role(url), f"--dbname={database}", f"--file={name}"], environment)
        size = Path(name).stat().st_size
        Path(name).replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise
    _sync(target.parent)
    return size


def _run(command: Sequence[str], environment: dict[str, str]) -> None:
    with TemporaryFile() as said:
        with running(command, environment, said, stdout=subprocess.DEVNULL) as process:
            code = process.wait()
        if code:
            raise failure("the backup failed; nothing was written", said)


def _role(url: str) -> Sequence[str]:
    """Return the option with which tables of another role, which this account is a member of, can be read whole."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        found = connection.execute(OWNER_IS_ANOTHER).fetchone()
    return () if found is None else (f"--role={found[0]}",)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
