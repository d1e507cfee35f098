"""Where runs are laid out, and where what several of them share is kept: copies of Python, installed packages.

Rule: every folder here is made by us and owned by us; nothing that somebody else could have put there is used, and the
permissions of folders that were there before are left as they are.
"""

import os
import shutil
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from pgswarm.actions.sandbox.types import SandboxError
from pgswarm.actions.sandbox.users import is_root

PREFIX: Final = "pgswarm-run-"
SHARED: Final = Path("/var/lib/pgswarm/sandbox")
"""For root: its runs have users of their own, who must be able to get there."""
STALE_S: Final = 3600.0


def make() -> Path:
    """Make a new folder for one run; `remove` takes it away at the end, whatever lies in it."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place()))
    folder.chmod(0o711 if is_root() else 0o700)
    return folder


def remove(folder: Path) -> None:
    """Remove a tree that is hostile: folders without rights, and deeper than Python's stack."""
    if not is_root():
        _open_up(folder)
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        rm = shutil.which("rm") or "/bin/rm"
        subprocess.run([rm, "-rf", "--", str(folder)], check=False, timeout=60, capture_output=True)  # noqa: S603


def _open_up(folder: Path) -> None:
    """Give the owner rights again on folders from which a run took them."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        with suppress(OSError):
            here.chmod(0o700)
            with os.scandir(here) as entries:
                waiting += [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]


def sweep() -> None:
    """Remove what runs of processes that were killed have left, after `STALE_S`."""
    here = Path(place())
    for folder in here.glob(f"{PREFIX}*"):
        with suppress(OSError, ValueError):
            pid = int(folder.name.removeprefix(PREFIX).split("-")[0])
            found = folder.lstat()
            old = time.time() - found.st_mtime > STALE_S
            if (
                old
                and found.st_uid == os.geteuid()
                and stat.S_ISDIR(found.st_mode)
                and not Path(f"/proc/{pid}").exists()
            ):
                remove(folder)


def cache() -> Path:
    """Return the folder for what runs share, made if need be."""
    given = os.environ.get("PGSWARM_SANDBOX_CACHE")
    place = Path(given) if given else SHARED if is_root() else user_cache_path("pgswarm") / "sandbox"
    try:
        _make(place)
        if place.stat().st_uid != os.geteuid():
            raise SandboxError("no_sandbox", f"{place} belongs to another user: set PGSWARM_SANDBOX_CACHE to a folder.")
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        told = f"{place} cannot be written ({error.strerror}): set PGSWARM_SANDBOX_CACHE to a folder that can."
        raise SandboxError("no_sandbox", told) from None
    if is_root() and not reachable(place):
        raise SandboxError("no_sandbox", f"{place} can only be reached by root: set PGSWARM_SANDBOX_CACHE to another.")
    return place


def _make(place: Path) -> None:
    """Make a folder and what is missing above it, for all to pass whatever the umask; what is there stays as it is."""
    for folder in (*reversed(place.parents), place):
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)


def reachable(path: Path) -> bool:
    """Say whether every user may pass the folders above `path` and read it."""
    try:
        found = path.resolve(strict=True)
        return all(folder.stat().st_mode & stat.S_IXOTH for folder in found.parents) and bool(
            found.stat().st_mode & stat.S_IROTH
        )
    except OSError:
        return False


def place() -> str:
    """Return where runs are laid out."""
    if not is_root():
        return tempfile.gettempdir()
    for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 - mkdtemp makes what is used
        if Path(folder).is_dir() and reachable(Path(folder)):
            return folder
    raise SandboxError("no_sandbox", "No folder for temporary files can be reached by all users: set TMPDIR to one.")
