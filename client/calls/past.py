"""The past of a swarm: read, compared, gone on from."""

from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from pydantic import create_model

from pgswarm.client.calls.parts import Id, ident, listing, make, of_swarm, said
from pgswarm.client.models import Diff, Event, Node, Started
from pgswarm.client.wire import Call, Listing, Page, reader

MOST_EVENTS: Final = "1000"


def state(swarm_id: Id, at_seq: int | None, at: datetime | None) -> Listing[Node]:
    """List nodes as they were."""
    when = None if at is None else at.isoformat()
    return listing(of_swarm(swarm_id, "/state"), Node, said(at_seq=at_seq, at=when))


def history(swarm_id: Id, after_seq: int) -> Listing[Event]:
    """List events, up to the newest that there is when the first page is read."""
    path = of_swarm(swarm_id, "/history")
    page = create_model("History", items=(list[Event], ...), last_seq=(int, ...))
    read_page = reader(page)
    newest: int | None = None

    def read(content: bytes) -> Page[Event]:
        nonlocal newest
        found: Any = read_page(content)
        newest = found.last_seq if newest is None else newest
        items = [event for event in found.items if event.seq <= newest]
        return Page(items, str(items[-1].seq) if items and items[-1].seq < newest else None)

    def call(after: str | None) -> Call[Page[Event]]:
        return Call("GET", path, read, {"limit": MOST_EVENTS, "after_seq": after or str(after_seq)})

    return call


def fork(swarm_id: Id, at_seq: int, key: str | None) -> Call[Started]:
    """Fork a swarm."""
    return make(of_swarm(swarm_id, "/fork"), Started, {"at_seq": at_seq}, key)


def copy(swarm_id: Id, key: str | None) -> Call[Started]:
    """Copy a swarm."""
    return Call("POST", of_swarm(swarm_id, "/copy"), reader(Started), key=key or str(uuid4()))


def diff(swarm_id: Id, other_id: Id, limit: int) -> Call[Diff]:
    """Compare two swarms."""
    wanted = said(limit=limit) | {"with": ident("other_id", other_id)}
    return Call("GET", of_swarm(swarm_id, "/diff"), reader(Diff), wanted)
