"""A swarm's nodes as a tree of lines.

Rule: pure; a tree of any depth and width is drawn without recursion, and what is left out is counted, never silent.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MARKS = {
    "pending": "·",
    "running": "▶",
    "waiting_user": "?",
    "awaiting_children": "◌",
    "succeeded": "✔",
    "failed": "✘",
    "cancelled": "⊘",
}
DEEPEST_INDENT = 40  # beyond this many levels a line moves no further to the right


@dataclass(frozen=True, slots=True)
class Line:
    """One node's line: what is drawn before it, and before a further line about it, and the node."""

    indent: str
    below: str
    node: Mapping[str, Any]

    @property
    def state(self) -> str:
        """The outcome of a terminated node, else its status: what its mark and its colour go by."""
        return str(self.node["outcome"] or self.node["status"])

    @property
    def mark(self) -> str:
        """The sign of the state."""
        return MARKS.get(self.state, " ")


def tree_lines(nodes: Iterable[Mapping[str, Any]]) -> Iterator[Line]:
    """Yield the nodes in reading order: parents before children, children as they were spawned.

    A node whose parent is not among them (it was left out) is drawn as a root.
    """
    listed = list(nodes)
    known = {node["node_id"] for node in listed}
    children: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for node in listed:
        children[node["parent_id"] if node["parent_id"] in known else None].append(node)
    pending: list[tuple[Mapping[str, Any], tuple[bool, ...]]] = [(node, ()) for node in reversed(children[None])]
    while pending:
        node, lasts = pending.pop()
        below = children.get(node["node_id"], [])
        yield Line(_indent(lasts), _indent_below(lasts, has_children=bool(below)), node)
        last = len(below) - 1
        pending.extend(
            (child, (*lasts[-DEEPEST_INDENT:], index == last)) for index, child in reversed(list(enumerate(below)))
        )


def _indent(lasts: tuple[bool, ...]) -> str:
    if not lasts:
        return ""
    return "".join("   " if last else "│  " for last in lasts[:-1]) + ("└─ " if lasts[-1] else "├─ ")


def _indent_below(lasts: tuple[bool, ...], *, has_children: bool) -> str:
    return "".join("   " if last else "│  " for last in lasts) + ("│" if has_children else " ")
