"""The spaces of a tree of nodes that runs without a database: what its paths say, level by level."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pgswarm.actions.node import ActionChoice
from pgswarm.actions.spaces.places import Place, Space
from pgswarm.schema.errors import ConflictError, NotFoundError
from pgswarm.schema.kinds import BUILT_IN_FOLDERS, Search, kind_of

_NAMES = uuid.UUID(int=7)


class Levels:
    """Implements `Spaces`. Built-in folders of actions and memory are there; `put` adds entries, `memory` its files."""

    def __init__(self, actions: Any, memory: Any) -> None:
        self._actions, self._memory = actions, memory
        self.more: dict[tuple[str, str], Place] = {}
        self.read = 0

    def put(self, space: Space, path: str, **columns: Any) -> Place:
        """Put an entry at a path, or in the place of what is there."""
        kind = columns.pop("kind", "folder")
        known = kind_of(space, kind)
        assert known is not None
        search = columns.pop("search", known.search.value)
        place = Place(
            columns.pop("entry_id", _id(space, path)), path.rpartition("/")[2], path, kind, holds=known.holds,
            takes=known.holds, search=search, **columns,
        )  # fmt: skip
        self.more[space, path] = place
        return place

    async def level(
        self, space: Space, folder_id: uuid.UUID | None = None, *, after: str = "", limit: int = 50
    ) -> Sequence[Place]:
        everything = self._everything(space)
        folder = "" if folder_id is None else self._by_id(everything, folder_id).path
        found = sorted((p for p in everything.values() if p.path and _parent(p.path) == folder), key=lambda p: p.name)
        page = [self._with_target(everything, place) for place in found if place.name > after][:limit]
        self.read += len(page)
        return page

    async def line(self, space: Space, where: uuid.UUID | str = "") -> Sequence[Place]:
        everything = self._everything(space)
        if isinstance(where, uuid.UUID):
            where = self._by_id(everything, where).path
        path = where.strip("/")
        if path not in everything:
            return []
        parts = path.split("/") if path else []
        return [everything["/".join(parts[:n])] for n in range(len(parts) + 1)]

    async def leaves(self, space: Space, most: int) -> Sequence[Place] | None:
        found = [place for place in self._everything(space).values() if not place.holds]
        return found if len(found) <= most else None

    async def save(
        self,
        space: Space,
        parent_id: uuid.UUID,
        name: str,
        kind: str,
        *,
        content: bytes | None = None,
        description: str | None = None,
        fields: Mapping[str, Any] | None = None,
        target_id: uuid.UUID | None = None,
        derived_from: Sequence[uuid.UUID] | None = None,
        if_version: int | None = None,
    ) -> uuid.UUID:
        del fields, derived_from
        everything = self._everything(space)
        folder = self._by_id(everything, parent_id).path
        path = f"{folder}/{name}" if folder else name
        if if_version == 0 and path in everything:
            raise ConflictError(f"entry {path} is in version 1, not 0")
        if content is not None:
            saved: uuid.UUID = await self._memory.save_bytes(
                name, content, kind=kind, description=description or "", folder=folder
            )
            return saved
        return self.put(space, path, kind=kind, description=description or "", target_id=target_id).entry_id

    def _everything(self, space: Space) -> dict[str, Place]:
        found = {"": Place(_id(space, ""), "", "", "folder", holds=True, takes=True, search="choice", own=False)}
        places: list[Place] = [self.more[key] for key in self.more if key[0] == space]
        if space == "action":
            places += [_action(choice) for choice in self._actions()]
        if space == "memory":
            places += [_folder(space, name, said) for name, said in BUILT_IN_FOLDERS.items()]
            places += [_file(info) for info in self._memory.listed()]
        for place in sorted(places, key=lambda place: (place.path, (space, place.path) not in self.more)):
            parts = place.path.split("/")
            for n in range(1, len(parts)):
                path = "/".join(parts[:n])
                found.setdefault(path, _folder(space, path, ""))
            found.setdefault(place.path, place)
        for path in [path for path in found if path]:
            above = _parent(path)
            found[above] = replace(found[above], below=found[above].below + 1)
        return found

    @staticmethod
    def _by_id(everything: Mapping[str, Place], entry_id: uuid.UUID) -> Place:
        for place in everything.values():
            if place.entry_id == entry_id:
                return place
        raise NotFoundError(f"entry {entry_id} is not known")

    def _with_target(self, everything: Mapping[str, Place], place: Place) -> Place:
        if place.target_id is None:
            return place
        target = self._by_id(everything, place.target_id)
        return replace(place, kind=target.kind, holds=target.holds, fields=target.fields)


def _id(space: str, path: str) -> uuid.UUID:
    return uuid.uuid5(_NAMES, f"{space}:{path}")


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _folder(space: str, path: str, said: str) -> Place:
    return Place(
        _id(space, path), path.rpartition("/")[2], path, "folder", said, holds=True, takes=True, search=Search.CHOICE
    )


def _action(choice: ActionChoice) -> Place:
    fields = {"action_id": choice.action_id, "input_schema": choice.input_schema, "routable": True}
    if choice.output_schema:
        fields["output_schema"] = choice.output_schema
    name = choice.action_id.rpartition("/")[2]
    return Place(
        _id("action", choice.action_id), name, choice.action_id, "action", choice.description, own=False, fields=fields
    )


def _file(info: Any) -> Place:
    known = kind_of("memory", info.kind)
    search = known.search.value if known else "text"
    return Place(info.entry_id, info.name, info.path.strip("/"), info.kind, info.description, search=search)
