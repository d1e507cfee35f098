"""Runs on this machine, at one level: lays out, starts a keeper, waits, and takes back what is there."""

import asyncio
import base64
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from pgswarm.actions.sandbox import homes
from pgswarm.actions.sandbox.inside import confine, keep
from pgswarm.actions.sandbox.interpreter import interpreter
from pgswarm.actions.sandbox.layout import Collected, collect, lay_out, only_read
from pgswarm.actions.sandbox.levels import Box, command_line
from pgswarm.actions.sandbox.types import NO_FILES, Level, Limits, Ran, Reason, SandboxError, Tree
from pgswarm.actions.sandbox.users import run_user

MARGIN_S: Final = 20.0
"""What a keeper may need beyond its run's time to end everything."""
DEFAULT_LIMITS: Final = Limits()
_PROGRAMS: Final = ("python", "python3")


class LocalSandbox:
    """Implements `Sandbox` at a level; whoever makes one sees to it that the level holds (`probes.py`)."""

    def __init__(self, level: Level, *, at_once: int | None = None) -> None:
        """Take the level, and how many runs there may be at a time (default: two for each processor core)."""
        self.level = Level(level)  # a plain string that equals one must not be taken for another
        self._slots = asyncio.Semaphore(at_once or 2 * (os.cpu_count() or 1))

    @property
    def described(self) -> str:
        """How runs are kept in."""
        return self.level.value

    async def run(
        self,
        command: Sequence[str],
        *,
        files: Tree,
        stdin: bytes = b"",
        limits: Limits = DEFAULT_LIMITS,
        packages: Sequence[str] = (),
        modules: Tree = NO_FILES,
    ) -> Ran:
        """Run a command; see `Sandbox.run`."""
        from pgswarm.actions.sandbox.packages import installed  # noqa: PLC0415 - installs through this very class

        folder = await installed(self, packages) if packages else None
        return await self.run_in(command, files=files, stdin=stdin, limits=limits, packages=folder, modules=modules)

    async def run_in(
        self,
        command: Sequence[str],
        *,
        files: Tree,
        stdin: bytes = b"",
        limits: Limits = DEFAULT_LIMITS,
        packages: Path | None = None,
        modules: Tree = NO_FILES,
        readable: Sequence[Path] = (),
        network: bool = False,
        variables: Mapping[str, str] | None = None,
        take: Callable[[Path], None] | None = None,
    ) -> Ran:
        """Run a command with what only the engine itself may give: a network, further paths, variables.

        `take` gets the run's folder when all has ended, in the place of the files being read into memory.
        """
        if not command or any("\0" in part for part in command):
            raise SandboxError("bad_command", "A command has at least one word, and no NUL in it.")
        async with self._slots:
            with run_user(homes.cache) as user:
                python = await asyncio.to_thread(interpreter)
                folder = await asyncio.to_thread(homes.make)
                try:
                    box = Box(folder, python, limits, user, packages, readable, network, variables or {}, bool(modules))
                    await asyncio.to_thread(_prepare, box, files, stdin, modules)
                    told = await _kept(self._spec(box, command))
                    return await asyncio.to_thread(_result, told, box, files, take)
                finally:
                    await asyncio.to_thread(homes.remove, folder)

    def _spec(self, box: Box, command: Sequence[str]) -> dict[str, Any]:
        own_tmp = self.level is not Level.BWRAP
        return {
            "argv": command_line(self.level, box, command),
            "env": {},
            "uid": box.user,
            "gid": box.user,
            "stdin": str(box.folder / "stdin"),
            "wall_s": box.limits.wall_s,
            "memory_bytes": box.limits.memory_bytes,
            "disk_bytes": box.limits.disk_bytes,
            "files": box.limits.files,
            "processes": box.limits.processes,
            "output_bytes": box.limits.output_bytes,
            "hunted": self.level is not Level.UNSAFE,
            "watched": [str(box.work), *([str(box.tmp)] if own_tmp else [])],
        }

    async def aclose(self) -> None:
        """Hold nothing."""


def _prepare(box: Box, files: Tree, stdin: bytes, modules: Tree) -> None:
    for folder in (box.work, box.tmp, box.bin):
        folder.mkdir(mode=0o700)
    box.bin.chmod(0o755)
    for name in _PROGRAMS:
        (box.bin / name).symlink_to(box.python.executable)
    (box.folder / "stdin").write_bytes(stdin)
    (box.folder / "stdin").chmod(0o600)
    lay_out(box.work, files, box.limits, box.user)
    if box.modules is not None:
        box.modules.mkdir(mode=0o700)
        lay_out(box.modules, modules, DEFAULT_LIMITS, None)
        only_read(box.modules)
    if box.user is not None:
        os.chown(box.tmp, box.user, box.user)


async def _kept(spec: dict[str, Any]) -> dict[str, Any]:
    """Let a keeper make the run; return what it tells. Cancelled, it ends the run first."""
    keeper = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", keep.__file__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        env={},
        limit=4 * spec["output_bytes"] + 65_536,
    )
    try:
        if keeper.stdin is None or keeper.stdout is None or keeper.stderr is None:
            raise SandboxError("sandbox_lost", "The keeper of a run has no pipes.")
        async with asyncio.timeout(spec["wall_s"] + MARGIN_S):
            keeper.stdin.write(json.dumps(spec).encode() + b"\n")
            await keeper.stdin.drain()
            said, complaint = await asyncio.gather(keeper.stdout.read(), keeper.stderr.read(10_000))
            await keeper.wait()
    except TimeoutError:
        raise SandboxError("sandbox_lost", "The keeper of a run did not end in time; it was killed.") from None
    except (BrokenPipeError, ConnectionResetError):
        said, complaint = b"", b"it ended at once"
    finally:
        await _let_go(keeper)
    if not said:
        raise SandboxError("sandbox_lost", f"The keeper of a run failed: {complaint.decode(errors='replace')[-500:]}")
    told: dict[str, Any] = json.loads(said)
    return told


async def _let_go(keeper: asyncio.subprocess.Process) -> None:
    """Close the lifeline, upon which a keeper ends its run; kill it where it does not."""
    if keeper.stdin is not None:
        keeper.stdin.close()
    if keeper.returncode is None:
        ending = asyncio.ensure_future(keeper.wait())
        done, _ = await asyncio.wait([ending], timeout=MARGIN_S)
        if not done:
            with suppress(ProcessLookupError):
                keeper.kill()
            await ending


def _result(told: dict[str, Any], box: Box, before: Tree, take: Callable[[Path], None] | None) -> Ran:
    out, err = (base64.b64decode(told[name]) for name in ("stdout", "stderr"))
    if told["survivors"]:
        raise SandboxError("sandbox_lost", f"{told['survivors']} processes of a run could not be ended.")
    if told["exit_code"] == confine.REFUSED and err.startswith((b"cannot be ", b"bwrap: ")):
        raise SandboxError("no_sandbox", f"A run could not be confined: {err.decode(errors='replace').strip()[:500]}")
    reason = Reason(told["reason"])
    found = Collected()
    if take is not None:
        take(box.work)
    else:
        found = collect(box.work, before, box.limits, box.user)
    return Ran(
        exit_code=told["exit_code"] if reason is Reason.EXITED else None,
        stdout=_text(out),
        stderr=_text(err),
        reason=reason,
        files=found.files,
        removed=found.removed,
        left_out=found.left_out,
        truncated=max(told["said"]) > box.limits.output_bytes,
        wall_ms=told["wall_ms"],
    )


def _text(data: bytes) -> str:
    """Text that can be stored: NUL is shown as its picture, what is no UTF-8 as a replacement character."""
    return data.decode(errors="replace").replace("\0", "\N{SYMBOL FOR NULL}")
