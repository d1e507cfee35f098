"""`files/list`: which files the swarm has: attached, saved, and in its workspace."""

from pgswarm.actions.base import Action, NoArgs, action
from pgswarm.actions.files.inventory import describe, is_result, is_table
from pgswarm.actions.node import EntryInfo, FileInfo, Node
from pgswarm.actions.outcomes import ActionOutcome, Finish

MAX_SHOWN = 500


@action("files/list", description="List the files that the swarm has: names, kinds and sizes.")
class ListFiles(Action[NoArgs]):
    """Lists what is attached and what nodes saved."""

    async def main(self, node: Node[NoArgs]) -> ActionOutcome:
        """Report one line a file."""
        entries = [entry for entry in await node.memory.entries() if entry.layer != "built_in"]
        lines = _bounded([_line(entry) for entry in entries])
        worked_on = await node.files.list()
        if worked_on:
            lines += ["", "In the workspace:", *_bounded([_worked_on(info) for info in worked_on])]
        return Finish("\n".join(lines).strip() or describe(entries))


def _bounded(lines: list[str]) -> list[str]:
    more = len(lines) - MAX_SHOWN
    return [*lines[:MAX_SHOWN], f"… and {more} more"] if more > 0 else lines


def _worked_on(info: FileInfo) -> str:
    return f"- {info.path}/" if info.folder else f"- {info.path} ({info.size:,} bytes)"


def _line(entry: EntryInfo) -> str:
    kind = "table" if is_table(entry) else entry.kind
    made = ", made here" if is_result(entry) else ""
    told = f": {entry.description}" if entry.description else ""
    return f"- {entry.name} ({kind}, {entry.size:,} bytes{made}){told}"
