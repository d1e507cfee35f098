"""What a search of one place of memory finds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from pgswarm.actions.node import Passage
from pgswarm.actions.spaces.places import Place
from pgswarm.schema.kinds import Search

MAX_HITS: Final = 40


@dataclass(frozen=True, slots=True)
class Hit:
    """What was found: the entry, its path, the text with its lines (0: it has none), how well it fits, in which way."""

    entry_id: UUID
    name: str
    path: str
    text: str
    first_line: int
    last_line: int
    score: float
    mode: Search


class NoSearchError(Exception):
    """A place cannot be searched in its own way here; the message says why, and what to do."""


def hits_of(entry: Place, passages: Iterable[Passage], mode: Search) -> list[Hit]:
    """Return passages of an entry, or of what lies below it, as hits."""
    return [
        Hit(
            found.entry_id,
            found.name,
            (entry.path if found.entry_id == entry.entry_id else found.path) or found.name,
            found.text,
            found.first_line,
            found.last_line,
            found.score,
            mode,
        )
        for found in passages
    ]
