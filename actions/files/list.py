"""`files/list`: which files the swarm has."""

from pgswarm.actions.base import Action, NoArgs, action
from pgswarm.actions.files.inventory import describe, is_result, is_table
from pgswarm.actions.node import EntryInfo, Node
from pgswarm.actions.outcomes import ActionOutcome, Finish

MAX_SHOWN = 500


@action("files/list", description="List the files that the swarm has: names, kinds and sizes.")
class ListFiles(Action[NoArgs]):
    """Lists what is attached and what nodes saved."""

    async def main(self, node: Node[NoArgs]) -> ActionOutcome:
        """Report one line a file."""
        entries = [entry for entry in await node.memory.entries() if entry.kind != "folder"]
        if not entries:
            return Finish(describe(entries))
        lines = [_line(entry) for entry in entries[:MAX_SHOWN]]
        if len(entries) > MAX_SHOWN:
            lines.append(f"… and {len(entries) - MAX_SHOWN} more")
        return Finish("\n".join(lines))


def _line(entry: EntryInfo) -> str:
    kind = "table" if is_table(entry) else entry.kind
    made = ", made here" if is_result(entry) else ""
    told = f": {entry.description}" if entry.description else ""
    return f"- {entry.name} ({kind}, {entry.size:,} bytes{made}){told}"
