"""Which Python a run gets: the one that the engine's environment was made from, without the engine's packages.

Root's runs are other users, who may not be able to reach it (a Python below /root): then it is copied once.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pgswarm.actions.sandbox import homes
from pgswarm.actions.sandbox.types import SandboxError
from pgswarm.actions.sandbox.users import is_root

_LEFT_OUT: Final = shutil.ignore_patterns(
    *("site-packages", "dist-packages", "*.a", "test", "tests", "config-*", "idlelib", "tkinter", "turtledemo"),
    *("include", "share"),
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python: its executable, and the folder that holds it and its standard library."""

    executable: Path
    prefix: Path


def interpreter() -> Interpreter:
    """Return the Python of runs; raise `SandboxError` where runs can have none."""
    return _interpreter(os.environ.get("PGSWARM_SANDBOX_PYTHON"), os.environ.get("PGSWARM_SANDBOX_CACHE"))


@cache
def _interpreter(given: str | None, _cache: str | None) -> Interpreter:
    if given:
        found = Path(given).resolve()
        if not os.access(found, os.X_OK):
            raise SandboxError("no_sandbox", f"PGSWARM_SANDBOX_PYTHON names {given}, which cannot be executed.")
        return Interpreter(found, found.parent.parent)
    executable = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
    own = Interpreter(executable, Path(sys.base_prefix).resolve())
    if not is_root() or (homes.reachable(executable) and homes.reachable(Path(os.__file__))):
        return own
    return _copied(own)


def _copied(own: Interpreter) -> Interpreter:
    """Return a copy that every user can reach, made if it is not there yet."""
    stamp = f"2\0{own.prefix}\0{sys.version}\0{own.executable.stat().st_mtime_ns}"
    place = homes.cache() / f"python-{hashlib.sha256(stamp.encode()).hexdigest()[:16]}"
    copy = Interpreter(place / own.executable.relative_to(own.prefix), place)
    if not place.exists():
        making = Path(tempfile.mkdtemp(prefix="making-", dir=place.parent))
        try:
            shutil.copytree(own.prefix, making / "python", symlinks=True, ignore=_LEFT_OUT)
            for folder, _, files in os.walk(making):
                Path(folder).chmod(0o755)
                for name in files:
                    file = Path(folder, name)
                    if not file.is_symlink():
                        file.chmod(file.stat().st_mode | 0o444 | (file.stat().st_mode & 0o100 and 0o111))
            try:
                (making / "python").rename(place)
            except OSError:
                if not place.exists():  # else another process has made it meanwhile
                    raise
        except OSError as error:
            raise SandboxError("no_sandbox", f"Python cannot be copied to {place}: {error}.") from None
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return copy
