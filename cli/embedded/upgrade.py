"""The embedded data brought from an older PostgreSQL to this one: dumped from the old server, restored into the new.

Rule: the old data are only read, and kept; the new ones take their place by two renames at the very end, which the next
start finishes where a kill came between them. Meanwhile both servers take clients at ports that nobody else knows.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import quote

import psycopg
from psycopg import sql

from pgswarm.cli.embedded.account import ENVIRONMENT, Account
from pgswarm.cli.embedded.cluster import (
    USER,
    bring_to_disk,
    data_argument,
    finish_switch,
    remove_unfinished,
    sync_folder,
    unfinished_cluster,
)
from pgswarm.cli.embedded.dumps import SECTIONS, portable
from pgswarm.cli.embedded.home import MAJOR, Home, home_errors
from pgswarm.cli.embedded.lock import held, is_held
from pgswarm.cli.embedded.postmaster import remove_stale_files
from pgswarm.cli.embedded.programs import find_old_programs, find_programs
from pgswarm.cli.embedded.server import LOCK_S, START_S, Say, stop_server
from pgswarm.cli.embedded.settings import every_start
from pgswarm.cli.embedded.socket_folder import prepare_socket_folder
from pgswarm.cli.embedded.trouble import explain
from pgswarm.cli.exits import CommandError, UnreachableError

OLD_PORT, NEW_PORT = 54316, 54317
PAUSE_S = 0.02
STOP_S = 120.0
QUOTED_LINES = 4
# The server ends in order when its standard input is closed: it cannot outlive the command, however that ends.
UNTIL_CLOSED = 'exec 3<&0; "$@" 3<&- & server=$!; (read -r _ <&3; kill -INT $server) & wait $server'
DATABASES = "select datname from pg_database where datallowconn and datname not like 'template_' order by datname"


def old_version(home: Home) -> int | None:
    """Return the major version of the data where it is older than this pgswarm's; None where nothing is to be done."""
    try:
        text = (home.data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return None
    version = int(text.partition(".")[0]) if text[:1].isdigit() else MAJOR
    return version if version < MAJOR else None


def upgrade_server(home: Home, say: Say, old_programs: Path | None = None) -> Path | None:
    """Bring the data of `home` to this pgswarm's major version of PostgreSQL; return where the old data are kept.

    None: they are of this version already, or there are none. Stops the old server where it runs.
    """
    major = old_version(home)
    if major is None:
        return None
    with home_errors():
        account = home.prepare()
        old = find_old_programs(account, major, old_programs)
        new = find_programs(account, home.root)
        stop_server(home)
        with held(home.start_lock, START_S):
            major = old_version(home)
            if major is None or is_held(home.server_lock):
                raise CommandError("another process has started or upgraded the database meanwhile", "Try again.")
            return _upgrade(home, account, (old, new), major, say)


def _upgrade(home: Home, account: Account, programs: tuple[Path, Path], major: int, say: Say) -> Path:
    old, new = programs
    remove_unfinished(home)
    shutil.rmtree(home.upgraded, ignore_errors=True)  # of an upgrade that was killed before it was done
    _require_space(home)
    kept = _free_name(home, major)
    say(f"Reading the data of PostgreSQL {major}, writing them for {MAJOR} …")
    with held(home.server_lock, LOCK_S) as lock:
        remove_stale_files(home, prepare_socket_folder(home, account))
        with unfinished_cluster(home, account, new) as made:
            with ExitStack() as servers:
                read_only = {"default_transaction_read_only": "on", "autovacuum": "off"}
                source = _Server(home, account, old, home.data, OLD_PORT)
                target = _Server(home, account, new, made, NEW_PORT)
                servers.enter_context(source.up(read_only, lock))
                servers.enter_context(target.up({"fsync": "off", "full_page_writes": "off"}, None))
                with psycopg.connect(source.url("template1"), autocommit=True, connect_timeout=10) as connection:
                    databases = [str(name) for (name,) in connection.execute(DATABASES).fetchall()]
                _copy_roles(source, target, new)
                for name in databases:
                    _copy_database(source, target, new, name)
            bring_to_disk(home, account, made, new)
            made.rename(home.upgraded)
            sync_folder(home.postgres)
    home.data.rename(kept)
    finish_switch(home)
    return kept


class _Server:
    """One of the two servers, for as long as the upgrade needs it."""

    def __init__(self, home: Home, account: Account, programs: Path, data: Path, port: int) -> None:
        self._home, self._account, self._programs, self._data = home, account, programs, data
        self.port = port
        self.folder = prepare_socket_folder(home, account)
        self._log = home.postgres / f"upgrade-{port}.log"

    def url(self, database: str) -> str:
        host = quote(str(self.folder), safe="/")
        return f"postgresql://{USER}@/{quote(database, safe='')}?host={host}&port={self.port}"

    @contextmanager
    def up(self, settings: dict[str, str], lock: int | None) -> Iterator[None]:
        """Run it; it shuts down in order at the end, so that all is in its files."""
        given = every_start(self.folder) | settings | {"port": str(self.port)}
        options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        here = data_argument(self._home, self._account, self._data)
        command = [str(self._programs / "postgres"), "-D", here, *options]
        self._log.unlink(missing_ok=True)
        with self._log.open("wb") as log:
            process = self._account.start(
                ["/bin/sh", "-c", UNTIL_CLOSED, "sh", *command],
                cwd=self._data,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=() if lock is None else (lock,),
            )
            try:
                self._wait_until_ready(process)
                yield
            finally:
                if process.stdin is not None:
                    process.stdin.close()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_S)
                if process.poll() is None:
                    process.kill()
                    raise UnreachableError(f"PostgreSQL did not stop within {STOP_S:g} s", f"See {self._log}.")
        self._log.unlink()

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + START_S
        while True:
            try:
                psycopg.connect(self.url("template1"), connect_timeout=10).close()
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > end:
                    said = self._log.read_text(errors="replace")
                    raise explain("PostgreSQL did not start for the upgrade", said, self._home.postgres) from None
                time.sleep(PAUSE_S)
            else:
                return


def _copy_roles(source: _Server, target: _Server, programs: Path) -> None:
    """Copy the roles with their passwords and memberships; the superuser is there already."""
    command = [str(programs / "pg_dumpall"), "--roles-only", f"--dbname={source.url('template1')}"]
    script = _said_by(command, "the roles").replace(f"\nCREATE ROLE {USER};\n".encode(), b"\n")
    _said_by(_shell(target, programs, "template1"), "the roles", script)


def _copy_database(source: _Server, target: _Server, programs: Path, name: str) -> None:
    """Copy one database with its settings, in the place of one of that name."""
    with psycopg.connect(target.url("template1"), autocommit=True, connect_timeout=10) as connection:
        connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(name)))
    dump = [str(programs / "pg_dump"), f"--dbname={source.url(name)}"]
    what = f"the database {name}"
    before, data, after = (f"--section={section}" for section in SECTIONS)
    script = portable(_said_by([*dump, "--create", before], what))
    _said_by(_shell(target, programs, "template1"), what, script)
    _pipe([*dump, data], _shell(target, programs, name), what)
    _said_by(_shell(target, programs, name), what, portable(_said_by([*dump, after], what)))
    with psycopg.connect(target.url(name), autocommit=True, connect_timeout=10) as connection:
        connection.execute("analyze")


def _said_by(command: list[str], what: str, typed: bytes = b"") -> bytes:
    """Return what a program writes; raise where it fails."""
    with TemporaryFile() as said:
        done = subprocess.run(command, env=ENVIRONMENT, input=typed, stdout=subprocess.PIPE, stderr=said, check=False)
        if done.returncode:
            raise _failed(what, said)
        return done.stdout


def _pipe(dump: list[str], shell: list[str], what: str) -> None:
    """Send what one program writes to another, however much it is; raise where either fails."""
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    with TemporaryFile() as said:
        with (
            subprocess.Popen(dump, env=ENVIRONMENT, stdin=nowhere, stdout=pipe, stderr=said) as reader,
            subprocess.Popen(shell, env=ENVIRONMENT, stdin=reader.stdout, stdout=nowhere, stderr=said) as writer,
        ):
            if reader.stdout is not None:
                reader.stdout.close()  # so that pg_dump hears of it when psql ends
            try:
                writer.wait()
            except BaseException:
                reader.kill()
                writer.kill()
                raise
        if reader.returncode or writer.returncode:
            raise _failed(what, said)


def _shell(target: _Server, programs: Path, database: str) -> list[str]:
    return [
        str(programs / "psql"),
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        f"--dbname={target.url(database)}",
    ]


def _failed(what: str, said: IO[bytes]) -> CommandError:
    said.seek(0)
    lines = [line for line in said.read().decode(errors="replace").splitlines() if line.strip()]
    told = "\n".join(f"  {line}" for line in lines[:QUOTED_LINES])
    return CommandError(f"the upgrade failed at {what}\n{told}", "The old data are as they were.")


def _require_space(home: Home) -> None:
    """Raise where the disk could not hold the data twice."""
    size = sum(path.lstat().st_size for path in home.data.rglob("*"))
    free = shutil.disk_usage(home.postgres).free
    if free < size:
        raise UnreachableError(
            f"the upgrade needs {size / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free at {home.postgres}",
            "Free some space. Nothing was changed.",
        )


def _free_name(home: Home, major: int) -> Path:
    """Return a name for the old data that is not taken."""
    name = home.postgres / f"data-{major}"
    number = 1
    while name.exists():
        number += 1
        name = home.postgres / f"data-{major}-{number}"
    return name
