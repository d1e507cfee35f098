"""What goes into a run and what comes out of it: the one interface that every level and every remote runner has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias

MB = 1_000_000


class Level(StrEnum):
    """How a run is kept in, best first."""

    BWRAP = "bwrap"
    """Namespaces of its own (bubblewrap), and a filter of syscalls."""
    LANDLOCK = "landlock"
    """Landlock and a filter of syscalls: for containers that give no namespaces."""
    UNSAFE = "unsafe"
    """Only limits: for an operator who says so."""


class Reason(StrEnum):
    """Why a run ended."""

    EXITED = "exited"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    DISK = "disk"
    PROCESSES = "processes"
    OUTPUT = "output"


class SandboxError(Exception):
    """A run could not be made: a stable `code` (snake case), and a sentence with the remedy."""

    def __init__(self, code: str, message: str) -> None:
        """Take both."""
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class File:
    """A file's content, and whether it may be executed."""

    content: bytes
    executable: bool = False


Tree: TypeAlias = Mapping[str, File | None]
"""Paths (`folder/name`, see `paths.py`) → files; None is a folder."""


NO_FILES: Final[Tree] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a run. Memory is that of all its processes; disk and files that of its workspace."""

    wall_s: float = 60.0
    memory_bytes: int = 1024 * MB
    disk_bytes: int = 256 * MB
    files: int = 10_000
    processes: int = 64
    output_bytes: int = 200_000

    def __post_init__(self) -> None:
        """Refuse what is no bound."""
        for name, low, high in (
            ("wall_s", 0.05, 86_400),
            ("memory_bytes", 16 * MB, 1_000_000 * MB),
            ("disk_bytes", 0, 1_000_000 * MB),
            ("files", 1, 1_000_000),
            ("processes", 1, 10_000),
            ("output_bytes", 1, 100 * MB),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must lie between {low} and {high}, not {value}")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that a run left behind and that is not taken, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a run: `files` are those that are new or changed, `removed` those that it took away.

    `exit_code` is negative for a signal, None where a bound ended the run before it could exit.
    """

    exit_code: int | None
    stdout: str
    stderr: str
    reason: Reason = Reason.EXITED
    files: Tree = field(default_factory=dict)
    removed: Sequence[str] = ()
    left_out: Sequence[LeftOut] = ()
    truncated: bool = False
    wall_ms: int = 0

    @property
    def ok(self) -> bool:
        """Whether it came to its own end, with exit code 0."""
        return self.reason is Reason.EXITED and self.exit_code == 0


class Sandbox(Protocol):
    """Runs commands that nobody vouches for."""

    @property
    def described(self) -> str:
        """How runs are kept in, in a few words for people."""

    async def run(
        self,
        command: Sequence[str],
        *,
        files: Tree,
        stdin: bytes = b"",
        limits: Limits = Limits(),
        packages: Sequence[str] = (),
        modules: Tree = NO_FILES,
    ) -> Ran:
        """Run `command` in a folder that holds `files`, with these packages of Python installed.

        `modules` are files that its Python can import too: elsewhere, read-only, and never taken back.

        Raises `SandboxError` where there is no sandbox (`no_sandbox`), the files do not fit (`too_large`, `bad_path`)
        or a package cannot be installed (`packages_failed`).
        """

    async def aclose(self) -> None:
        """Let go of what it holds."""
