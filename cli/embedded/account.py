"""The account that the server runs under.

Rule: PostgreSQL refuses to run as root, so root chooses one account for a home and keeps to it: the owner of the data,
else the owner of the home, else the system's `postgres`, else `nobody`. An ordinary user is its own account.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgswarm.cli.exits import UnreachableError

ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}  # of the server's programs: no PG* variable, no secret of the caller


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group that own the data and run the server."""

    uid: int
    gid: int

    @property
    def is_self(self) -> bool:
        """Whether this process runs under the account already."""
        return self.uid == os.geteuid()

    def start(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start a program under the account, in a session of its own: a Ctrl-C in the terminal does not reach it."""
        if not self.is_self:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        try:
            return subprocess.Popen(command, env=ENVIRONMENT, start_new_session=True, **options)
        except PermissionError as error:
            raise UnreachableError(
                f"cannot start {command[0]} as uid {self.uid}: {error.strerror}",
                "Run pgswarm as an ordinary user, or set PGSWARM_DATABASE_URL to a PostgreSQL of your own.",
            ) from error

    def can_use(self, path: Path) -> bool:
        """Return whether the account can enter the directory (or run the file) at `path`, asking the kernel."""
        if self.is_self:
            return os.access(path, os.X_OK)
        probe = self.start(["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)], cwd="/", stdin=subprocess.DEVNULL)
        return probe.wait() == 0

    def require_name(self) -> None:
        """Raise unless the account has an entry in the system's list of users, without which initdb fails."""
        try:
            pwd.getpwuid(self.uid)
        except KeyError:
            raise UnreachableError(
                f"the user id {self.uid} has no entry in /etc/passwd, and PostgreSQL's initdb needs one",
                f"Add one (for a container: `useradd --uid {self.uid} pgswarm` in its image), run pgswarm as a user"
                " that has one, or set PGSWARM_DATABASE_URL to a PostgreSQL of your own.",
            ) from None


def choose_account(home: Path, data: Path) -> Account:
    """Return the account for the server of `home`; raise where the data belong to somebody else."""
    uid = os.geteuid()
    if uid != 0:
        if data.exists() and data.stat().st_uid != uid:
            raise UnreachableError(
                f"{data} belongs to the user id {data.stat().st_uid}, and you are {uid}",
                "Run pgswarm as that user, or set PGSWARM_HOME to a directory of your own.",
            )
        return Account(uid, os.getegid())
    for path in (data, home):
        if path.exists() and (owner := path.stat()).st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise UnreachableError(
        "PostgreSQL does not run as root, and this machine has neither a user `postgres` nor a user `nobody`",
        "Add one (`useradd --system postgres`), or set PGSWARM_DATABASE_URL to a PostgreSQL of your own.",
    )
