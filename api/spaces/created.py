"""Actions that swarms made, over HTTP: their versions, what one touched, revoking one, and running again what it did.

Rule: whose the swarm or the blueprint is comes first; what is revoked is a content, wherever else it is kept.
"""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from pgswarm.api.database import Conn
from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.idempotency import IdempotencyKey, once
from pgswarm.api.ownership import require_swarm
from pgswarm.api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from pgswarm.api.principal import Principal
from pgswarm.api.problems import problems
from pgswarm.api.spaces import queries
from pgswarm.api.spaces.created_models import (
    LONGEST_ID,
    CreatedVersion,
    RerunAction,
    RevokeAction,
    Revoked,
    RunsAgain,
    TouchedNode,
)
from pgswarm.api.spaces.models import LARGEST

router = APIRouter(prefix="/v1", tags=["spaces"])

_VERSIONS: Final = """
select c.action_id, c.version, c.newest, c.layer, c.entry_id, c.path, c.description, c.hash, c.fields, c.author_node_id,
       c.at, c.revoked_at, c.revoked_why
  from pgswarm.created_actions(swarm_id => %(swarm_id)s, action_id => %(action)s) c
 where %(after)s::text is null or (c.action_id, -c.version) > (%(after)s, -%(after_version)s::integer)
 order by c.action_id, c.version desc
 limit %(limit)s
"""
_TOUCHED: Final = """
select * from pgswarm.touched_nodes(swarm_id => %(swarm_id)s, action_id => %(action)s, version => %(version)s,
                                    after => %(after)s, max_nodes => %(limit)s)
"""
_REVOKE: Final = """
select pgswarm.revoke_action(swarm_id => %(swarm_id)s, action_id => %(action_id)s, version => %(version)s,
                             why => %(why)s, blueprint_id => %(blueprint_id)s, everybody => %(everybody)s) as changed
"""
_RERUN: Final = """
select pgswarm.rerun_action(
  swarm_id => %(swarm_id)s, action_id => %(action_id)s, version => %(version)s,
  blueprint_id => %(blueprint_id)s) as swarm_id
"""
_GOES_ON: Final = "select swarm_id, status from pgswarm.swarm where swarm_id = %(swarm_id)s"

Action = Annotated[str, Query(max_length=LONGEST_ID, description="The action's id.", examples=["created/count_words"])]
Version = Annotated[int, Query(ge=1, le=LARGEST, description="Which version of it.")]


@router.get("/swarms/{swarm_id}/actions", responses=problems(404), summary="List the actions that swarms made")
async def list_created_actions(
    swarm_id: UUID,
    caller: Caller,
    database: Db,
    *,
    action: Annotated[str | None, Query(max_length=LONGEST_ID, description="Only the versions of this one.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[CreatedVersion]:
    """List what this swarm made or has from its blueprint: each version with its provenance, by id, newest first."""
    after, version = decode_cursor(cursor, str, _version) if cursor else (None, None)
    asked = {"swarm_id": swarm_id, "action": action, "after": after, "after_version": version, "limit": limit + 1}
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        rows = await queries.rows(conn, _VERSIONS, **asked)
    items, next_cursor = page_of(rows, limit, lambda row: encode_cursor(row["action_id"], row["version"]))
    return Page(items=[CreatedVersion.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get(
    "/swarms/{swarm_id}/actions/touched", responses=problems(404), summary="List what a version of an action touched"
)
async def list_touched_nodes(
    swarm_id: UUID,
    caller: Caller,
    database: Db,
    *,
    action: Action,
    version: Version,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[TouchedNode]:
    """List who ran it, what they ordered, and who read their reports, each with the files and entries that it wrote."""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    asked = {"swarm_id": swarm_id, "action": action, "version": version, "after": after, "limit": limit + 1}
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        rows = await queries.rows(conn, _TOUCHED, **asked)
    items, next_cursor = page_of(rows, limit, lambda row: encode_cursor(str(row["node_id"])))
    return Page(items=[TouchedNode.model_validate(row) for row in items], next_cursor=next_cursor)


@router.post(
    "/swarms/{swarm_id}/actions/revoke",
    response_model=Revoked,
    responses=problems(403, 404, 409),
    summary="Revoke a version of an action",
)
async def revoke_action(
    swarm_id: UUID, wanted: RevokeAction, caller: Caller, database: Db, request: Request, *, key: IdempotencyKey = None
) -> Response:
    """Stop the use of a version: its content runs no more, in no swarm of the owner, and routers are not shown it.

    Nodes that wait for it fail with the reason. Revoked again, nothing changes.
    """
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        return await _revoke(conn, caller, request, wanted, key, swarm_id=swarm_id, blueprint_id=None)


@router.post(
    "/blueprints/{blueprint_id}/actions/revoke",
    response_model=Revoked,
    responses=problems(403, 404, 409),
    summary="Revoke a version of a blueprint's action",
)
async def revoke_blueprint_action(
    blueprint_id: UUID,
    wanted: RevokeAction,
    caller: Caller,
    database: Db,
    request: Request,
    *,
    key: IdempotencyKey = None,
) -> Response:
    """Stop the use of a version that a blueprint has; of a blueprint that is everybody's, for the caller's swarms."""
    async with database.as_account(caller) as conn:
        await queries.blueprint(conn, caller, blueprint_id)
        return await _revoke(conn, caller, request, wanted, key, swarm_id=None, blueprint_id=blueprint_id)


@router.post(
    "/swarms/{swarm_id}/actions/rerun",
    status_code=201,
    response_model=RunsAgain,
    responses=problems(404, 409),
    summary="Run again what a version of an action did",
)
async def rerun_action(
    swarm_id: UUID, wanted: RerunAction, caller: Caller, database: Db, request: Request, *, key: IdempotencyKey = None
) -> Response:
    """Run just the subtrees again whose top ran that version, with the newest one, and what waits for them.

    In this swarm where all parents still wait; else in a fork of it, in which everybody else keeps their results.
    409 where that version is the newest, where none may run, and where no node ran it.
    """
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)

        async def act() -> RunsAgain:
            made = await queries.one(conn, _RERUN, swarm_id=swarm_id, **wanted.model_dump())
            row = await queries.one(conn, _GOES_ON, **made)
            return RunsAgain(**row, in_place=row["swarm_id"] == swarm_id)

        return await once(conn, caller, request, key=key, body=wanted.model_dump(mode="json"), act=act)


def _version(key: Any) -> int:
    """Return the number of a version that a cursor holds; raise `ValueError` where it is none."""
    if not isinstance(key, int) or not 0 < key <= LARGEST:
        raise ValueError
    return key


async def _revoke(
    conn: Conn, caller: Principal, request: Request, wanted: RevokeAction, key: str | None, **where: Any
) -> Response:
    async def act() -> Revoked:
        return Revoked.model_validate(await queries.one(conn, _REVOKE, **where, **wanted.model_dump()))

    return await once(conn, caller, request, key=key, body=wanted.model_dump(mode="json"), act=act, status=200)
