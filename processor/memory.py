"""The swarm's memory as handlers see it, over the verbs of the memory space."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from psycopg.errors import QueryCanceled

from pgswarm.actions.base import ActionError
from pgswarm.actions.node import EntryInfo, Passage
from pgswarm.processor.encode import BadValueError, json_value, text
from pgswarm.processor.side import STATEMENT_TIMEOUT_S, Side
from pgswarm.schema.decode import NotTextError, decode

MAX_RESULTS: Final = 100

MAX_ENTRIES: Final = 1_000

_ENTRIES: Final = """
select entry_id, name, kind, description, size, path, made, layer
  from pgswarm.list_entries(swarm_id => %(swarm)s, max_entries => %(most)s)
"""
_NAMED: Final = """
select entry_id, name, kind, description, size, path, author_node_id is not null from pgswarm.space_entry
 where scope_id = %s and space = 'memory' and blob is not null and lower(name) = lower(%s)
 order by created_at, entry_id limit 20
"""
_READ: Final = "select pgswarm.read_entry(swarm_id => %s, entry_id => %s)"
_NAME: Final = """
select e.name, pgswarm.read_entry(swarm_id => %s, entry_id => e.entry_id)
  from pgswarm.space_entry e where e.entry_id = %s
"""
_FIND: Final = "select pgswarm.find_entry(swarm_id => %s, path => %s)"
_SAVE: Final = """
select pgswarm.save_entry(swarm_id => %s, node_id => %s, name => %s, kind => %s, description => %s, folder => %s,
                          content => %s, fields => %s::jsonb)
"""
_BRING: Final = """
select pgswarm.import_entry(swarm_id => %s, node_id => %s, into_swarm => %s, name => %s, kind => %s, folder => %s,
                            content => %s, fields => %s::jsonb, derived_from => %s::uuid[])
"""
_UPLOAD: Final = "select name, content from pgswarm.open_upload(swarm_id => %s, upload_id => %s)"
_PROFILE: Final = "select pgswarm.read_profile(swarm_id => %s)"
_KEEP_PROFILE: Final = "select pgswarm.keep_profile(swarm_id => %s, profile => %s::jsonb)"
_SEARCH: Final = """
select entry_id, name, content, first_line, last_line, score, path
  from pgswarm.search_memory(swarm_id => %s, query => %s, max_results => %s, folder_id => %s)
"""


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
        """List the entries that the swarm sees, its own last: of each layer `MAX_ENTRIES` at the root, and by path."""
        params = {"swarm": self._swarm_id, "most": MAX_ENTRIES}
        return [EntryInfo(*row) for row in await self._side.rows(_ENTRIES, params, until=self._until)]

    async def read(self, name_or_id: str | UUID) -> str:
        """Return an entry's whole text; raise `ActionError` (`not_found`, `not_text`) with a remedy.

        What is shared with the swarm is found by its id or its path, the swarm's own also by its name.
        """
        name, content = await self._content(name_or_id)
        try:
            return decode(content, name).text
        except NotTextError as error:
            raise ActionError("not_text", str(error)) from None

    async def save(
        self,
        name: str,
        content: str,
        *,
        kind: str = "text",
        description: str = "",
        folder: str = "",
        fields: Mapping[str, Any] | None = None,
    ) -> UUID:
        """Save text under `name`; raise `ActionError` (`bad_value`) that names the field which cannot be stored."""
        try:
            data = text("content", content)
        except BadValueError as error:
            raise ActionError("bad_value", f"memory.save: {error}") from None
        return await self.save_bytes(name, data, kind=kind, description=description, folder=folder, fields=fields)

    async def read_bytes(self, name_or_id: str | UUID) -> bytes:
        """Return an entry's content as it was saved; raise `ActionError` (`not_found`)."""
        return (await self._content(name_or_id))[1]

    async def save_bytes(
        self,
        name: str,
        content: bytes,
        *,
        kind: str = "binary",
        description: str = "",
        folder: str = "",
        fields: Mapping[str, Any] | None = None,
    ) -> UUID:
        """Save what need not be text; raise `ActionError` (`bad_value`) that names the field which cannot be stored."""
        try:
            for field, value in (("name", name), ("kind", kind), ("description", description), ("folder", folder)):
                text(field, value)
            told = None if fields is None else json_value("fields", dict(fields)).decode()
        except BadValueError as error:
            raise ActionError("bad_value", f"memory.save: {error}") from None
        params = (self._swarm_id, self._node_id, name, kind, description, folder, content, told)
        rows: list[tuple[Any, ...]] = await self._side.rows(_SAVE, params, point="save_entry", until=self._until)
        entry_id: UUID = rows[0][0]
        return entry_id

    async def read_upload(self, upload_id: UUID) -> tuple[str, bytes]:
        """Return an upload's name and content; raise `ActionError` (`not_found`)."""
        rows = await self._side.rows(_UPLOAD, (self._swarm_id, upload_id), until=self._until)
        if not rows:
            raise ActionError("not_found", "it is not known (any more): send the file again, and import it then")
        return rows[0][0], bytes(rows[0][1])

    async def bring(
        self,
        name: str,
        content: bytes | None,
        *,
        kind: str,
        folder: str = "",
        fields: Mapping[str, Any] | None = None,
        derived_from: Sequence[UUID] = (),
        swarm_id: UUID | None = None,
    ) -> UUID:
        """File what an import brought; raise `ActionError` (`bad_value`) for what cannot be stored."""
        try:
            for field, value in (("name", name), ("kind", kind), ("folder", folder)):
                text(field, value)
            told = json_value("fields", dict(fields or {})).decode()
        except BadValueError as error:
            raise ActionError("bad_value", f"memory.bring: {error}") from None
        derived = list(derived_from) or None
        params = (self._swarm_id, self._node_id, swarm_id, name, kind, folder, content, told, derived)
        try:
            rows: list[tuple[Any, ...]] = await self._side.rows(_BRING, params, point="save_entry", until=self._until)
        except QueryCanceled:
            raise ActionError(
                "too_slow", f"the database took more than {STATEMENT_TIMEOUT_S} s to keep {name}: cut it into parts"
            ) from None
        entry_id: UUID = rows[0][0]
        return entry_id

    async def search(self, query: str, *, limit: int = 5, folder: str = "") -> Sequence[Passage]:
        """Return the passages that fit best, best first."""
        try:
            text("query", query)
            text("folder", folder)
        except BadValueError as error:
            raise ActionError("bad_value", f"memory.search: {error}") from None
        folder_id = await self._shared(folder) if folder else None
        if folder and folder_id is None:
            raise ActionError("not_found", f"memory holds no folder {folder!r}")
        params = (self._swarm_id, query, max(1, min(limit, MAX_RESULTS)), folder_id)
        return [Passage(*row) for row in await self._side.rows(_SEARCH, params, until=self._until)]

    async def profile(self) -> Mapping[str, Any] | None:
        """Return what is known of the person whose swarm this is; None: nothing."""
        rows: list[tuple[Any, ...]] = await self._side.rows(_PROFILE, (self._swarm_id,), until=self._until)
        found: Mapping[str, Any] | None = rows[0][0]
        return found if found is None or isinstance(found, Mapping) else json.loads(found)

    async def keep_profile(self, profile: Mapping[str, str]) -> None:
        """Keep it for all swarms of theirs; raise `ActionError` (`bad_value`) where it cannot be stored."""
        try:
            for field, value in profile.items():
                text(field, value)
        except BadValueError as error:
            raise ActionError("bad_value", f"memory.keep_profile: {error}") from None
        await self._side.rows(_KEEP_PROFILE, (self._swarm_id, json.dumps(dict(profile))), until=self._until)

    async def _shared(self, path_or_id: str | UUID) -> UUID | None:
        """Return the id of an entry that is not the swarm's own, but in its sight; None where there is none."""
        wanted = str(path_or_id)
        try:
            return UUID(wanted)
        except ValueError:
            pass
        try:
            text("name", wanted)
        except BadValueError as error:
            raise ActionError("bad_value", f"memory.read: {error}") from None
        rows: list[tuple[Any, ...]] = await self._side.rows(_FIND, (self._swarm_id, wanted), until=self._until)
        found: UUID | None = rows[0][0]
        return found

    async def _content(self, name_or_id: str | UUID) -> tuple[str, bytes]:
        if isinstance(name_or_id, UUID):
            named = await self._side.rows(_NAME, (self._swarm_id, name_or_id), until=self._until)
            if named and named[0][1] is not None:
                return named[0][0], bytes(named[0][1])
        entries = await self.entries()
        entry = self._find(name_or_id, entries)
        if (entry is None or entry.shared) and len(entries) >= MAX_ENTRIES:
            entry = self._find(name_or_id, await self._named(str(name_or_id))) or entry
        entry_id = entry.entry_id if entry else await self._shared(name_or_id)
        rows = await self._side.rows(_READ, (self._swarm_id, entry_id), until=self._until) if entry_id else []
        if not rows or rows[0][0] is None:
            names = ", ".join(sorted({e.name for e in entries if e.layer != "built_in"})[:20]) or "nothing"
            raise ActionError("not_found", f"memory holds no {str(name_or_id)!r}: it holds {names}")
        return entry.name if entry else str(name_or_id), bytes(rows[0][0])

    async def _named(self, path: str) -> list[EntryInfo]:
        """Return the entries whose name is the last part of `path`, wherever they are."""
        try:
            text("name", path)
        except BadValueError as error:
            raise ActionError("bad_value", f"memory.read: {error}") from None
        params = (self._swarm_id, path.rpartition("/")[2])
        return [EntryInfo(*row) for row in await self._side.rows(_NAMED, params, until=self._until)]

    @staticmethod
    def _find(name_or_id: str | UUID, entries: Sequence[EntryInfo]) -> EntryInfo | None:
        wanted = str(name_or_id)
        for fits in (
            lambda entry: wanted == str(entry.entry_id),
            lambda entry: wanted == entry.path,
            lambda entry: wanted == entry.name,
            lambda entry: wanted.lower() == entry.name.lower(),
        ):
            found = [entry for entry in entries if fits(entry)]
            if found:
                return found[-1]
        return None
