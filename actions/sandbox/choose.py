"""Which sandbox this process uses: what PGSWARM_SANDBOX says, else the best level that holds.

Rule: a level is used only after its probes, in this very process and on this machine. Where none holds, nothing runs:
only the operator's own word (`unsafe`) makes code run unconfined.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from pgswarm.actions.sandbox import homes
from pgswarm.actions.sandbox.local import DEFAULT_LIMITS, LocalSandbox
from pgswarm.actions.sandbox.probes import Probe, broken, probe_level
from pgswarm.actions.sandbox.types import NO_FILES, Level, Limits, Ran, Sandbox, SandboxError, Tree

VARIABLE: Final = "PGSWARM_SANDBOX"
AUTO: Final = "auto"
CHOICES: Final = (AUTO, *Level)
REMEDY: Final = (
    "Install bubblewrap (apt install bubblewrap) on a machine that lets users make namespaces, use a kernel with "
    "Landlock (5.13), or name a remote runner (PGSWARM_SANDBOX=http://…). See docs/sandbox.md."
)


@dataclass(frozen=True, slots=True)
class Tried:
    """A level, its probes, and why it is not used ("" where it is)."""

    level: Level
    probes: Sequence[Probe] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sandbox, and what was tried to get it."""

    sandbox: Sandbox
    tried: Sequence[Tried] = field(default_factory=list)

    @property
    def level(self) -> Level | None:
        """The level in use; None: a remote runner, or no sandbox."""
        return self.sandbox.level if isinstance(self.sandbox, LocalSandbox) else None


class NoSandbox:
    """Implements `Sandbox` where there is none: every run is refused, with the reasons."""

    described = "none"

    def __init__(self, why: str) -> None:
        """Take why there is none."""
        self.why = why

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
        """Refuse."""
        del command, files, stdin, limits, packages, modules
        raise SandboxError("no_sandbox", f"Code cannot be run here. {self.why} {REMEDY}")

    async def aclose(self) -> None:
        """Hold nothing."""


async def choose(setting: str | None = None) -> Chosen:
    """Return the sandbox that `setting` (default: PGSWARM_SANDBOX) names; raise `SandboxError` for a bad setting."""
    wanted = (os.environ.get(VARIABLE, AUTO) if setting is None else setting).strip() or AUTO
    if wanted.startswith(("http://", "https://")):
        from pgswarm.actions.sandbox.remote import RemoteSandbox  # noqa: PLC0415 - brings an HTTP client

        return Chosen(RemoteSandbox(wanted, os.environ.get("PGSWARM_SANDBOX_TOKEN", "")))
    if wanted not in CHOICES:
        told = (
            f"{VARIABLE}={wanted!r} is no sandbox: choose one of {', '.join(CHOICES)}, or a runner's http:// address."
        )
        raise SandboxError("bad_setting", told)
    homes.sweep()
    if wanted == Level.UNSAFE:
        return Chosen(LocalSandbox(Level.UNSAFE))
    tried = []
    for level in (Level.BWRAP, Level.LANDLOCK) if wanted == AUTO else (Level(wanted),):
        found = await try_level(level)
        tried.append(found)
        if not found.why_not:
            return Chosen(LocalSandbox(level), tried)
    why = " ".join(f"{found.level}: {found.why_not}" for found in tried)
    return Chosen(NoSandbox(why), tried)


async def try_level(level: Level) -> Tried:
    """Probe a level."""
    try:
        probes = await probe_level(LocalSandbox(level, at_once=8))
    except (SandboxError, OSError) as error:
        return Tried(level, why_not=str(error))
    out = broken(probes)
    why = "; ".join(f"{found.name}: {found.detail}" for found in out)
    return Tried(level, probes, f"A break-out worked ({why})." if out else "")
