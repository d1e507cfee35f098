"""Sees whether a level holds: makes what a break-out would reach, runs the attempts, and looks at what they did.

Rule: a level of which one attempt got out is not used. What an attempt says of itself is not enough where the engine
can look: at its files, at the process list, at what came back.
"""

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pgswarm.actions.sandbox import homes
from pgswarm.actions.sandbox.inside import probe
from pgswarm.actions.sandbox.local import LocalSandbox
from pgswarm.actions.sandbox.types import MB, File, Limits, Ran, Reason, SandboxError

SMALL: Final = Limits(wall_s=10, memory_bytes=96 * MB, disk_bytes=8 * MB, files=100, processes=24, output_bytes=10_000)
BOMB: Final = Limits(wall_s=0.6, memory_bytes=96 * MB, disk_bytes=8 * MB, files=100, processes=24, output_bytes=10_000)


@dataclass(frozen=True, slots=True)
class Probe:
    """One attempt to break out: whether the sandbox held, else what got out."""

    name: str
    held: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Bait:
    told: Mapping[str, Any]
    opened: Path
    folder: Path

    def untouched(self) -> str:
        """Return what was changed outside; "" where nothing was."""
        if self.opened.read_text(encoding="utf-8") != "bait":
            return "a file outside was changed"
        if self.opened.stat().st_mode & 0o777 != 0o666:  # noqa: PLR2004 - as it was made
            return "the rights of a file outside were changed"
        return "a file was made outside" if (self.folder / "made").exists() else ""


async def probe_level(sandbox: LocalSandbox) -> list[Probe]:
    """Try to break out in every way; raise `SandboxError` where not even a harmless run can be made."""
    with _bait() as bait:
        told = {**bait.told, "attempts": list(probe.ATTEMPTS)}
        first = asyncio.ensure_future(_attempt(sandbox, told))
        alone = await asyncio.gather(*(_alone(sandbox, name) for name in probe.ALONE))
        together = await first
        if not together.ok:
            why = f"{together.reason}, exit code {together.exit_code}: {together.stderr.strip()[-300:]}"
            raise SandboxError("no_sandbox", f"The attempts to break out could not be made ({why}).")
        got_out: dict[str, str] = json.loads(together.stdout)
        got_out["rights"] = got_out["rights"] or bait.untouched()
        got_out["links"] = got_out["links"] or _links_followed(together)
        return [*(Probe(name, not detail, detail) for name, detail in got_out.items()), *alone]


async def _attempt(sandbox: LocalSandbox, told: Mapping[str, Any], limits: Limits = SMALL, mark: str = "") -> Ran:
    script = File(await asyncio.to_thread(Path(probe.__file__).read_bytes))
    command = ["python", "-I", "-S", "probe.py", json.dumps(dict(told)), *([mark] if mark else [])]
    return await sandbox.run_in(command, files={"probe.py": script}, limits=limits)


async def _alone(sandbox: LocalSandbox, name: str) -> Probe:
    mark = f"probe-{secrets.token_hex(12)}"
    told = {"attempts": [name], "mb": (SMALL.memory_bytes if name == "memory" else SMALL.disk_bytes) // MB * 2 // 3}
    try:
        ran = await _attempt(sandbox, told, BOMB if name == "fork bomb" else SMALL, mark)
    except SandboxError as error:
        return Probe(name, held=False, detail=str(error))
    left = await asyncio.to_thread(_processes_with, mark)
    if left:
        return Probe(name, held=False, detail=f"{len(left)} processes lived on after the run")
    if name == "fork bomb" and ran.reason is Reason.EXITED and ran.ok:
        return Probe(name, held=False, detail="it ended by itself")
    # Said by an attempt that came to its end, whatever became of it afterwards; several processes may say it.
    said = json.loads(ran.stdout.splitlines()[0])[name] if ran.stdout.startswith("{") else ""
    return Probe(name, not said, said)


def _links_followed(ran: Ran) -> str:
    taken = [path for path in ran.files if path != "probe.py"]
    return f"came back with {', '.join(sorted(taken))}" if taken else ""


def _processes_with(mark: str) -> list[int]:
    """The processes that have the mark in their command line, except this one."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]


@contextmanager
def _bait() -> Iterator[_Bait]:
    """Make what an attempt would reach: files and sockets for every user, a server, a mark in the environment."""
    mark = f"PGSWARM_PROBE_{secrets.token_hex(8)}"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pgswarm-bait-", dir=homes.place())))
        folder.chmod(0o777)
        opened = folder / "open"
        secret = folder / "secret"
        for file, mode in ((opened, 0o666), (secret, 0o644)):
            file.write_text("bait", encoding="utf-8")
            file.chmod(mode)
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        sockets = {
            "socket": (socket.SOCK_STREAM, str(folder / "stream")),
            "datagram": (socket.SOCK_DGRAM, str(folder / "datagram")),
            "abstract": (socket.SOCK_STREAM, f"\0{mark}"),
        }
        for kind, address in sockets.values():
            bound = stack.enter_context(socket.socket(socket.AF_UNIX, kind))
            bound.bind(address)
            if kind == socket.SOCK_STREAM:
                bound.listen(4)
            if not address.startswith("\0"):
                Path(address).chmod(0o777)
        os.environ[mark] = "bait"
        stack.callback(os.environ.pop, mark, None)
        stack.enter_context(_waiting({mark: "bait"}))
        told = {
            "port": server.getsockname()[1],
            "folder": str(folder),
            "secret": str(secret),
            "open": str(opened),
            "mark": mark,
            "engine": os.getpid(),
            **{name: address.lstrip("\0") for name, (_, address) in sockets.items()},
        }
        yield _Bait(told, opened, folder)


@contextmanager
def _waiting(environment: dict[str, str]) -> Iterator[None]:
    """Have a process of this user that waits: what /proc shows of an environment is what a process was started with."""
    line = [sys.executable, "-I", "-S", "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, env=environment):  # noqa: S603 - leaving closes its input
        yield


def broken(probes: Sequence[Probe]) -> list[Probe]:
    """Return the attempts that got out."""
    return [found for found in probes if not found.held]
