"""From the other side's text to a node's report. Bounded: what is longer is kept whole in the swarm's memory."""

import hashlib
from typing import Any, Final

from pgswarm.actions.files.inventory import RESULTS
from pgswarm.actions.node import Node
from pgswarm.actions.outside.texts import cleaned

MAX_REPORT: Final = 20_000
MAX_TEXT: Final = 4_000_000


async def bounded_report(node: Node[Any], text: str) -> str:
    """Return a report of at most about `MAX_REPORT` characters; save a longer text to memory, and say where."""
    whole = cleaned(text, MAX_TEXT)
    if len(whole) <= MAX_REPORT:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:12]
    name = f"{node.action.replace('/', '-')}-{digest}.txt"
    await node.memory.save(name, whole, description=f"What {node.action} returned, whole", folder=RESULTS)
    return f"{whole[:MAX_REPORT]}\n… ({len(whole):,} characters in all: {RESULTS}/{name} in the swarm's memory)"
