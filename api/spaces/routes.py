"""`/v1/spaces/{action|memory|util}`, what is read of it, and `/v1/memory/search`."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.ownership import require_swarm
from pgswarm.api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from pgswarm.api.problems import not_found, problems
from pgswarm.api.spaces import queries
from pgswarm.api.spaces.models import (
    LARGEST,
    Entry,
    EntryHistory,
    EntryPlaces,
    EntryVersion,
    Flaw,
    Flaws,
    LevelEntry,
    Passage,
    Passages,
    Place,
    Space,
)

router = APIRouter(prefix="/v1", tags=["spaces"])

CONTENT = {
    200: {"description": "The content, to the byte.", "content": {"application/octet-stream": {}}},
    **problems(404),
}
OfSwarm = Annotated[UUID | None, Query(description="As this swarm sees it.")]
OfBlueprint = Annotated[UUID | None, Query(description="As this blueprint has it.")]
Version = Annotated[int | None, Query(ge=1, le=LARGEST, description="As it was in this version.")]


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
    """List the caller's entries and the shared ones, folders left out; `…/level` shows the tree."""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    async with database.as_account(caller) as conn:
        if swarm_id is not None:
            await require_swarm(conn, caller, swarm_id)
        asked = {"space": space, "swarm_id": swarm_id, "folder": folder, "after": after, "limit": limit + 1}
        rows = await queries.entries(conn, caller, **asked)
    items, next_cursor = page_of(rows, limit, lambda row: encode_cursor(str(row["entry_id"])))
    return Page(items=[Entry.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/spaces/{space}/level", responses=problems(404), summary="List one level of a space")
async def list_level(
    space: Space,
    caller: Caller,
    database: Db,
    *,
    swarm_id: OfSwarm = None,
    blueprint_id: OfBlueprint = None,
    folder_id: Annotated[UUID | None, Query(description="What lies right below this folder; none: the root.")] = None,
    path: Annotated[str | None, Query(max_length=5000, description="The folder by its path.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[LevelEntry]:
    """List one level by name: the swarm's own entries, its blueprint's and what is built in, as one tree."""
    asked = {"space": space, "swarm_id": swarm_id, "blueprint_id": blueprint_id}
    after = decode_cursor(cursor, str)[0] if cursor else None
    async with database.as_account(caller) as conn:
        if path and folder_id is None:
            folder_id = (await queries.one(conn, queries.FIND, **asked, path=path))["entry_id"]
            if folder_id is None:
                raise not_found("path", path, "see the level above it")
        rows = await queries.rows(conn, queries.LEVEL, **asked, folder_id=folder_id, after=after, limit=limit + 1)
    items, next_cursor = page_of(rows, limit, lambda row: encode_cursor(row["name"]))
    return Page(items=[LevelEntry.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/spaces/{space}/verify", responses=problems(404), summary="Say what does not hold in a space")
async def verify_space(
    space: Space, caller: Caller, database: Db, *, swarm_id: OfSwarm = None, blueprint_id: OfBlueprint = None
) -> Flaws:
    """Check kinds, fields, folders, pointers and sources of a swarm's space, a blueprint's, or the built-in one."""
    asked = {"space": space, "swarm_id": swarm_id, "blueprint_id": blueprint_id}
    async with database.as_account(caller) as conn:
        rows = await queries.rows(conn, queries.VERIFY, **asked)
    return Flaws(items=[Flaw.model_validate(row) for row in rows])


@router.get("/spaces/{space}/{entry_id}", responses=problems(404), summary="Open an entry")
async def get_entry(space: Space, entry_id: UUID, caller: Caller, database: Db) -> Entry:
    """Open an entry: what it is, not what it holds."""
    async with database.as_account(caller) as conn:
        return Entry.model_validate(await queries.entry(conn, caller, space, entry_id))


@router.get(
    "/spaces/{space}/{entry_id}/content", response_class=Response, responses=CONTENT, summary="Read what an entry holds"
)
async def read_entry(space: Space, entry_id: UUID, caller: Caller, database: Db, version: Version = None) -> Response:
    """Read what an entry holds. It is always handed out as a file: it may come from a model or a page."""
    async with database.as_account(caller) as conn:
        row = await queries.entry(conn, caller, space, entry_id)
        content = await queries.content(conn, row, version)
    named = f"attachment; filename*=UTF-8''{quote(row['name'], safe='')}"
    return Response(content, media_type="application/octet-stream", headers={"Content-Disposition": named})


@router.get("/spaces/{space}/{entry_id}/path", responses=problems(404), summary="Show the way to an entry")
async def get_entry_path(space: Space, entry_id: UUID, caller: Caller, database: Db) -> EntryPlaces:
    """Show the folders above an entry, from the root down, and how each is searched."""
    async with database.as_account(caller) as conn:
        rows = await queries.rows(conn, queries.PATH, **await queries.entry(conn, caller, space, entry_id))
    return EntryPlaces(items=[Place.model_validate(row) for row in rows])


@router.get("/spaces/{space}/{entry_id}/history", responses=problems(404), summary="Show what an entry was")
async def get_entry_history(
    space: Space,
    entry_id: UUID,
    caller: Caller,
    database: Db,
    *,
    swarm_id: Annotated[UUID | None, Query(description="Whose it was, where it has been removed.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many versions.")] = 100,
) -> EntryHistory:
    """Show the versions of an entry, the newest first: who made each, when, and from which node."""
    asked = {"swarm_id": swarm_id, "blueprint_id": None, "entry_id": entry_id, "limit": limit}
    async with database.as_account(caller) as conn:
        if swarm_id is None:
            row = await queries.entry(conn, caller, space, entry_id)
            asked |= {"swarm_id": row["swarm_id"], "blueprint_id": row["blueprint_id"]}
        rows = await queries.rows(conn, queries.HISTORY, **asked)
    return EntryHistory(items=[EntryVersion.model_validate(row) for row in rows])


@router.get("/memory/search", responses=problems(404), summary="Search a swarm's memory")
async def search_memory(
    caller: Caller,
    database: Db,
    *,
    swarm_id: Annotated[UUID, Query(description="The swarm whose memory is searched.")],
    query: Annotated[str, Query(min_length=1, max_length=1000, description="A few words.")],
    folder_id: Annotated[UUID | None, Query(description="Only what lies below this folder.")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many passages.")] = 10,
) -> Passages:
    """Search by words (PostgreSQL's full-text search, English stems), best first; the blueprint's memory too."""
    asked = {"swarm_id": swarm_id, "query": query, "folder_id": folder_id, "limit": limit}
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        rows = await queries.rows(conn, queries.SEARCH, **asked)
    return Passages(items=[Passage.model_validate(row) for row in rows])
