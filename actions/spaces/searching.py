"""How something is looked for in one place of memory, by that place's own way: text, vector, sql, code, a retriever.

Rule: one function for every way, `search`; a way that this installation cannot go says so by `NoSearchError`, and the
caller looks in another way, or elsewhere. Bounded: `MAX_HITS` hits a place.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

from pgswarm.actions.node import Node
from pgswarm.actions.spaces.hits import MAX_HITS, Hit, NoSearchError, hits_of
from pgswarm.actions.spaces.modes.code import by_code
from pgswarm.actions.spaces.modes.vector import by_vector
from pgswarm.actions.spaces.places import Place, lives_elsewhere
from pgswarm.schema.kinds import Search

Mode: TypeAlias = Callable[[Node[Any], Place, str], Awaitable[Sequence[Hit]]]


async def search(node: Node[Any], entry: Place, query: str) -> list[Hit]:
    """Return what `query` finds in an entry and below it, best first; raise `NoSearchError` where its way is closed.

    A branch that lives elsewhere (its `retriever` says where) is asked there, whatever its way.
    """
    if lives_elsewhere(entry):
        from pgswarm.actions.spaces.branches import by_retriever  # noqa: PLC0415 - where there is such a branch

        return list(await by_retriever(node, entry, query))[:MAX_HITS]
    mode = Search(entry.search)
    way = MODES.get(mode)
    if way is None:
        raise NoSearchError(f"{entry.path or 'memory'} is searched by {mode}, which nothing here can do")
    return list(await way(node, entry, query))[:MAX_HITS]


async def by_text(node: Node[Any], entry: Place, query: str) -> list[Hit]:
    """Return the passages of an entry and of all below it that fit the words."""
    found = await node.memory.search(query, limit=MAX_HITS, folder=str(entry.entry_id) if entry.path else "")
    return hits_of(entry, found, Search.TEXT)


async def by_sql(node: Node[Any], entry: Place, query: str) -> list[Hit]:
    """Return the rows of a table of a connected database that answer the question."""
    from pgswarm.actions.spaces.modes import sql  # noqa: PLC0415 - where there is such a table

    return await sql.by_sql(node, entry, query)


async def by_nothing(_node: Node[Any], _entry: Place, _query: str) -> list[Hit]:
    """Find nothing: it is opened, or left."""
    return []


MODES: Final[dict[Search, Mode]] = {
    Search.TEXT: by_text,
    Search.CHOICE: by_text,
    Search.VECTOR: by_vector,
    Search.CODE: by_code,
    Search.SQL: by_sql,
    Search.NONE: by_nothing,
}
"""Every way that is there."""

__all__ = ["MAX_HITS", "MODES", "Hit", "NoSearchError", "by_text", "search"]
