"""`/v1/swarms`: start, list, open, pause, resume, cancel, delete."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.etags import NOT_MODIFIED, tagged
from pgswarm.api.idempotency import IdempotencyKey, once
from pgswarm.api.ownership import require_swarm
from pgswarm.api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from pgswarm.api.problems import problems
from pgswarm.api.swarms import queries
from pgswarm.api.swarms.models import Started, StartSwarm, Steered, Swarm, SwarmStatus, SwarmSummary

router = APIRouter(prefix="/v1/swarms", tags=["swarms"])


@router.post("", status_code=201, response_model=Started, responses=problems(404, 409), summary="Start a swarm")
async def start_swarm(
    wanted: StartSwarm, caller: Caller, database: Db, request: Request, key: IdempotencyKey = None
) -> Response:
    """Start a swarm that pursues a goal. It is the caller's, and begins at once."""
    async with database.as_account(caller) as conn:

        async def act() -> Started:
            return Started.model_validate(await queries.start(conn, caller, wanted))

        return await once(conn, caller, request, key=key, body=wanted.model_dump(mode="json"), act=act)


@router.get("", summary="List swarms, newest first")
async def list_swarms(
    caller: Caller,
    database: Db,
    *,
    status: Annotated[SwarmStatus | None, Query(description="Only those of this status.")] = None,
    conversation_id: Annotated[UUID | None, Query(description="Only those of this conversation.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SwarmSummary]:
    """List the caller's swarms, newest first. An administrator sees everybody's."""
    before = decode_cursor(cursor, UUID)[0] if cursor else None
    async with database.as_account(caller) as conn:
        rows = await queries.page(
            conn, caller, status=status, conversation_id=conversation_id, before=before, limit=limit + 1
        )
    items, next_cursor = page_of(rows, limit, lambda row: encode_cursor(str(row["swarm_id"])))
    return Page(items=[SwarmSummary.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/{swarm_id}", response_model=Swarm, responses=NOT_MODIFIED, summary="Open a swarm")
async def get_swarm(swarm_id: UUID, caller: Caller, database: Db, request: Request) -> Response:
    """Open a swarm: its goal and report whole, its limits and what is spent."""
    async with database.as_account(caller) as conn:
        row = await queries.one(conn, caller, swarm_id)
    return tagged(request, Swarm.model_validate(row))


@router.delete("/{swarm_id}", status_code=204, responses=problems(404, 409), summary="Delete a swarm")
async def delete_swarm(swarm_id: UUID, caller: Caller, database: Db) -> None:
    """Delete a terminated swarm with its nodes, history and memory. One that lives must be cancelled first."""
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        await queries.delete(conn, swarm_id)


@router.post("/{swarm_id}/pause", responses=problems(404), summary="Pause a swarm")
async def pause_swarm(swarm_id: UUID, caller: Caller, database: Db) -> Steered:
    """Pause a swarm: what runs finishes and is kept, nothing new begins, questions stay open."""
    return await _steer(database, caller, swarm_id, "pause")


@router.post("/{swarm_id}/resume", responses=problems(404), summary="Go on with a paused swarm")
async def resume_swarm(swarm_id: UUID, caller: Caller, database: Db) -> Steered:
    """Go on with a paused swarm. One that is still at a limit pauses again: raise its budget first."""
    return await _steer(database, caller, swarm_id, "resume")


@router.post("/{swarm_id}/cancel", responses=problems(404), summary="Cancel a swarm")
async def cancel_swarm(swarm_id: UUID, caller: Caller, database: Db) -> Steered:
    """End a swarm: every node that lives is cancelled, running ones too."""
    return await _steer(database, caller, swarm_id, "cancel")


async def _steer(database: Db, caller: Caller, swarm_id: UUID, verb: str) -> Steered:
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        return Steered.model_validate(await queries.steer(conn, swarm_id, verb))
