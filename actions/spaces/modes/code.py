"""Structured search of code: classes and functions by their names first, then the passages that hold the words."""

import re
from typing import Any, Final

from pgswarm.actions.node import Node, Passage
from pgswarm.actions.spaces.hits import MAX_HITS, Hit, hits_of
from pgswarm.actions.spaces.places import Place
from pgswarm.schema.kinds import Search

MOST_NAMES: Final = 8
_QUOTED: Final = re.compile(r"[`\"'\u2018\u201c]([\w.$]{2,100})(?:\(\))?[`\"'\u2019\u201d]")
_NAME: Final = re.compile(r"\b(?:[A-Za-z_]\w*(?:[._]\w+)+|[A-Z][a-z0-9]+[A-Z]\w*|[a-z]+[A-Z]\w*|\w+(?=\(\)))")
_WORD: Final = re.compile(r"[\w.$]{2,100}")


async def by_code(node: Node[Any], entry: Place, query: str) -> list[Hit]:
    """Return definitions whose names stand in the query, then other passages that fit its words."""
    where = entry.entry_id if entry.path else ""
    found: dict[tuple[Any, int], Passage] = {}
    for name in names_in(query):
        for passage in await node.passages.titled(name, limit=MAX_HITS, where=where):
            found.setdefault((passage.entry_id, passage.first_line), passage)
    for passage in await node.memory.search(query, limit=MAX_HITS, folder=str(where)):
        found.setdefault((passage.entry_id, passage.first_line), passage)
    return hits_of(entry, found.values(), Search.CODE)


def names_in(query: str) -> list[str]:
    """Return what looks like names in code: what is quoted, then what is written so; else a query of one word."""
    named = [*_QUOTED.findall(query), *_NAME.findall(query)]
    if not named and _WORD.fullmatch(query.strip()):
        named = [query.strip()]
    return list(dict.fromkeys(named))[:MOST_NAMES]
