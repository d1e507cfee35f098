"""Checks of the embedded database's home: what is there, whose it is, and what can go."""

import os
import pwd
import shutil
from collections.abc import Iterator

from pgswarm.cli.checks.finding import Finding
from pgswarm.cli.database import named_url
from pgswarm.cli.embedded import find_home
from pgswarm.cli.embedded.home import MAJOR
from pgswarm.cli.embedded.upgrade import old_version

GIGABYTE = 1_000_000_000
LEAST_FREE_GB = 1.0


def disk() -> Iterator[Finding]:
    """See that the embedded database can grow."""
    if named_url() is not None:
        return
    home = find_home().root
    place = next(path for path in [home, *home.parents] if path.exists())
    free = shutil.disk_usage(place).free / GIGABYTE
    detail = f"{free:.1f} GB free at {home}"
    if free < LEAST_FREE_GB:
        yield Finding("disk", "fault", detail, "Free some space, or set PGSWARM_HOME to a larger disk.")
    else:
        yield Finding("disk", "ok", detail)


def embedded() -> Iterator[Finding]:
    """Say whose home it is and of which version its data are, and name what an upgrade left."""
    if named_url() is not None:
        return
    home = find_home()
    if not home.root.exists():
        yield Finding("home", "ok", f"{home.root} is not made yet")
        return
    if not os.access(home.postgres, os.X_OK):
        yield Finding("home", "fault", f"{home.postgres} is closed to you", "Use your own: set PGSWARM_HOME.")
        return
    major = old_version(home)
    if major is not None:
        detail = f"the data in {home.data} are of PostgreSQL {major}, this pgswarm brings {MAJOR}"
        yield Finding("home", "fault", detail, "Run `pgswarm db upgrade`.")
        return
    uid = home.account().uid
    try:
        owner = pwd.getpwuid(uid).pw_name
    except KeyError:
        owner = f"user id {uid}"
    yield Finding("home", "ok", f"{home.root}, PostgreSQL {MAJOR}, run by {owner}")
    for kept in sorted(home.postgres.glob("data-[0-9]*")):
        yield Finding("home", "note", f"{kept} holds the data from before an upgrade", "Remove it when all is well.")
