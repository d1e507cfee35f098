"""`/v1/swarms/{swarm_id}`: fork and copy, the state at any moment, the history, the difference from another swarm."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.idempotency import IdempotencyKey, once
from pgswarm.api.nodes.models import noted
from pgswarm.api.ownership import require_swarm
from pgswarm.api.paging import Cursor, Limit, decode_cursor, encode_cursor, page_of
from pgswarm.api.problems import Problem, problems
from pgswarm.api.time import queries
from pgswarm.api.time.models import LARGEST_SEQ, Diff, Event, ForkAt, Forked, History, Moment, PastNode, State

router = APIRouter(prefix="/v1/swarms/{swarm_id}", tags=["time"])

MOST_EVENTS = 1_000


@router.post("/fork", status_code=201, response_model=Forked, responses=problems(404, 409), summary="Fork a swarm")
async def fork_swarm(
    swarm_id: UUID, wanted: ForkAt, caller: Caller, database: Db, request: Request, *, key: IdempotencyKey = None
) -> Response:
    """Make a swarm that goes on from a past event of this one, which stays as it is.

    The whole tree is as it was, with new ids; what was running begins again. Finished model calls are not paid again.
    """
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)

        async def act() -> Forked:
            return Forked.model_validate(await queries.make(conn, "fork", swarm_id, wanted.at_seq))

        return await once(conn, caller, request, key=key, body=wanted.model_dump(mode="json"), act=act)


@router.post("/copy", status_code=201, response_model=Forked, responses=problems(404, 409), summary="Copy a swarm")
async def copy_swarm(
    swarm_id: UUID, caller: Caller, database: Db, request: Request, *, key: IdempotencyKey = None
) -> Response:
    """Make a swarm that goes on from where this one is now: a fork at its newest event."""
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)

        async def act() -> Forked:
            return Forked.model_validate(await queries.make(conn, "copy", swarm_id))

        return await once(conn, caller, request, key=key, body=None, act=act)


@router.get("/state", responses=problems(404), summary="See a swarm as it was")
async def get_state(
    swarm_id: UUID,
    caller: Caller,
    database: Db,
    *,
    at_seq: Annotated[int | None, Query(ge=0, le=LARGEST_SEQ, description="After this event.")] = None,
    at: Annotated[Moment | None, Query(description="At this moment, with its time zone.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> State:
    """List the nodes as they were after an event, or at a moment; as they are now where neither is given."""
    if at_seq is not None and at is not None:
        raise Problem(422, detail="at_seq and at cannot both be given", field="at", remedy="give one of them")
    after, seen = decode_cursor(cursor, UUID, int) if cursor else (None, None)
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        # the pages of one listing are of one moment, also while the swarm goes on
        seq, when = await queries.moment(
            conn, swarm_id, at_seq if seen is None else min(seen, LARGEST_SEQ), at if seen is None else None
        )
        rows = await queries.state(conn, swarm_id, seq, after, limit + 1)
    items, next_cursor = page_of(rows, limit, lambda row: encode_cursor(str(row["node_id"]), seq))
    nodes = [PastNode.model_validate(noted(row)) for row in items]
    return State(swarm_id=swarm_id, at_seq=seq, at=when, items=nodes, next_cursor=next_cursor)


@router.get("/history", responses=problems(404), summary="Read a swarm's events")
async def get_history(
    swarm_id: UUID,
    caller: Caller,
    database: Db,
    *,
    after_seq: Annotated[int, Query(ge=0, le=LARGEST_SEQ, description="Those after this one.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_EVENTS, description="At most so many.")] = 100,
) -> History:
    """Read the events of a swarm, oldest first, page by page."""
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        rows, last_seq = await queries.history(conn, swarm_id, after_seq, limit)
    return History(items=[Event.model_validate(row) for row in rows], last_seq=last_seq)


@router.get("/diff", responses=problems(404), summary="Compare two swarms")
async def get_diff(
    swarm_id: UUID,
    caller: Caller,
    database: Db,
    *,
    with_id: Annotated[UUID, Query(alias="with", description="The other swarm.")],
    limit: Limit = 100,
) -> Diff:
    """Compare two swarms node by node: the tree, statuses, reports, costs, and where they first part."""
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        await require_swarm(conn, caller, with_id)
        return Diff.model_validate(await queries.diff(conn, swarm_id, with_id, limit))
