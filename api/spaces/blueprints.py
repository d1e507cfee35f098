"""`/v1/blueprints`: what swarms can start from.

Rule: a request makes a whole version, or none; a version that something uses does not change any more.
"""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from pgswarm.api.database import Conn
from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.idempotency import IdempotencyKey, once
from pgswarm.api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from pgswarm.api.problems import problems
from pgswarm.api.spaces import queries
from pgswarm.api.spaces.models import Blueprint, CreateBlueprint

router = APIRouter(prefix="/v1/blueprints", tags=["spaces"])


@router.get("", summary="List blueprints")
async def list_blueprints(caller: Caller, database: Db, limit: Limit = 100, cursor: Cursor = None) -> Page[Blueprint]:
    """List the caller's blueprints and those for everybody, each version by itself."""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    async with database.as_account(caller) as conn:
        rows = await queries.blueprints(conn, caller, after, limit + 1)
    items, next_cursor = page_of(rows, limit, lambda row: encode_cursor(str(row["blueprint_id"])))
    return Page(items=[Blueprint.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/{blueprint_id}", responses=problems(404), summary="Open a blueprint")
async def get_blueprint(blueprint_id: UUID, caller: Caller, database: Db) -> Blueprint:
    """Open one version of a blueprint; its spaces are at `/v1/spaces/{space}/level?blueprint_id=`."""
    async with database.as_account(caller) as conn:
        return Blueprint.model_validate(await queries.blueprint(conn, caller, blueprint_id))


@router.post(
    "", status_code=201, response_model=Blueprint, responses=problems(403, 404, 409), summary="Make a new version"
)
async def create_blueprint(
    wanted: CreateBlueprint, caller: Caller, database: Db, request: Request, key: IdempotencyKey = None
) -> Response:
    """Make a version of a blueprint: settings, names of keys, entries, and what a swarm contributes."""
    async with database.as_account(caller) as conn:

        async def act() -> Blueprint:
            return Blueprint.model_validate(await queries.blueprint(conn, caller, await _create(conn, wanted)))

        return await once(conn, caller, request, key=key, body=wanted.model_dump(mode="json"), act=act)


async def _create(conn: Conn, wanted: CreateBlueprint) -> UUID:
    said = wanted.model_dump(exclude={"settings", "leave_out", "contribution", "actions", "entries"})
    made = await queries.one(conn, queries.CREATE_BLUEPRINT, **said, settings=queries.as_json(wanted.settings))
    blueprint_id: UUID = made["blueprint_id"]
    for entry_id in wanted.leave_out:
        await queries.rows(conn, queries.LEAVE_OUT, blueprint_id=blueprint_id, entry_id=entry_id)
    if wanted.contribution is not None:
        await queries.rows(conn, queries.CONTRIBUTE, blueprint_id=blueprint_id, **wanted.contribution.model_dump())
    for action in wanted.actions:
        await queries.rows(conn, queries.MERGE_ACTION, blueprint_id=blueprint_id, **action.model_dump())
    for entry in wanted.entries:
        row = entry.model_dump(exclude={"fields", "content"})
        content = None if entry.content is None else entry.content.encode()
        fields = queries.as_json(entry.fields)
        await queries.rows(
            conn, queries.SAVE_BLUEPRINT_ENTRY, blueprint_id=blueprint_id, **row, content=content, fields=fields
        )
    return blueprint_id
