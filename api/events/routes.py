"""`/v1/swarms/{id}/events`, `/v1/swarms/{id}/ws`, `/v1/events`: live events."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, WebSocket
from pydantic import Field
from starlette.requests import HTTPConnection
from starlette.responses import Response

from pgswarm.api.dependencies import Caller, authenticate
from pgswarm.api.events import websocket as sockets
from pgswarm.api.events.cursors import Cursor
from pgswarm.api.events.frames import Filter, position
from pgswarm.api.events.hub import Hub
from pgswarm.api.events.models import EXAMPLE, EventFrame
from pgswarm.api.events.snapshots import Snapshot
from pgswarm.api.events.sse import MEDIA_TYPE, EventStream
from pgswarm.api.events.subscription import Subscription
from pgswarm.api.principal import Principal
from pgswarm.api.problems import Problem, as_problem, problems
from pgswarm.schema.errors import InvalidInputError, PgswarmError
from pgswarm.schema.text import clean

router = APIRouter(tags=["events"])

LARGEST_SEQ: Final = 2**63 - 1
MOST_KINDS: Final = 50
STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Server-sent events, one for each event of the swarm; a comment when there is silence.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": EXAMPLE}},
        "model": EventFrame,
    }
}


def get_hub(connection: HTTPConnection) -> Hub:
    """Return the app's hub."""
    hub: Hub = connection.app.state.hub
    return hub


Events = Annotated[Hub, Depends(get_hub)]
AfterSeq = Annotated[
    int | None, Query(ge=0, le=LARGEST_SEQ, description="Go on after this seq. Without it: from the first event.")
]
LastEventId = Annotated[
    str | None, Header(description="Sent by a browser that connects again: go on after this. Goes before `after_seq`.")
]
# what a kind, or the beginning of kinds, looks like: what cannot be one is refused instead of waited for
KIND: Final = r"^(\*|[a-z_]+\*|[a-z_]+\.([a-z_]+\*?|\*))$"
Kinds = Annotated[
    list[Annotated[str, Field(pattern=KIND, max_length=100)]] | None,
    Query(
        max_length=MOST_KINDS,
        description="Only events of these kinds; one that ends in `*` stands for all that begin so. Who names "
        "`llm.partial` (or `*`) also sees what models say while they say it, in swarms with the option `stream`.",
        examples=[["node.*", "question.asked"]],
    ),
]
Subtree = Annotated[UUID | None, Query(description="Only events of this node and of those below it.")]
FromSnapshot = Annotated[
    bool,
    Query(
        description="First the swarm as it is now: `snapshot.swarm`, a `snapshot.node` each, a `snapshot.question` "
        "each, and `snapshot.end`, which has the id to go on from; then what comes after."
    ),
]


@router.get(
    "/v1/swarms/{swarm_id}/events",
    responses={**STREAM, **problems(404)},
    response_class=Response,
    summary="Watch a swarm",
)
async def watch_swarm(
    swarm_id: UUID,
    caller: Caller,
    hub: Events,
    *,
    after_seq: AfterSeq = None,
    last_event_id: LastEventId = None,
    kind: Kinds = None,
    node_id: Subtree = None,
    snapshot: FromSnapshot = False,
) -> EventStream:
    """Stream a swarm's events: those that were, then each as it comes, every seq once and in order.

    Each frame is a whole row. A client that takes in nothing for 10 seconds is cut off; connect again with the last id.
    """
    if last_event_id is not None:
        after_seq, snapshot = _seq("Last-Event-ID", last_event_id), False
    opened, first = await _open(
        hub, caller, swarm_id, after_seq=after_seq, kinds=_kinds(kind), subtree=node_id, snapshot=snapshot
    )
    return EventStream(opened, hub.limits.stall_s, snapshot=first)


@router.websocket("/v1/swarms/{swarm_id}/ws")
async def watch_swarm_by_websocket(
    websocket: WebSocket,
    swarm_id: UUID,
    hub: Events,
    *,
    after_seq: AfterSeq = None,
    kind: Kinds = None,
    node_id: Subtree = None,
    snapshot: FromSnapshot = False,
) -> None:
    """Send a swarm's events over a WebSocket, a frame a message; parameters as those of the stream."""
    try:
        caller = await authenticate(websocket, websocket.app.state.database)
        opened, first = await _open(
            hub, caller, swarm_id, after_seq=after_seq, kinds=_kinds(kind), subtree=node_id, snapshot=snapshot
        )
    except (Problem, PgswarmError) as error:
        await _deny(websocket, error)
        return
    await websocket.accept()
    await sockets.stream(websocket, opened, hub.limits.stall_s, snapshot=first)


@router.get("/v1/events", responses=STREAM, response_class=Response, summary="Watch all of one's swarms")
async def watch_all(
    caller: Caller,
    hub: Events,
    *,
    last_event_id: LastEventId = None,
    after: Annotated[str | None, Query(max_length=200, description="Go on after the event of this id.")] = None,
    kind: Kinds = None,
    conversation_id: Annotated[UUID | None, Query(description="Only swarms of this conversation.")] = None,
) -> EventStream:
    """Stream the events of all of the caller's swarms from now on, also of those that are not yet started.

    The id of an event is an opaque cursor. At least once: after connecting again, some events may come again; within a
    swarm they come in the order of seq.
    """
    since = None
    if last_event_id or after:
        since = Cursor.parse("Last-Event-ID" if last_event_id else "after", last_event_id or after or "")
    _require_room(hub)
    opened, cursor = await hub.account(caller, since, _kinds(kind), conversation_id)
    return EventStream(opened, hub.limits.stall_s, first=position(str(cursor)))


async def _open(
    hub: Hub,
    caller: Principal,
    swarm_id: UUID,
    *,
    after_seq: int | None,
    kinds: tuple[str, ...],
    subtree: UUID | None,
    snapshot: bool,
) -> tuple[Subscription, Snapshot | None]:
    """Return a subscription and, where one is wanted or the position is none of the history, a snapshot."""
    if snapshot and after_seq is not None:
        raise InvalidInputError(
            "a snapshot says itself where it ends", field="after_seq", hint="leave out after_seq or snapshot"
        )
    _require_room(hub)
    ends = await hub.ends(caller, swarm_id)
    after = after_seq or 0
    if not snapshot and ends.history_from_seq - 1 <= after <= ends.last_seq:
        return await hub.swarm(caller, swarm_id, after, kinds, subtree), None
    first = Snapshot()
    try:
        nodes = None if subtree is None else await hub.reader.subtree(caller, swarm_id, subtree)
        async with hub.snapshots:
            await first.fill(hub.reader, caller, swarm_id, Filter((), nodes))
        return await hub.swarm(caller, swarm_id, first.seq, kinds, subtree), first
    except BaseException:
        first.close()
        raise


def _require_room(hub: Hub) -> None:
    if not hub.has_room:
        raise Problem(
            503,
            "too-many-streams",
            "No more streams can be opened here now",
            remedy="try again later, or at another API process",
            headers={"Retry-After": "5"},
        )


def _seq(field: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST_SEQ):  # noqa: PLR2004 - digits of 2^63
        raise InvalidInputError(
            f"{field} is not a seq of this stream", field=field, hint="send the id of the last event"
        )
    return int(text)


def _kinds(given: list[str] | None) -> tuple[str, ...]:
    return tuple(clean("kind", kind) for kind in given or ())


async def _deny(websocket: WebSocket, error: Problem | PgswarmError) -> None:
    problem = as_problem(error)
    if problem is None:
        raise error
    await websocket.send_denial_response(problem.response())
