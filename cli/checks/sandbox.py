"""What keeps code in: the level in use, and every attempt to break out of it."""

import asyncio
from collections.abc import Iterator

from pgswarm.actions.sandbox.choose import REMEDY, VARIABLE, Chosen, NoSandbox, Tried, choose
from pgswarm.actions.sandbox.remote import RemoteSandbox
from pgswarm.actions.sandbox.types import Level, SandboxError
from pgswarm.cli.checks.finding import Finding


def sandbox() -> Iterator[Finding]:
    """Say which level is used, and that it was seen to hold."""
    yield from findings(None)


def findings(setting: str | None, *, every_probe: bool = False) -> Iterator[Finding]:
    """Probe what `setting` (default: PGSWARM_SANDBOX) names; `every_probe`: a finding for each attempt."""
    try:
        chosen, level = asyncio.run(_looked_at(setting))
    except SandboxError as error:
        yield Finding("sandbox", "fault", str(error), f"Correct {VARIABLE} (and PGSWARM_SANDBOX_TOKEN).")
        return
    for tried in chosen.tried:
        yield from _tried(tried, every_probe=every_probe)
    if isinstance(chosen.sandbox, NoSandbox):
        yield Finding("sandbox", "note", "no level holds: code of models is not run here", REMEDY)
    elif isinstance(chosen.sandbox, RemoteSandbox):
        yield Finding("sandbox", "ok", f"{chosen.sandbox.described}, level {level}")
    elif chosen.level is Level.UNSAFE:
        told = "UNSAFE: code of models runs unconfined, with this machine's network and files"
        yield Finding("sandbox", "fault", told, f"Unset {VARIABLE} for the best level that holds.")


def _tried(tried: Tried, *, every_probe: bool) -> Iterator[Finding]:
    if every_probe:
        for probe in tried.probes:
            told = f"{tried.level}: {probe.name}: {'held' if probe.held else probe.detail}"
            yield Finding("sandbox", "ok" if probe.held else "fault", told)
    if tried.why_not:
        yield Finding("sandbox", "note", f"{tried.level} is not used: {tried.why_not}")
    else:
        names = ", ".join(probe.name for probe in tried.probes)
        yield Finding("sandbox", "ok", f"{tried.level}; {len(tried.probes)} attempts to break out failed ({names})")


async def _looked_at(setting: str | None) -> tuple[Chosen, str]:
    chosen = await choose(setting)
    if isinstance(chosen.sandbox, RemoteSandbox):
        return chosen, await chosen.sandbox.level()
    return chosen, ""
