"""`/v1/swarms/{swarm_id}/messages` and `…/nodes/{node_id}/messages`: what people write without being asked.

Rule: a message wakes nobody; the next activation reads it.
"""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from psycopg.rows import DictRow
from starlette.responses import Response

from pgswarm.api.database import Conn
from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.idempotency import IdempotencyKey, once
from pgswarm.api.ownership import require_swarm
from pgswarm.api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from pgswarm.api.people import queries
from pgswarm.api.people.models import Message, WriteMessage
from pgswarm.api.problems import not_found, problems

router = APIRouter(prefix="/v1/swarms/{swarm_id}", tags=["messages"])


@router.post(
    "/messages", status_code=201, response_model=Message, responses=problems(404, 409), summary="Write to a swarm"
)
async def write_to_swarm(
    swarm_id: UUID, written: WriteMessage, caller: Caller, database: Db, request: Request, *, key: IdempotencyKey = None
) -> Response:
    """Write to all nodes of a swarm: each reads it at its next activation."""
    return await _write(database, caller, request, written, key=key, swarm_id=swarm_id, node_id=None)


@router.post(
    "/nodes/{node_id}/messages",
    status_code=201,
    response_model=Message,
    responses=problems(404, 409),
    summary="Write to a node",
)
async def write_to_node(
    swarm_id: UUID,
    node_id: UUID,
    written: WriteMessage,
    caller: Caller,
    database: Db,
    *,
    request: Request,
    key: IdempotencyKey = None,
) -> Response:
    """Write to one node, which reads it at its next activation."""
    return await _write(database, caller, request, written, key=key, swarm_id=swarm_id, node_id=node_id)


@router.get("/messages", responses=problems(404), summary="List a swarm's messages")
async def list_messages_of_swarm(
    swarm_id: UUID, caller: Caller, database: Db, *, limit: Limit = 50, cursor: Cursor = None
) -> Page[Message]:
    """List what was written to a swarm and to its nodes, the oldest first."""
    return await _list(database, caller, swarm_id, None, limit=limit, cursor=cursor)


@router.get("/nodes/{node_id}/messages", responses=problems(404), summary="List the messages that a node reads")
async def list_messages_of_node(
    swarm_id: UUID, node_id: UUID, caller: Caller, database: Db, *, limit: Limit = 50, cursor: Cursor = None
) -> Page[Message]:
    """List what a node reads: what was written to it and to its whole swarm, the oldest first."""
    return await _list(database, caller, swarm_id, node_id, limit=limit, cursor=cursor)


async def require_node(conn: Conn, swarm_id: UUID, node_id: UUID) -> str:
    """Return a node's status; raise 404 where the swarm has no such node."""
    status = await queries.value(conn, queries.NODE, swarm_id=swarm_id, node_id=node_id)
    if status is None:
        raise not_found("node_id", node_id, f"see GET /v1/swarms/{swarm_id}/nodes")
    return str(status)


async def _write(
    database: Db,
    caller: Caller,
    request: Request,
    written: WriteMessage,
    *,
    key: str | None,
    swarm_id: UUID,
    node_id: UUID | None,
) -> Response:
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        if node_id is not None:
            await require_node(conn, swarm_id, node_id)

        async def act() -> Message:
            sent = {"content": written.content, "files": written.files}
            message_id = await queries.value(conn, queries.SEND, swarm_id=swarm_id, node_id=node_id, **sent)
            (row,) = await queries.rows(conn, queries.MESSAGE, message_id=message_id)
            return Message.model_validate(row)

        return await once(conn, caller, request, key=key, body=written.model_dump(mode="json"), act=act)


async def _list(
    database: Db, caller: Caller, swarm_id: UUID, node_id: UUID | None, *, limit: int, cursor: str | None
) -> Page[Message]:
    at, after = decode_cursor(cursor, datetime.fromisoformat, UUID) if cursor else (None, None)
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        if node_id is not None:
            await require_node(conn, swarm_id, node_id)
        rows = await queries.rows(
            conn, queries.MESSAGES, swarm_id=swarm_id, node_id=node_id, at=at, after=after, limit=limit + 1
        )
    items, next_cursor = page_of(rows, limit, _cursor)
    return Page(items=[Message.model_validate(row) for row in items], next_cursor=next_cursor)


def _cursor(row: DictRow) -> str:
    return encode_cursor(row["at"].isoformat(), str(row["message_id"]))
