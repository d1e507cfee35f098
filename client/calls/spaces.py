"""Spaces, read and changed, and the processors: what there is to work with.

Rule: a change that would be refused when it comes twice is not repeated once it was sent.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypedDict

from pgswarm.client.calls.parts import Id, ident, inner, listing, make, said, whole
from pgswarm.client.models import Entry, EntryVersion, Flaw, LevelEntry, Moved, Passage, Place, Started, Worker
from pgswarm.client.wire import Call, Listing, encode, reader

Space = Literal["action", "memory", "util"]


class ImportOptions(TypedDict, total=False):
    """What is to come into memory: addresses, uploads by their ids; where to, and into which swarm's."""

    sources: Sequence[str]
    files: Sequence[Id]
    into: str
    swarm_id: Id
    budget: Mapping[str, float]


SPACES: Final = ("action", "memory", "util")


class EntryOptions(TypedDict, total=False):
    """What can be said of an entry beside its name: `folder` or `parent_id`, `content` or `upload_id`.

    `space`: memory where it is not said; an upload goes there alone.
    """

    space: Space
    folder: str
    parent_id: Id
    kind: str
    content: str
    upload_id: Id
    description: str
    fields: Mapping[str, Any]
    search: str
    target_id: Id
    derived_from: Sequence[Id]
    if_version: int


def entries(space: Space, swarm_id: Id | None, folder: str | None) -> Listing[Entry]:
    """List the entries of a space."""
    return listing(_space(space), Entry, said(swarm_id=swarm_id, folder=folder))


def level(
    space: Space, swarm_id: Id | None, blueprint_id: Id | None, folder_id: Id | None, path: str | None
) -> Listing[LevelEntry]:
    """List one level of a space."""
    wanted = said(swarm_id=swarm_id, blueprint_id=blueprint_id, folder_id=folder_id, path=path)
    return listing(_space(space, "/level"), LevelEntry, wanted)


def entry(space: Space, entry_id: Id) -> Call[Entry]:
    """Open an entry."""
    return Call("GET", _entry(space, entry_id), reader(Entry))


def content(space: Space, entry_id: Id, version: int | None) -> Call[bytes]:
    """Read what an entry holds."""
    return Call("GET", _entry(space, entry_id, "/content"), whole, said(version=version))


def entry_path(space: Space, entry_id: Id) -> Call[list[Place]]:
    """Show the way to an entry."""
    return Call("GET", _entry(space, entry_id, "/path"), inner("items", list[Place]))


def entry_history(space: Space, entry_id: Id, swarm_id: Id | None, limit: int) -> Call[list[EntryVersion]]:
    """Show what an entry was."""
    wanted = said(swarm_id=swarm_id, limit=limit)
    return Call("GET", _entry(space, entry_id, "/history"), inner("items", list[EntryVersion]), wanted)


def verify_space(space: Space, swarm_id: Id | None, blueprint_id: Id | None) -> Call[list[Flaw]]:
    """Say what does not hold in a space."""
    wanted = said(swarm_id=swarm_id, blueprint_id=blueprint_id)
    return Call("GET", _space(space, "/verify"), inner("items", list[Flaw]), wanted)


def save_entry(swarm_id: Id, name: str, options: EntryOptions, key: str | None) -> Call[Entry]:
    """Save an entry of a space."""
    space: Space = options.get("space", "memory")
    _space(space)
    told = {option: value for option, value in options.items() if option != "space"}
    return make(f"/v1/{space}/entries", Entry, {"swarm_id": swarm_id, "name": name, **told}, key)


def move_entry(
    space: Space, entry_id: Id, parent_id: Id | None, name: str | None, if_version: int | None
) -> Call[Moved]:
    """Move or rename an entry. Once that is done it is not in that version any more."""
    body = _body(parent_id=parent_id, name=name, if_version=if_version)
    return Call("POST", _entry(space, entry_id, "/move"), reader(Moved), body=body, idempotent=if_version is None)


def merge_entry(space: Space, entry_id: Id, into_id: Id, if_version: int | None) -> Call[int]:
    """Merge an entry into another."""
    body = _body(into_id=into_id, if_version=if_version)
    return Call("POST", _entry(space, entry_id, "/merge"), inner("removed", int), body=body, idempotent=False)


def remove_entry(space: Space, entry_id: Id, if_version: int | None) -> Call[int]:
    """Remove an entry."""
    body = _body(if_version=if_version)
    return Call("POST", _entry(space, entry_id, "/remove"), inner("removed", int), body=body, idempotent=False)


def search_memory(swarm_id: Id, query: str, folder_id: Id | None, limit: int) -> Call[list[Passage]]:
    """Search a swarm's memory."""
    wanted = said(swarm_id=swarm_id, query=query, folder_id=folder_id, limit=limit)
    return Call("GET", "/v1/memory/search", inner("items", list[Passage]), wanted)


def import_memory(options: ImportOptions, key: str | None) -> Call[Started]:
    """Import into memory."""
    return make("/v1/memory/import", Started, dict(options), key)


def workers(*, also_ended: bool) -> Listing[Worker]:
    """List processors."""
    return listing("/v1/workers", Worker, {"all": "true"} if also_ended else {})


def _space(space: Space, rest: str = "") -> str:
    if space not in SPACES:
        raise ValueError(f"space is {space!r}: give one of {', '.join(SPACES)}")
    return f"/v1/spaces/{space}{rest}"


def _entry(space: Space, entry_id: Id, rest: str = "") -> str:
    return _space(space, f"/{ident('entry_id', entry_id)}{rest}")


def _body(**wanted: Any) -> bytes:
    return encode({name: value for name, value in wanted.items() if value is not None})
