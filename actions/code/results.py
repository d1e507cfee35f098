"""What a run is reported as, and how the files that it made get into the swarm's memory. Bounded in every direction."""

from typing import Any

from pgswarm.actions.base import ActionError
from pgswarm.actions.files.inventory import RESULTS, resolve
from pgswarm.actions.node import CodeRun, Node
from pgswarm.actions.outcomes import Fail, Finish
from pgswarm.schema.decode import NotTextError, decode

MAX_SAVED = 20
MAX_SAVED_BYTES = 5_000_000
MAX_OUTPUT = 20_000
"""Characters of output in a report; all that was kept is in the record of the change."""
MAX_LISTED = 50
_KINDS = {
    "md": "markdown",
    "csv": "csv",
    "json": "json",
    "py": "python",
    "png": "image",
    "jpg": "image",
    "svg": "image",
}

WHY = {
    "timeout": "it took longer than it may",
    "memory": "it took more memory than it may",
    "disk": "it wrote more than it may",
    "processes": "it started more processes than it may",
    "output": "it said more than it may",
}


def report_of(run: CodeRun) -> str:
    """Return a run as text: how it ended, what it said, which files it changed."""
    ended = f"exit code {run.exit_code}" if run.reason == "exited" else f"ended: {WHY.get(run.reason, run.reason)}"
    parts = [f"Ran for {run.wall_ms / 1000:.1f} s, {ended}."]
    for title, said in (("Output", run.stdout), ("Errors", run.stderr)):
        if said.strip():
            parts.append(f"{title}:\n{cut(said)}")
    if not run.stdout.strip() and not run.stderr.strip():
        parts.append("It said nothing.")
    for title, paths in (("Files", run.changed), ("Removed", run.removed), ("Not kept", run.left_out)):
        if paths:
            more = f" and {len(paths) - MAX_LISTED} more" if len(paths) > MAX_LISTED else ""
            parts.append(f"{title}: {', '.join(paths[:MAX_LISTED])}{more}")
    return "\n\n".join(parts)


def cut(said: str, most: int = MAX_OUTPUT) -> str:
    """Return the beginning and the end of what was said: errors stand at the end."""
    said = said.strip("\n")
    if len(said) <= most:
        return said
    half = most // 2
    return f"{said[:half]}\n… ({len(said) - 2 * half:,} characters are left out here)\n{said[-half:]}"


def outcome_of(run: CodeRun, what: str) -> Finish | Fail:
    """Return what a run means for its node: what failed is reported whole, and its error names the last line."""
    report = report_of(run)
    if run.ok:
        return Finish(report)
    if run.reason != "exited":
        return Fail("code_" + run.reason, f"{what} was ended: {WHY.get(run.reason, run.reason)}.", report)
    said = [line for line in run.stderr.splitlines() if line.strip()]
    why = f": {said[-1].strip()[:500]}" if said else "."
    return Fail("code_failed", f"{what} ended with exit code {run.exit_code}{why}", report)


async def keep_results(node: Node[Any], run: CodeRun, description: str) -> list[str]:
    """Save the files that a run changed among the swarm's results; return their names in memory."""
    sizes = {info.path: info.size for info in await node.files.list()}
    saved: list[str] = []
    for path in run.changed:
        if len(saved) >= MAX_SAVED:
            break
        if not 0 < sizes.get(path, 0) <= MAX_SAVED_BYTES:
            continue
        folder, _, name = path.rpartition("/")
        content = await node.files.read(path)
        kind = _kind(name, content)
        place = f"{RESULTS}/{folder}" if folder else RESULTS
        await node.memory.save_bytes(name, content, kind=kind, description=description[:200], folder=place)
        saved.append(f"{place}/{name}")
    return saved


def _kind(name: str, content: bytes) -> str:
    known = _KINDS.get(name.rpartition(".")[2].lower())
    if known:
        return known
    try:
        decode(content, name)
    except NotTextError:
        return "file"
    return "text"


async def inputs_of(node: Node[Any], names: list[str]) -> dict[str, bytes]:
    """Return entries of memory as files for a run, each under its own name; raise `ActionError` where there is none."""
    found = {}
    for name in names:
        entry = await resolve(node, name)
        found[entry.name] = await node.memory.read_bytes(entry.entry_id)
    return found


async def code_of(node: Node[Any], file: str) -> str:
    """Return the text of a file of the workspace, or else of the swarm's memory."""
    if any(info.path == file and not info.folder for info in await node.files.list()):
        return await node.files.read_text(file)
    try:
        entry = await resolve(node, file)
    except ActionError as error:
        raise ActionError("not_found", f"Neither the workspace nor memory has {file!r}. {error}") from None
    return await node.memory.read(entry.entry_id)
