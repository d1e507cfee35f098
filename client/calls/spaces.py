"""Spaces, blueprints, and the processors: what there is to work with."""

from typing import Final, Literal

from pgswarm.client.calls.parts import Id, ident, inner, listing, said, whole
from pgswarm.client.models import Blueprint, Entry, Passage, Worker
from pgswarm.client.wire import Call, Listing, reader

Space = Literal["action", "memory", "util"]
SPACES: Final = ("action", "memory", "util")


def entries(space: Space, swarm_id: Id | None, folder: str | None) -> Listing[Entry]:
    """List the entries of a space."""
    return listing(_space(space), Entry, said(swarm_id=swarm_id, folder=folder))


def entry(space: Space, entry_id: Id) -> Call[Entry]:
    """Open an entry."""
    return Call("GET", _space(space, f"/{ident('entry_id', entry_id)}"), reader(Entry))


def content(space: Space, entry_id: Id) -> Call[bytes]:
    """Read what an entry holds."""
    return Call("GET", _space(space, f"/{ident('entry_id', entry_id)}/content"), whole)


def search_memory(swarm_id: Id, query: str, limit: int) -> Call[list[Passage]]:
    """Search a swarm's memory."""
    wanted = said(swarm_id=swarm_id, query=query, limit=limit)
    return Call("GET", "/v1/memory/search", inner("items", list[Passage]), wanted)


def blueprints() -> Listing[Blueprint]:
    """List blueprints."""
    return listing("/v1/blueprints", Blueprint, {})


def workers(*, also_ended: bool) -> Listing[Worker]:
    """List processors."""
    return listing("/v1/workers", Worker, {"all": "true"} if also_ended else {})


def _space(space: Space, rest: str = "") -> str:
    if space not in SPACES:
        raise ValueError(f"space is {space!r}: give one of {', '.join(SPACES)}")
    return f"/v1/spaces/{space}{rest}"
