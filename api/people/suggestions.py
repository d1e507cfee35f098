"""`/v1/suggestions`: what nodes suggest for improving their swarm; entries of kind `suggestion` in its memory."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.ownership import require_swarm, seen_by
from pgswarm.api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from pgswarm.api.people import queries
from pgswarm.api.people.models import Suggestion
from pgswarm.api.problems import problems

router = APIRouter(prefix="/v1/suggestions", tags=["control"])


@router.get("", responses=problems(404), summary="List what nodes suggest, newest first")
async def list_suggestions(
    caller: Caller,
    database: Db,
    *,
    swarm_id: Annotated[UUID | None, Query(description="Only those of this swarm.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Suggestion]:
    """List the suggestions of the caller's swarms, newest first. An administrator sees everybody's."""
    before = decode_cursor(cursor, UUID)[0] if cursor else None
    async with database.as_account(caller) as conn:
        if swarm_id is not None:
            await require_swarm(conn, caller, swarm_id)
        rows = await queries.rows(
            conn, queries.SUGGESTIONS, **seen_by(caller), swarm_id=swarm_id, before=before, limit=limit + 1
        )
    items, next_cursor = page_of(rows, limit, lambda row: encode_cursor(str(row["entry_id"])))
    return Page(items=[Suggestion.model_validate(row) for row in items], next_cursor=next_cursor)
