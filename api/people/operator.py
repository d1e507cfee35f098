"""What an operator does to a swarm under way: cancel or retry a node, change what it is to do, supervise, set limits.

Rule: each act is an event that says who did it.
"""

from typing import LiteralString
from uuid import UUID

from fastapi import APIRouter, Request
from psycopg.types.json import Jsonb
from starlette.responses import Response

from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.idempotency import IdempotencyKey, once
from pgswarm.api.ownership import require_swarm
from pgswarm.api.people import queries
from pgswarm.api.people.messages import require_node
from pgswarm.api.people.models import Changed, ChangeDirective, RaiseBudget, Raised, Replaced, SetApproval, Supervised
from pgswarm.api.problems import Problem, problems

router = APIRouter(prefix="/v1/swarms/{swarm_id}", tags=["control"])


@router.post("/nodes/{node_id}/cancel", responses=problems(404), summary="Cancel a node and all below it")
async def cancel_node(swarm_id: UUID, node_id: UUID, caller: Caller, database: Db) -> Changed:
    """End a node and everything below it, running nodes too. Its parent goes on as after any child that ends."""
    return await _change(database, caller, swarm_id, node_id, queries.CANCEL_NODE)


@router.post(
    "/nodes/{node_id}/retry",
    status_code=201,
    response_model=Replaced,
    responses=problems(404, 409),
    summary="Try a node again",
)
async def retry_node(
    swarm_id: UUID, node_id: UUID, caller: Caller, database: Db, request: Request, *, key: IdempotencyKey = None
) -> Response:
    """Put a new node in the place of one that has terminated, while its parent still waits; else fork the swarm."""
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        await require_node(conn, swarm_id, node_id)

        async def act() -> Replaced:
            made = await queries.value(conn, queries.RETRY_NODE, swarm_id=swarm_id, node_id=node_id)
            return Replaced(node_id=made, retry_of=node_id)

        return await once(conn, caller, request, key=key, body={}, act=act)


@router.put("/nodes/{node_id}/directive", responses=problems(404, 409), summary="Change a waiting node's directive")
async def change_directive(
    swarm_id: UUID, node_id: UUID, wanted: ChangeDirective, caller: Caller, database: Db
) -> Changed:
    """Change what a node that does not run is to do; its next activation works on it. One that runs: write to it."""
    return await _change(database, caller, swarm_id, node_id, queries.CHANGE, directive=wanted.directive)


@router.put("/approval", responses=problems(404, 409), summary="Say what needs a person's yes")
async def set_approval(swarm_id: UUID, wanted: SetApproval, caller: Caller, database: Db) -> Supervised:
    """Say what a person must say yes to before it is done: nothing, plans, or every step. What is under way goes on."""
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        changed = await queries.value(conn, queries.APPROVAL, swarm_id=swarm_id, approve=wanted.approve)
    return Supervised(swarm_id=swarm_id, approve=wanted.approve, changed=changed)


@router.post("/budget", responses=problems(404, 409), summary="Raise a swarm's budget")
async def raise_budget(swarm_id: UUID, wanted: RaiseBudget, caller: Caller, database: Db) -> Raised:
    """Set limits of a swarm anew, and go on where it is paused and `resume` says so."""
    limits = wanted.budget.model_dump(exclude_none=True)
    if not limits:
        raise Problem(422, detail="budget names no limit", field="budget", remedy='for example {"nodes": 500}')
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        await queries.rows(conn, queries.RAISE, swarm_id=swarm_id, budget=Jsonb({"budget": limits}))
        if wanted.resume:
            await queries.rows(conn, queries.RESUME, swarm_id=swarm_id)
        (row,) = await queries.rows(conn, queries.BUDGET, swarm_id=swarm_id)
    return Raised.model_validate(row)


async def _change(
    database: Db, caller: Caller, swarm_id: UUID, node_id: UUID, verb: LiteralString, **given: str
) -> Changed:
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        await require_node(conn, swarm_id, node_id)
        changed = await queries.value(conn, verb, swarm_id=swarm_id, node_id=node_id, **given)
        return Changed(node_id=node_id, changed=changed, status=await require_node(conn, swarm_id, node_id))
