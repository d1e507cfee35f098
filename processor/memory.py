"""The swarm's memory as handlers see it, over the verbs of the memory space."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from pgswarm.actions.base import ActionError
from pgswarm.actions.node import EntryInfo, Passage
from pgswarm.processor.encode import BadValueError, text
from pgswarm.processor.side import Side
from pgswarm.schema.decode import NotTextError, decode

MAX_RESULTS: Final = 100

_ENTRIES: Final = """
select entry_id, name, kind, description, size, path from pgswarm.space_entry
 where swarm_id = %s and space = 'memory' and blob is not null order by created_at, entry_id
"""
_READ: Final = "select pgswarm.read_entry(swarm_id => %s, entry_id => %s)"
_SAVE: Final = """
select pgswarm.save_entry(swarm_id => %s, node_id => %s, name => %s, kind => %s, description => %s, folder => %s,
                          content => %s)
"""
_SEARCH: Final = """
select entry_id, name, content, first_line, last_line, score
  from pgswarm.search_memory(swarm_id => %s, query => %s, max_results => %s, folder_id => %s)
"""
# What all swarms share (the documentation) is found by its path.
_FIND: Final = "select pgswarm.find_entry(swarm_id => %s, path => %s)"


class SwarmMemory:
    """Implements `Memory` for one activation."""

    __slots__ = ("_node_id", "_side", "_swarm_id", "_until")

    def __init__(self, side: Side, swarm_id: UUID, node_id: UUID, until: float) -> None:
        """Take the side door, whose memory this is, and until when the database may be waited for."""
        self._side = side
        self._swarm_id = swarm_id
        self._node_id = node_id
        self._until = until

    async def entries(self) -> Sequence[EntryInfo]:
        """List the entries, oldest first."""
        return [EntryInfo(*row) for row in await self._side.rows(_ENTRIES, (self._swarm_id,), until=self._until)]

    async def read(self, name_or_id: str | UUID) -> str:
        """Return an entry's whole text; raise `ActionError` (`not_found`, `not_text`) with a remedy."""
        entries = await self.entries()
        shared = None
        if isinstance(name_or_id, str) and "/" in name_or_id and all(name_or_id != entry.path for entry in entries):
            shared = await self._at(name_or_id)
        entry_id, name = (shared, str(name_or_id)) if shared else self._find(name_or_id, entries)
        rows = await self._side.rows(_READ, (self._swarm_id, entry_id), until=self._until)
        if rows[0][0] is None:
            raise ActionError("not_found", f"{name} is a folder: name what lies in it")
        try:
            return decode(rows[0][0], name).text
        except NotTextError as error:
            raise ActionError("not_text", str(error)) from None

    async def save(
        self, name: str, content: str, *, kind: str = "text", description: str = "", folder: str = ""
    ) -> UUID:
        """Save text under `name`; raise `ActionError` (`bad_value`) that names the field which cannot be stored."""
        try:
            for field, value in (("name", name), ("kind", kind), ("description", description), ("folder", folder)):
                text(field, value)
            data = text("content", content)
        except BadValueError as error:
            raise ActionError("bad_value", f"memory.save: {error}") from None
        params = (self._swarm_id, self._node_id, name, kind, description, folder, data)
        rows: list[tuple[Any, ...]] = await self._side.rows(_SAVE, params, point="save_entry", until=self._until)
        entry_id: UUID = rows[0][0]
        return entry_id

    async def search(self, query: str, *, limit: int = 5, folder: str = "") -> Sequence[Passage]:
        """Return the passages that fit best, best first."""
        try:
            text("query", query)
            text("folder", folder)
        except BadValueError as error:
            raise ActionError("bad_value", f"memory.search: {error}") from None
        folder_id = await self._at(folder) if folder else None
        if folder and folder_id is None:
            raise ActionError("not_found", f"memory holds no folder {folder!r}")
        params = (self._swarm_id, query, max(1, min(limit, MAX_RESULTS)), folder_id)
        return [Passage(*row) for row in await self._side.rows(_SEARCH, params, until=self._until)]

    async def _at(self, path: str) -> UUID | None:
        rows = await self._side.rows(_FIND, (self._swarm_id, path), until=self._until)
        found: UUID | None = rows[0][0]
        return found

    @staticmethod
    def _find(name_or_id: str | UUID, entries: Sequence[EntryInfo]) -> tuple[UUID, str]:
        wanted = str(name_or_id)
        for fits in (
            lambda entry: wanted == str(entry.entry_id),
            lambda entry: wanted == entry.path,
            lambda entry: wanted == entry.name,
            lambda entry: wanted.lower() == entry.name.lower(),
        ):
            found = [entry for entry in entries if fits(entry)]
            if found:
                return found[-1].entry_id, found[-1].name
        names = ", ".join(sorted({entry.name for entry in entries})[:20]) or "nothing"
        raise ActionError("not_found", f"memory holds no {wanted!r}: it holds {names}")
