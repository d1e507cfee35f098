"""A tree that does not fit the window: which of its lines to draw.

Rule: pure. What happens now is drawn first (questions, what runs, what failed), in the tree's own order; what is left
out is counted, never silent.
"""

from collections.abc import Sequence

from pgswarm.cli.tree import Line

RANK = {"waiting_user": 0, "running": 1, "failed": 2, "awaiting_children": 3, "pending": 4, "cancelled": 5}
LAST = 6


def fit(lines: Sequence[Line], height: int) -> tuple[list[Line], int]:
    """Return at most `height` lines, the root among them, and how many were left out."""
    if len(lines) <= height:
        return list(lines), 0
    room = max(height - 1, 1)
    order = sorted(range(1, len(lines)), key=lambda index: (RANK.get(lines[index].state, LAST), -index))
    kept = sorted([0, *order[: room - 1]])
    return [lines[index] for index in kept], len(lines) - len(kept)
