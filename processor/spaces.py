"""The spaces as handlers see them, over the reads and verbs of the database. Implements `pgswarm.actions.spaces`' view.

Rule: nothing here reads more than a page of a level at a time, or than what a small space holds.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from pgswarm.actions.base import ActionError
from pgswarm.actions.spaces.places import Place, Space, lives_elsewhere
from pgswarm.processor.encode import BadValueError, json_value, text
from pgswarm.processor.side import Side

MAX_LEVEL: Final = 1_000

_LEVEL: Final = """
select l.entry_id, l.name, l.path, coalesce(l.target_kind, l.kind), l.description, l.layer = 'swarm',
       coalesce(t.holds, l.holds), l.holds and (l.portal or l.layer = 'swarm'), l.search, l.target_id, l.below,
       l.status, l.version, l.fields::text
  from unnest(%s::uuid[]) with ordinality f(folder_id, nth)
 cross join lateral pgswarm.list_level(swarm_id => %s, space => %s, folder_id => f.folder_id, after => %s,
                                        max_entries => %s) l
  left join pgswarm.entry_kind t on t.space = %s and t.kind = l.target_kind
 order by f.nth, l.name
"""
_LINE: Final = """
select p.place_id, p.name, p.path, p.kind, p.description, e.swarm_id is not null, k.holds,
       k.holds and (p.portal or e.swarm_id is not null), p.search, e.target_id, 0, e.status, e.version, p.fields::text
  from pgswarm.entry_path(swarm_id => %s, entry_id => %s) p
  join pgswarm.space_entry e on e.entry_id = p.place_id
  join pgswarm.entry_kind k on k.space = e.space and k.kind = e.kind
 order by p.depth
"""
_COUNT: Final = "select pgswarm.count_entries(swarm_id => %s, space => %s, max_entries => %s)"
_FIND: Final = "select pgswarm.find_entry(swarm_id => %s, path => %s, space => %s)"
_SAVE: Final = """
select pgswarm.save_entry(swarm_id => %s, node_id => %s, name => %s, kind => %s, description => %s, folder => null,
                          content => %s, space => %s, parent_id => %s, fields => %s::jsonb, target_id => %s,
                          derived_from => %s::uuid[], if_version => %s)
"""
_MOVE: Final = "select pgswarm.move_entry(swarm_id => %s, entry_id => %s, parent_id => %s, name => %s, node_id => %s)"
_MERGE: Final = "select pgswarm.merge_entry(swarm_id => %s, entry_id => %s, into_id => %s, node_id => %s)"


class SwarmSpaces:
    """Implements `Spaces` for one activation."""

    __slots__ = ("_node_id", "_side", "_swarm_id", "_until")

    def __init__(self, side: Side, swarm_id: UUID, node_id: UUID, until: float) -> None:
        """Take the side door, whose spaces these are, and until when the database may be waited for."""
        self._side = side
        self._swarm_id = swarm_id
        self._node_id = node_id
        self._until = until

    async def level(
        self, space: Space, folder_id: UUID | None = None, *, after: str = "", limit: int = 50
    ) -> Sequence[Place]:
        """Return a page of a level."""
        return await self._levels(space, [folder_id], after, limit)

    async def line(self, space: Space, where: UUID | str = "") -> Sequence[Place]:
        """Return an entry and the folders above it, the root first; nothing where there is none."""
        entry_id = where if isinstance(where, UUID) else await self._find(space, where)
        if entry_id is None:
            return []
        rows = await self._side.rows(_LINE, (self._swarm_id, entry_id), until=self._until)
        return [_place(row) for row in rows]

    async def leaves(self, space: Space, most: int) -> Sequence[Place] | None:
        """Return all that is no folder, level by level, where that is at most `most`."""
        (counted,) = (await self._side.rows(_COUNT, (self._swarm_id, space, most), until=self._until))[0]
        if counted > most:
            return None
        found: list[Place] = []
        folders: list[UUID | None] = [None]
        while folders:
            level = await self._levels(space, folders, "", MAX_LEVEL)
            below = [place for place in level if place.holds and place.target_id is None]
            found += [place for place in level if not place.holds or lives_elsewhere(place)]
            folders = [folder.entry_id for folder in below if folder.below]
            if len(folders) > most:
                return None
        return found

    async def save(
        self,
        space: Space,
        parent_id: UUID,
        name: str,
        kind: str,
        *,
        content: bytes | None = None,
        description: str | None = None,
        fields: Mapping[str, Any] | None = None,
        target_id: UUID | None = None,
        derived_from: Sequence[UUID] | None = None,
        if_version: int | None = None,
    ) -> UUID:
        """File an entry; raise `ActionError` (`bad_value`) that names the field which cannot be stored."""
        try:
            for field, value in (("name", name), ("kind", kind), ("description", description or "")):
                text(field, value)
            told = None if fields is None else json_value("fields", dict(fields)).decode()
        except BadValueError as error:
            raise ActionError("bad_value", f"spaces.save: {error}") from None
        derived = None if derived_from is None else list(derived_from)
        params = (
            self._swarm_id, self._node_id, name, kind, description, content, space, parent_id, told, target_id,
            derived, if_version,
        )  # fmt: skip
        rows: list[tuple[Any, ...]] = await self._side.rows(_SAVE, params, point="save_entry", until=self._until)
        entry_id: UUID = rows[0][0]
        return entry_id

    async def move(self, entry_id: UUID, *, parent_id: UUID | None = None, name: str | None = None) -> None:
        """Move an entry; where it is there already, nothing happens."""
        params = (self._swarm_id, entry_id, parent_id, name, self._node_id)
        await self._side.rows(_MOVE, params, until=self._until)

    async def merge(self, entry_id: UUID, into_id: UUID) -> None:
        """Merge an entry into another."""
        await self._side.rows(_MERGE, (self._swarm_id, entry_id, into_id, self._node_id), until=self._until)

    async def _levels(self, space: Space, folders: Sequence[UUID | None], after: str, limit: int) -> list[Place]:
        params = (list(folders), self._swarm_id, space, after, max(1, min(limit, MAX_LEVEL)), space)
        return [_place(row) for row in await self._side.rows(_LEVEL, params, until=self._until)]

    async def _find(self, space: Space, path: str) -> UUID | None:
        try:
            text("path", path)
        except BadValueError as error:
            raise ActionError("bad_value", f"spaces.line: {error}") from None
        rows: list[tuple[Any, ...]] = await self._side.rows(_FIND, (self._swarm_id, path, space), until=self._until)
        found: UUID | None = rows[0][0]
        return found


def _place(row: Sequence[Any]) -> Place:
    return Place(*[*row[:-1], json.loads(row[-1])])
