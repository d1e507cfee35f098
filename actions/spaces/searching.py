"""How something is looked for in one place of memory, by that place's own way: text, vector, sql, code.

Rule: one function for every way, `search`; a way that this installation cannot go says so by `NoSearchError`, and the
caller looks in another way, or elsewhere. Bounded: `MAX_HITS` hits a place.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

from pgswarm.actions.node import Node, Passage
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


Mode: TypeAlias = Callable[[Node[Any], Place, str], Awaitable[Sequence[Hit]]]


async def search(node: Node[Any], entry: Place, query: str) -> list[Hit]:
    """Return what `query` finds in an entry and below it, best first; raise `NoSearchError` where its way is closed."""
    mode = Search(entry.search)
    way = MODES.get(mode)
    if way is None:
        raise NoSearchError(f"{entry.path or 'memory'} is searched by {mode}, which nothing here can do")
    return list(await way(node, entry, query))[:MAX_HITS]


async def by_text(node: Node[Any], entry: Place, query: str) -> list[Hit]:
    """Return the passages of an entry and of all below it that fit the words."""
    found = await node.memory.search(query, limit=MAX_HITS, folder=str(entry.entry_id) if entry.path else "")
    return [_hit(entry, passage) for passage in found]


async def by_nothing(_node: Node[Any], _entry: Place, _query: str) -> list[Hit]:
    """Find nothing: it is opened, or left."""
    return []


MODES: Final[dict[Search, Mode]] = {
    Search.TEXT: by_text,
    Search.CHOICE: by_text,
    Search.NONE: by_nothing,
}
"""Every way that is there."""


def _hit(entry: Place, passage: Passage) -> Hit:
    path = entry.path if passage.entry_id == entry.entry_id else passage.path
    return Hit(
        passage.entry_id,
        passage.name,
        path or passage.name,
        passage.text,
        passage.first_line,
        passage.last_line,
        passage.score,
        Search.TEXT,
    )
