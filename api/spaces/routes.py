"""`/v1/spaces/{action|memory|util}`, `/v1/memory/search` and `/v1/blueprints`."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query
from psycopg.rows import DictRow
from starlette.responses import Response

from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.ownership import require_swarm
from pgswarm.api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of, wrong_cursor
from pgswarm.api.problems import problems
from pgswarm.api.spaces import queries
from pgswarm.api.spaces.models import Blueprint, Entry, Passage, Passages, Space

router = APIRouter(prefix="/v1", tags=["spaces"])

CONTENT = {
    200: {"description": "The content, to the byte.", "content": {"application/octet-stream": {}}},
    **problems(404),
}


@router.get("/spaces/{space}", responses=problems(404), summary="List the entries of a space")
async def list_entries(
    space: Space,
    caller: Caller,
    database: Db,
    *,
    swarm_id: Annotated[UUID | None, Query(description="Only those of this swarm.")] = None,
    folder: Annotated[str | None, Query(max_length=1000, description="Only paths that begin so.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Entry]:
    """List entries: in the space of actions first those that processors bring, then what swarms have filed."""
    built_in, after = decode_cursor(cursor, bool, str) if cursor else (space == "action" and swarm_id is None, "")
    rows: list[DictRow] = []
    next_cursor = None
    async with database.as_account(caller) as conn:
        if swarm_id is not None:
            await require_swarm(conn, caller, swarm_id)
        if built_in and space == "action" and swarm_id is None:
            found = await queries.actions(conn, folder=folder, after=after or None, limit=limit + 1)
            rows, next_cursor = page_of(found, limit, lambda row: encode_cursor(1, row["path"]))
            after = ""
        if next_cursor is None:
            asked = {"space": space, "swarm_id": swarm_id, "folder": folder, "after": _id(after)}
            found = await queries.entries(conn, caller, **asked, limit=limit - len(rows) + 1)
            more = len(found) > limit - len(rows)
            rows += found[: limit - len(rows)]
            if more:
                last = rows[-1]["entry_id"] if rows else None
                next_cursor = encode_cursor(0, str(last) if last else "")
    return Page(items=[Entry.model_validate(row) for row in rows], next_cursor=next_cursor)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise wrong_cursor() from None


@router.get("/spaces/{space}/{entry_id}", responses=problems(404), summary="Open an entry")
async def get_entry(space: Space, entry_id: UUID, caller: Caller, database: Db) -> Entry:
    """Open an entry: what it is, not what it holds."""
    async with database.as_account(caller) as conn:
        return Entry.model_validate(await queries.entry(conn, caller, space, entry_id))


@router.get(
    "/spaces/{space}/{entry_id}/content", response_class=Response, responses=CONTENT, summary="Read what an entry holds"
)
async def read_entry(space: Space, entry_id: UUID, caller: Caller, database: Db) -> Response:
    """Read what an entry holds. It is always handed out as a file: it may come from a model or a page."""
    async with database.as_account(caller) as conn:
        row = await queries.entry(conn, caller, space, entry_id)
        content = await queries.content(conn, row)
    named = f"attachment; filename*=UTF-8''{quote(row['name'], safe='')}"
    return Response(content, media_type="application/octet-stream", headers={"Content-Disposition": named})


@router.get("/memory/search", responses=problems(404), summary="Search a swarm's memory")
async def search_memory(
    caller: Caller,
    database: Db,
    swarm_id: Annotated[UUID, Query(description="The swarm whose memory is searched.")],
    query: Annotated[str, Query(min_length=1, max_length=1000, description="A few words.")],
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many passages.")] = 10,
) -> Passages:
    """Search by words (PostgreSQL's full-text search, English stems), best first."""
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        rows = await queries.search(conn, swarm_id, query, limit)
    return Passages(items=[Passage.model_validate(row) for row in rows])


@router.get("/blueprints", summary="List blueprints")
async def list_blueprints(caller: Caller, database: Db, limit: Limit = 100, cursor: Cursor = None) -> Page[Blueprint]:
    """List the caller's blueprints and those for everybody."""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    async with database.as_account(caller) as conn:
        rows = await queries.blueprints(conn, caller, after, limit + 1)
    items, next_cursor = page_of(rows, limit, lambda row: encode_cursor(str(row["blueprint_id"])))
    return Page(items=[Blueprint.model_validate(row) for row in items], next_cursor=next_cursor)
