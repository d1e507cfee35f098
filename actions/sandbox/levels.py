"""How a run is started at each level: the command line, as data. Pure but for what the machine looks like.

Rule: a run sees the system's programs, its Python, its packages and its own folder, and nothing of who runs it: an
empty environment, no network (but for the installer), no file of the engine's.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pgswarm.actions.sandbox.inside import confine
from pgswarm.actions.sandbox.interpreter import Interpreter
from pgswarm.actions.sandbox.types import MB, Level, Limits, SandboxError

MAX_COMMAND: Final = 100_000
"""Bytes: the kernel takes 128 KiB in one argument."""
TMP_BYTES: Final = 64 * MB
OPEN_FILES: Final = 512
_SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32")
_ETC: Final = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/alternatives",
    "/etc/os-release",
    "/etc/debian_version",
    "/etc/lsb-release",
)
_ETC_NETWORK: Final = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/ssl", "/etc/pki")
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_TMP, _SHARED_MEMORY = "/tmp", "/dev/shm"  # noqa: S108 - the run's own
_INET: Final = (confine.AF_INET, confine.AF_INET6, confine.AF_NETLINK)


@dataclass(frozen=True, slots=True)
class Box:
    """One run: its folder on the disk (`work`, `tmp` and `bin` below it), what it may read, and how it is bounded."""

    folder: Path
    python: Interpreter
    limits: Limits
    user: int | None
    packages: Path | None = None
    readable: Sequence[Path] = ()
    network: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    has_modules: bool = False

    @property
    def work(self) -> Path:
        """The folder that the run works in."""
        return self.folder / "work"

    @property
    def tmp(self) -> Path:
        """Where it may leave what is thrown away."""
        return self.folder / "tmp"

    @property
    def bin(self) -> Path:
        """What stands first on its path: `python`."""
        return self.folder / "bin"

    @property
    def modules(self) -> Path | None:
        """What its Python can import beside its packages; None where there is nothing."""
        return self.folder / "modules" if self.has_modules else None


def command_line(level: Level, box: Box, command: Sequence[str]) -> list[str]:
    """Return what the keeper starts; raise `SandboxError` where the command is too long."""
    own = {"cwd": str(box.work), "env": _environment(box, str(box.tmp))}
    match level:
        case Level.BWRAP:
            return [*_bwrap(box), *_confined(box, command, _bwrap_spec(box))]
        case Level.LANDLOCK:
            return _confined(box, command, {**own, "landlock": _landlock(box), "seccomp": _seccomp(box)})
        case Level.UNSAFE:
            return _confined(box, command, own)


def _confined(box: Box, command: Sequence[str], spec: dict[str, Any]) -> list[str]:
    limits = box.limits
    # Below a namespace of its own a user's other processes do not count; without one they do.
    others = 0 if "namespaces" in spec or box.user is not None else _threads_of(os.geteuid())
    spec = {
        "landlock": None,
        "seccomp": None,
        **{key: value for key, value in spec.items() if key != "namespaces"},
        "argv": list(command),
        "limits": {
            "CPU": int(limits.wall_s) + 1,
            "DATA": limits.memory_bytes,
            "FSIZE": max(limits.disk_bytes, 1),
            "NPROC": limits.processes + others,
            "NOFILE": OPEN_FILES,
            "CORE": 0,
            "MEMLOCK": 0,
            "MSGQUEUE": 0,
        },
    }
    text = json.dumps(spec)
    if len(text.encode()) > MAX_COMMAND:
        raise SandboxError("too_large", f"The command is too long ({MAX_COMMAND:,} bytes): put it into a file.")
    source = Path(confine.__file__).read_text(encoding="utf-8")
    return [str(box.python.executable), "-I", "-S", "-c", source, text]


def _environment(box: Box, tmp: str, binaries: str = "", packages: str = "", modules: str = "") -> dict[str, str]:
    found = {
        "PATH": f"{binaries or box.bin}:/usr/local/bin:/usr/bin:/bin",
        "HOME": tmp,
        "TMPDIR": tmp,
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "2",
    }
    importable = [packages or str(box.packages)] if box.packages else []
    importable += [modules or str(box.modules)] if box.modules else []  # a package that was declared goes before
    if importable:
        found["PYTHONPATH"] = ":".join(importable)
    return {**found, **box.variables}


def _bwrap_spec(box: Box) -> dict[str, Any]:
    families = list(_INET) if box.network else [confine.AF_UNIX, *_INET]
    return {
        "namespaces": True,
        "cwd": "/work",
        "env": _environment(box, _TMP, "/run/bin", "/run/packages", "/run/modules"),
        "seccomp": {"families": families, "namespaces": True, "own_user": True},
    }


def _bwrap(box: Box) -> list[str]:
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError("no_sandbox", "bubblewrap (bwrap) is not installed.")
    line = [program, "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"]
    line += ["--cap-drop", "ALL", "--hostname", "sandbox", *(["--share-net"] if box.network else [])]
    for path in map(Path, _SYSTEM):
        if path.is_symlink():
            line += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            line += ["--ro-bind", str(path), str(path)]
    for name in (*_ETC, *(_ETC_NETWORK if box.network else ())):
        line += ["--ro-bind-try", name, name]
    line += ["--proc", "/proc", "--dev", "/dev"]
    line += ["--size", str(TMP_BYTES), "--perms", "1777", "--tmpfs", _SHARED_MEMORY, "--remount-ro", "/dev"]
    line += ["--size", str(TMP_BYTES), "--perms", "1777", "--tmpfs", _TMP]
    for path in _outside_system([box.python.prefix, *box.readable]):
        line += ["--ro-bind", str(path), str(path)]
    line += ["--ro-bind", str(box.bin), "/run/bin", "--bind", str(box.work), "/work"]
    if box.packages:
        line += ["--ro-bind", str(box.packages), "/run/packages"]
    if box.modules:
        line += ["--ro-bind", str(box.modules), "/run/modules"]
    return [*line, "--remount-ro", "/", "--chdir", "/work", "--"]


def _landlock(box: Box) -> dict[str, Any]:
    readable = [Path(name) for name in (*_SYSTEM, *_ETC, *(_ETC_NETWORK if box.network else ()))]
    readable += [box.python.prefix, box.bin, *box.readable, *(path for path in (box.packages, box.modules) if path)]
    return {
        "readable": [str(path) for path in readable if path.exists()],
        "writable": [str(box.work), str(box.tmp)],
        "devices": [name for name in _DEVICES if Path(name).exists()],
        "network": box.network,
    }


def _seccomp(box: Box) -> dict[str, Any]:
    return {"families": list(_INET) if box.network else [], "namespaces": False, "own_user": box.user is not None}


def _outside_system(paths: Sequence[Path]) -> list[Path]:
    return [path for path in paths if not path.is_relative_to("/usr")]


def _threads_of(user: int) -> int:
    """How many threads of a user there are: what RLIMIT_NPROC counts."""
    found = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == user:
                    found += sum(1 for _ in (entry / "task").iterdir())
            except OSError:
                continue  # it has just ended
    return found
