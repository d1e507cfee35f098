"""`files/list`: which files the swarm has."""

from pgswarm.actions.base import Action, NoArgs, action
from pgswarm.actions.files.inventory import describe, is_result, is_table
from pgswarm.actions.node import Node
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
        lines = [
            f"- {e.name} ({'table' if is_table(e) else e.kind}, {e.size:,} bytes{', made here' if is_result(e) else ''})"
            + (f": {e.description}" if e.description else "")
            for e in entries[:MAX_SHOWN]
        ]
        if len(entries) > MAX_SHOWN:
            lines.append(f"… and {len(entries) - MAX_SHOWN} more")
        return Finish("\n".join(lines))
