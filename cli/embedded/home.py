"""Where the embedded PostgreSQL keeps its data: `$PGSWARM_HOME`, by default the platform's user data directory.

Rule: root's default is a directory of the system, because root's own is closed to the account that the server runs
under. A directory that is there already keeps its owner and its mode; one that is made here is closed to others.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pgswarm.cli.embedded.account import Account, choose_account
from pgswarm.cli.exits import BadInputError, UnreachableError

MAJOR = 18  # of the server in the wheel
ENTER_ONLY = 0o711  # root's own: the server's account passes through, and nobody else can list it
CLOSED = 0o700


@dataclass(frozen=True, slots=True)
class Home:
    """A home and the paths in it. Nothing is read or made until a function is asked to."""

    root: Path

    @property
    def postgres(self) -> Path:
        """Everything of the server."""
        return self.root / "postgres"

    @property
    def data(self) -> Path:
        """The data directory (PGDATA). It appears under this name only when it is complete."""
        return self.postgres / "data"

    @property
    def upgraded(self) -> Path:
        """The data directory of the next major version, complete, for the moment before it takes the name `data`."""
        return self.postgres / "data-upgraded"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.postgres / "server.log"

    @property
    def start_lock(self) -> Path:
        """Held by the one process that starts or stops the server."""
        return self.postgres / "start.lock"

    @property
    def server_lock(self) -> Path:
        """Held by the server's processes while one of them lives. A file that no data directory can be without."""
        return self.data / "PG_VERSION"

    def account(self) -> Account:
        """Return the account that the server runs under."""
        return choose_account(self.root, self.data if self.data.exists() else self.upgraded)

    def prepare(self) -> Account:
        """Make the home's directories where they are missing, and return the server's account."""
        account = self.account()
        if not self.root.exists():
            self.root.parent.mkdir(parents=True, exist_ok=True)
            make_directory(self.root, CLOSED if account.is_self else ENTER_ONLY)
        if not self.postgres.exists():
            owner = self.root.stat()
            mode = CLOSED if owner.st_uid else ENTER_ONLY
            make_directory(self.postgres, mode, Account(owner.st_uid, owner.st_gid))
        return account


@contextmanager
def home_errors() -> Iterator[None]:
    """Turn the system's refusals in the home into an error with the remedy."""
    try:
        yield
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        raise UnreachableError(
            f"cannot use the home of the embedded database: {error.strerror or error}{place}",
            "Set PGSWARM_HOME to a directory of yours with some free space, or PGSWARM_DATABASE_URL to a PostgreSQL.",
        ) from error


def open_owned(path: Path, flags: int) -> int:
    """Open a file for writing, made where it is missing, for the owner of its directory alone; follow no link."""
    handle = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)
    return handle


def make_directory(path: Path, mode: int, owner: Account | None = None) -> bool:
    """Make one directory with this mode whatever the umask, and return whether it was made now."""
    try:
        path.mkdir(CLOSED)
    except FileExistsError:
        if path.is_dir():
            return False
        raise
    handle = os.open(path, os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if owner is not None and os.geteuid() == 0:
            os.fchown(handle, owner.uid, owner.gid)
        os.fchmod(handle, mode)
    finally:
        os.close(handle)
    return True


def system_directory() -> Path:
    """Return where root keeps what the server's account must reach."""
    if sys.platform == "darwin":
        return Path("/Library/Application Support/pgswarm")
    return Path("/var/lib/pgswarm")


def find_home() -> Home:
    """Return the home that the environment names; raise `BadInputError` where `PGSWARM_HOME` cannot be one."""
    named = os.environ.get("PGSWARM_HOME")
    if named:
        if not named.isprintable():
            raise BadInputError("PGSWARM_HOME holds a control character or is not text", "Set it to a plain path.")
        path = Path(named).expanduser().absolute()
        with home_errors():
            if path.exists() and not path.is_dir():
                raise BadInputError(f"PGSWARM_HOME is {path}, which is not a directory", "Set it to a directory.")
        return Home(path)
    if os.geteuid() == 0:
        return Home(system_directory())
    from platformdirs import user_data_path

    return Home(user_data_path("pgswarm"))
