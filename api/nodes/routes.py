"""`/v1/swarms/{swarm_id}/nodes`: the tree in pages, one node whole, its calls of models."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.etags import NOT_MODIFIED, tagged
from pgswarm.api.nodes import queries
from pgswarm.api.nodes.models import LlmCall, Node, NodeSummary, Spend, Status, noted
from pgswarm.api.ownership import require_swarm
from pgswarm.api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from pgswarm.api.problems import problems

router = APIRouter(prefix="/v1/swarms/{swarm_id}/nodes", tags=["nodes"])

MOST_NODES = 10_000
"""A tree of so many nodes is one page: who draws it needs it whole."""
FIRST = (-1, -1, "")
LARGEST = 2_147_483_647


@router.get("", response_model=Page[NodeSummary], responses=problems(404), summary="List a swarm's nodes")
async def list_nodes(
    swarm_id: UUID,
    caller: Caller,
    database: Db,
    *,
    status: Annotated[Status | None, Query(description="Only those of this status.")] = None,
    action: Annotated[str | None, Query(max_length=200, description="Only those that this action works.")] = None,
    under: Annotated[UUID | None, Query(description="Only this node and all below it.")] = None,
    parent_id: Annotated[UUID | None, Query(description="Only the children of this node.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_NODES, description="At most so many nodes.")] = 100,
    cursor: Cursor = None,
) -> Response:
    """List nodes, about in the order in which they were made."""
    asked = {
        "status": status,
        "action": action,
        "under": under,
        "parent_id": parent_id,
        "after": decode_cursor(cursor, UUID)[0] if cursor else None,
        "limit": limit + 1,
    }
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        rows = await queries.page(conn, swarm_id, **asked)
    items, next_cursor = page_of(rows, limit, lambda row: encode_cursor(str(row["node_id"])))
    body = f'{{"items":[{",".join(row["item"] for row in items)}],"next_cursor":{json.dumps(next_cursor)}}}'
    return Response(body, media_type="application/json")


@router.get("/{node_id}", response_model=Node, responses=NOT_MODIFIED, summary="Open a node")
async def get_node(swarm_id: UUID, node_id: UUID, caller: Caller, database: Db, request: Request) -> Response:
    """Open a node: its directive and report whole, its arguments, its state, its cost."""
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        row = await queries.one(conn, swarm_id, node_id)
    return tagged(request, Node.model_validate(noted(row)))


@router.get("/{node_id}/spend", responses=problems(404), summary="See what a node and all below it cost")
async def get_spend(swarm_id: UUID, node_id: UUID, caller: Caller, database: Db) -> Spend:
    """Add up calls, tokens and money of a node's subtree. It walks the subtree: ask it of one node, not of each."""
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        row = await queries.spend(conn, swarm_id, node_id)
    return Spend.model_validate(row)


@router.get("/{node_id}/llm-calls", responses=problems(404), summary="List a node's calls of models")
async def list_llm_calls(
    swarm_id: UUID, node_id: UUID, caller: Caller, database: Db, *, limit: Limit = 20, cursor: Cursor = None
) -> Page[LlmCall]:
    """List what a node sent to models and what came back, oldest first."""
    after = FIRST
    if cursor:
        activation, call_no, request_hash = decode_cursor(cursor, int, int, str)
        after = (min(activation, LARGEST), min(call_no, LARGEST), request_hash)
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        rows = await queries.calls(conn, swarm_id, node_id, after, limit + 1)
    items, next_cursor = page_of(
        rows, limit, lambda row: encode_cursor(row["activation"], row["call_no"], row["request_hash"])
    )
    return Page(items=[LlmCall.model_validate(row) for row in items], next_cursor=next_cursor)
