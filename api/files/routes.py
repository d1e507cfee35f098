"""`/v1/swarms/{swarm_id}/files`: the workspace of a swarm, listed and read.

Rule: a path is a key of a table and is never opened; a file goes out in pieces, each on a connection of its own
for as long as it is read. It came from a model's code: it is handed out to be saved, and never shown as a page of ours.
"""

from collections.abc import AsyncIterator
from typing import Annotated, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from pgswarm.api.database import Database
from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.etags import NOT_MODIFIED, matches
from pgswarm.api.files.models import WorkspaceFile
from pgswarm.api.ownership import require_swarm
from pgswarm.api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from pgswarm.api.principal import Principal
from pgswarm.api.problems import not_found, problems

router = APIRouter(prefix="/v1/swarms/{swarm_id}/files", tags=["files"])

PIECE_BYTES: Final = 4_000_000
LONGEST_PATH: Final = 500
CONTENT: Final = {
    **NOT_MODIFIED,
    200: {"description": "The content, to the byte.", "content": {"application/octet-stream": {}}},
}
_LIST: Final = """
select path, kind, size, executable, blob as sha256, node_id, seq, at
  from pgswarm.workspace w
 where w.swarm_id = %(swarm_id)s and (%(folder)s = '' or starts_with(w.path, %(folder)s || '/'))
   and w.path > %(after)s
 order by w.path
 limit %(limit)s
"""
_FILE: Final = """
select path, size, blob from pgswarm.workspace w
 where w.swarm_id = %(swarm_id)s and w.path = %(path)s and w.kind = 'file'
"""
_PIECE: Final = """
select pgswarm.read_file_part(swarm_id => %(swarm_id)s, path => %(path)s, blob => %(blob)s, first_byte => %(first)s,
                              bytes => %(bytes)s) as content
"""


@router.get("", responses=problems(404), summary="List a swarm's files")
async def list_files(
    swarm_id: UUID,
    caller: Caller,
    database: Db,
    *,
    folder: Annotated[str, Query(max_length=LONGEST_PATH, description="Only what lies below this folder.")] = "",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[WorkspaceFile]:
    """List the files and folders of a swarm's workspace as they lie there now, by path."""
    after = decode_cursor(cursor, str)[0] if cursor else ""
    asked = {"swarm_id": swarm_id, "folder": folder.strip("/"), "after": after, "limit": limit + 1}
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        rows = await (await conn.execute(_LIST, asked)).fetchall()
    items, next_cursor = page_of(rows, limit, lambda row: encode_cursor(row["path"]))
    return Page(items=[WorkspaceFile.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/content", response_class=Response, responses=CONTENT, summary="Download a file")
async def read_file(
    swarm_id: UUID,
    caller: Caller,
    database: Db,
    request: Request,
    path: Annotated[str, Query(min_length=1, max_length=LONGEST_PATH, description="The file, as the list shows it.")],
) -> Response:
    """Read a file of a swarm's workspace, as it lay there when this began, whatever nodes do meanwhile."""
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, swarm_id)
        file = await (await conn.execute(_FILE, {"swarm_id": swarm_id, "path": path})).fetchone()
    if file is None:
        raise not_found("path", path, "see GET /v1/swarms/{swarm_id}/files")
    tag = f'"{file["blob"][:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(path.rpartition('/')[2], safe='')}"
    headers["Content-Length"] = str(file["size"])
    pieces = _pieces(database, caller, swarm_id, path, blob=file["blob"], size=file["size"])
    return StreamingResponse(pieces, media_type="application/octet-stream", headers=headers)


async def _pieces(
    database: Database, caller: Principal, swarm_id: UUID, path: str, *, blob: str, size: int
) -> AsyncIterator[bytes]:
    asked = {"swarm_id": swarm_id, "path": path, "blob": blob, "bytes": PIECE_BYTES}
    for first in range(1, size + 1, PIECE_BYTES):
        async with database.as_account(caller) as conn:
            (row,) = await (await conn.execute(_PIECE, {**asked, "first": first})).fetchall()
        if row["content"] is None:  # the swarm was deleted meanwhile: the answer ends short of its Content-Length
            return
        yield bytes(row["content"])
