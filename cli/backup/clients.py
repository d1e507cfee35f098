"""PostgreSQL's client programs, and how they are told which database: never with a password on a command line."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgswarm.cli.embedded.account import Account
from pgswarm.cli.embedded.home import MAJOR, find_home
from pgswarm.cli.embedded.programs import find_programs
from pgswarm.cli.exits import CommandError, UnreachableError
from pgswarm.cli.failures import hidden

QUOTED_LINES = 4
CONNECT_S = "10"
END_S = 10.0


def client_programs() -> Path:
    """Return the folder of `pg_dump`, `pg_restore` and `psql`: the wheel's, else those on the PATH."""
    try:
        return find_programs(Account(os.geteuid(), os.getegid()), find_home().root)
    except UnreachableError:
        found = shutil.which("pg_dump")
        if found is None:
            raise UnreachableError(
                "PostgreSQL's client programs (pg_dump, pg_restore, psql) are not here",
                f"Install them: Debian's package is postgresql-client-{MAJOR} or newer.",
            ) from None
        return Path(found).resolve().parent


def connection_of(url: str) -> tuple[str, dict[str, str]]:
    """Return the URL as libpq's words without the password, and the environment that holds it."""
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    environment = {name: value for name, value in os.environ.items() if name not in {"PGDATABASE", "PGOPTIONS"}}
    environment |= {"PGCONNECT_TIMEOUT": CONNECT_S, "LC_ALL": "C"}
    password = parts.pop("password", None)
    if password is not None:
        environment["PGPASSWORD"] = password
    return make_conninfo("", **parts), environment


@contextmanager
def running(command: Sequence[str], environment: dict[str, str], said: IO[bytes], **streams: Any) -> Iterator[Any]:
    """Run a program while the context lasts; what it says goes to the file `said`. It never outlives the context."""
    with subprocess.Popen(command, env=environment, stderr=said, **streams) as process:
        try:
            yield process
        finally:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
            if process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(END_S)
                process.kill()


def failure(what: str, said: IO[bytes], remedy: str = "See the database's log.") -> CommandError:
    """Return the error for a program that failed, with its last words."""
    said.seek(0)
    lines = [line for line in hidden(said.read().decode(errors="replace")).splitlines() if line.strip()]
    return CommandError("\n".join([what, *(f"  {line}" for line in lines[-QUOTED_LINES:])]), remedy)
