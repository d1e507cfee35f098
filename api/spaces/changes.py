"""What changes in a space over HTTP: entries of a swarm's own are moved, merged, removed.

Rule: what is shared does not change; `if_version` keeps two people from undoing each other's work unseen.
"""

from uuid import UUID

from fastapi import APIRouter

from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.problems import problems
from pgswarm.api.spaces import queries
from pgswarm.api.spaces.models import Gone, MergeEntry, Moved, MoveEntry, RemoveEntry, Space

router = APIRouter(prefix="/v1/spaces/{space}/{entry_id}", tags=["spaces"], responses=problems(404, 409))


@router.post("/move", summary="Move or rename an entry")
async def move_entry(space: Space, entry_id: UUID, wanted: MoveEntry, caller: Caller, database: Db) -> Moved:
    """Put an entry below another folder, give it another name, or both. Its id stays, and all below it goes along."""
    async with database.as_account(caller) as conn:
        row = await queries.own_entry(conn, caller, space, entry_id)
        moved = await queries.one(
            conn, queries.MOVE, swarm_id=row["swarm_id"], entry_id=entry_id, **wanted.model_dump()
        )
    return Moved(entry_id=entry_id, version=moved["version"])


@router.post("/merge", summary="Merge an entry into another")
async def merge_entry(space: Space, entry_id: UUID, wanted: MergeEntry, caller: Caller, database: Db) -> Gone:
    """Give all that a folder holds to another folder, or let an entry's twin stand for it."""
    async with database.as_account(caller) as conn:
        row = await queries.own_entry(conn, caller, space, entry_id)
        gone = await queries.one(
            conn, queries.MERGE, swarm_id=row["swarm_id"], entry_id=entry_id, **wanted.model_dump()
        )
    return Gone.model_validate(gone)


@router.post("/remove", summary="Remove an entry")
async def remove_entry(
    space: Space, entry_id: UUID, caller: Caller, database: Db, wanted: RemoveEntry | None = None
) -> Gone:
    """Take an entry away, with all below it and the pointers to it. Its history stays."""
    if_version = None if wanted is None else wanted.if_version
    async with database.as_account(caller) as conn:
        row = await queries.own_entry(conn, caller, space, entry_id)
        gone = await queries.one(
            conn, queries.REMOVE, swarm_id=row["swarm_id"], entry_id=entry_id, if_version=if_version
        )
    return Gone.model_validate(gone)
