"""The folder of the server's unix socket: the only way in.

Rule: the server listens on no network and asks for no password, so the folder must be closed to every other user of the
machine; this is checked, not assumed. A socket's path has at most 107 bytes (unix(7)): a longer home gets a folder in
the runtime directory.
"""

import hashlib
import os
import stat
from pathlib import Path

from pgswarm.cli.embedded.account import Account
from pgswarm.cli.embedded.home import CLOSED, Home, make_directory
from pgswarm.cli.exits import UnreachableError

PORT = 5432  # names the socket only
LONGEST = 107 if os.uname().sysname == "Linux" else 103


def socket_path(folder: Path) -> Path:
    """Return the path of the socket in its folder."""
    return folder / f".s.PGSQL.{PORT}"


def socket_folder(home: Home, account: Account) -> Path:
    """Return where the socket of `home` belongs, made or not."""
    folder = home.postgres / "run"
    fits = len(os.fsencode(socket_path(folder))) <= LONGEST and "," not in str(folder)  # libpq: a list of hosts
    if fits and account.can_use(home.postgres):
        return folder
    name = hashlib.blake2s(os.fsencode(home.root.resolve()), digest_size=6).hexdigest()
    return _runtime_directory(account) / f"pgswarm-{account.uid}-{name}"


def prepare_socket_folder(home: Home, account: Account) -> Path:
    """Return the folder for the socket, which only `account` (and root) can enter; make it where it is missing."""
    folder = socket_folder(home, account)
    make_directory(folder, CLOSED, account)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or stat.S_IMODE(found.st_mode) & 0o077:
        raise UnreachableError(
            f"{folder} is not a directory of the user id {account.uid} closed to others (mode 0700)",
            "It guards the embedded database: see who made it, remove it, and try again.",
        )
    return folder


def _runtime_directory(account: Account) -> Path:
    """Return a short directory that this process can write to and the account can pass through.

    Chosen by what is there and never by the environment, so that every process of the account comes to the same one.
    """
    own = Path("/run") if os.geteuid() == 0 else Path(f"/run/user/{account.uid}")
    return own if own.is_dir() and os.access(own, os.W_OK | os.X_OK) and account.can_use(own) else Path("/tmp")  # noqa: S108 - the folder in it is checked
