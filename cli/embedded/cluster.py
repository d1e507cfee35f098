"""Making the data directory (PostgreSQL's "cluster"), once.

Rule: it is made under another name, filled, brought to disk, and only then renamed: killed at any moment, it is either
not there or complete. What a killed attempt left is removed at the next start.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pgswarm.cli.embedded.account import Account
from pgswarm.cli.embedded.home import MAJOR, Home
from pgswarm.cli.embedded.settings import SYNC_METHOD, first_settings
from pgswarm.cli.embedded.trouble import explain
from pgswarm.cli.exits import UnreachableError

DATABASE = "pgswarm"
USER = "pgswarm"
UNFINISHED = "unfinished-"
DEADLINE_S = 120.0
HERE = "/proc/self/cwd"  # names the data directory for a server that may enter it but not the directories above it


def data_argument(home: Home, account: Account, data: Path) -> str:
    """Return how a server, started inside its data directory below `home`, is told where that is.

    Raises where the account cannot pass through the directories above it and the system has no other way in.
    """
    if account.can_use(home.postgres):
        return str(data)
    if Path(HERE).exists():
        return HERE
    raise UnreachableError(
        f"the user id {account.uid}, which the database runs under, cannot enter {home.postgres}",
        "Set PGSWARM_HOME to a directory that every user can pass through, such as one below /opt or /srv.",
    )


def require_version(data: Path) -> None:
    """Raise unless `data` is a data directory of this major version."""
    try:
        version = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise UnreachableError(
            f"{data} is not a PostgreSQL data directory: it has no file PG_VERSION",
            "Move it away, or set PGSWARM_HOME to another directory.",
        ) from None
    if version != str(MAJOR):
        raise UnreachableError(
            f"the data in {data} are of PostgreSQL {version}; this pgswarm brings PostgreSQL {MAJOR}",
            "Run `pgswarm db upgrade`: it brings them over and keeps the old ones. Nothing was changed."
            if version.isdecimal() and int(version) < MAJOR
            else f"Use a pgswarm that brings PostgreSQL {version}, or another PGSWARM_HOME. Nothing was changed.",
        )


def remove_unfinished(home: Home) -> None:
    """Remove what killed attempts left. The caller holds the start lock."""
    for left in home.postgres.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)  # an initdb that lost its parent may still write: then the next time


def finish_switch(home: Home) -> None:
    """Give the upgraded data their name, where an upgrade was killed between its two renames."""
    if not home.data.exists() and home.upgraded.exists():
        home.upgraded.rename(home.data)
        sync_folder(home.postgres)


def make_cluster(home: Home, account: Account, programs: Path) -> None:
    """Make the data directory with an empty database in it. The caller holds the start lock."""
    with unfinished_cluster(home, account, programs) as unfinished:
        bring_to_disk(home, account, unfinished, programs)
        unfinished.rename(home.data)
    sync_folder(home.postgres)


@contextmanager
def unfinished_cluster(home: Home, account: Account, programs: Path) -> Iterator[Path]:
    """Give a new data directory under a passing name, with an empty database in it, for the caller to rename.

    It is not on disk yet, and is removed where anything fails.
    """
    account.require_name()
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=home.postgres))
    if not account.is_self:
        os.chown(unfinished, account.uid, account.gid, follow_symlinks=False)
    here = data_argument(home, account, unfinished)
    settings = [part for name, value in first_settings().items() for part in ("-c", f"{name}={value}")]
    try:
        _run(
            account,
            unfinished,
            [
                *(str(programs / "initdb"), "-D", here, f"--username={USER}", "--encoding=UTF8", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth-local=trust"),
                *("--auth-host=scram-sha-256", "--no-instructions", "--no-sync", *settings),
            ],
        )
        single = [str(programs / "postgres"), "--single", "-D", here, "-c", "fsync=off", "template1"]
        _run(account, unfinished, single, f"create database {DATABASE}\n")
        yield unfinished
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def bring_to_disk(home: Home, account: Account, data: Path, programs: Path) -> None:
    """Bring a data directory that was filled without fsync to disk. No server runs on it."""
    sync = ("--sync-only", f"--sync-method={SYNC_METHOD}")
    _run(account, data, [str(programs / "initdb"), "-D", data_argument(home, account, data), *sync])


def _run(account: Account, folder: Path, command: list[str], text: str = "") -> None:
    """Run one of the server's programs to its end; raise with what it said where it fails."""
    pipe = subprocess.PIPE
    with account.start(command, cwd=folder, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT) as process:
        try:
            said, _ = process.communicate(text.encode(), timeout=DEADLINE_S)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise UnreachableError(
                    f"{Path(command[0]).name} did not finish within {DEADLINE_S:g} s", "Is the disk overloaded or hung?"
                ) from error
            raise
    if process.returncode or b"ERROR:" in said:
        raise explain(f"{Path(command[0]).name} failed", said.decode(errors="replace"), folder.parent)


def sync_folder(folder: Path) -> None:
    """Bring the folder's own entries to disk, so that the rename outlives a power cut."""
    handle = os.open(folder, os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
