"""`/v1/uploads`: files that an account sends, to be attached to goals, messages and answers.

Rule: a file is kept by its content; the same name and content again is the same upload. What comes back is never shown
by a browser as a page of ours.
"""

import asyncio
import hashlib
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, File, Request, UploadFile
from starlette.responses import Response

from pgswarm.api.database import Conn
from pgswarm.api.dependencies import Caller, Db, Settings
from pgswarm.api.idempotency import IdempotencyKey, once
from pgswarm.api.ownership import seen_by
from pgswarm.api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from pgswarm.api.people import queries
from pgswarm.api.people.files import as_kept, plain_name
from pgswarm.api.people.models import MOST_FILES, Upload, Uploaded
from pgswarm.api.problems import problems

router = APIRouter(prefix="/v1/uploads", tags=["uploads"])

_LARGE_BYTES: Final = 1_000_000
_LARGE_AT_ONCE: Final = asyncio.Semaphore(2)  # each is in memory whole, more than once

Sent = Annotated[list[UploadFile], File(alias="file", min_length=1, max_length=MOST_FILES)]


@router.post("", status_code=201, response_model=Uploaded, responses=problems(409), summary="Send files")
async def send_files(
    files: Sent, caller: Caller, database: Db, request: Request, *, settings: Settings, key: IdempotencyKey = None
) -> Response:
    """Send one file or several, as fields `file` of a form. Text is kept as UTF-8, everything else as it is.

    All or none are kept. 409 where the account would have more than the operator allows one.
    """
    quota_bytes = settings.max_account_upload_bytes
    if sum(file.size or 0 for file in files) <= _LARGE_BYTES:
        return await _keep_all(files, caller, database, request, quota_bytes=quota_bytes, key=key)
    async with _LARGE_AT_ONCE:
        return await _keep_all(files, caller, database, request, quota_bytes=quota_bytes, key=key)


@router.get("", summary="List uploads, newest first")
async def list_uploads(caller: Caller, database: Db, *, limit: Limit = 50, cursor: Cursor = None) -> Page[Upload]:
    """List the files that the caller has sent, newest first."""
    before = decode_cursor(cursor, UUID)[0] if cursor else None
    async with database.as_account(caller) as conn:
        rows = await queries.rows(conn, queries.UPLOADS, **seen_by(caller), before=before, limit=limit + 1)
    items, next_cursor = page_of(rows, limit, lambda row: encode_cursor(str(row["upload_id"])))
    return Page(items=[Upload.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/{upload_id}", responses=problems(404), summary="Open an upload")
async def get_upload(upload_id: UUID, caller: Caller, database: Db) -> Upload:
    """Return what is known of a file; its content is at `/content`."""
    async with database.as_account(caller) as conn:
        return Upload.model_validate(await queries.upload(conn, caller, upload_id))


@router.delete("/{upload_id}", status_code=204, responses=problems(404), summary="Delete an upload")
async def delete_upload(upload_id: UUID, caller: Caller, database: Db) -> None:
    """Forget a file, so that it counts no more. The goals, messages and answers that it was attached to keep it."""
    async with database.as_account(caller) as conn:
        await queries.upload(conn, caller, upload_id)
        await queries.value(conn, queries.FORGET, upload_id=upload_id)


@router.get(
    "/{upload_id}/content",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}, **problems(404)},
    summary="Download an upload",
)
async def get_upload_content(upload_id: UUID, caller: Caller, database: Db) -> Response:
    """Return a file's content, to be saved and not to be shown."""
    async with database.as_account(caller) as conn:
        found = await queries.upload(conn, caller, upload_id)
        content = await queries.value(conn, queries.CONTENT, upload_id=upload_id)
    disposition = f"attachment; filename*=UTF-8''{quote(found['name'], safe='')}"
    return Response(bytes(content), media_type="application/octet-stream", headers={"Content-Disposition": disposition})


async def _keep_all(
    files: list[UploadFile], caller: Caller, database: Db, request: Request, *, quota_bytes: int, key: str | None
) -> Response:
    kept: list[dict[str, Any]] = []
    for file in files:
        name = plain_name(file.filename)
        kind, content, encoding = as_kept(name, await file.read())
        media_type = (file.content_type or "")[:200]
        kept.append({
            "name": name, "kind": kind, "content": content, "media_type": media_type, "encoding": encoding,
            "quota_bytes": quota_bytes,
        })  # fmt: skip
    body = [[row["name"], hashlib.sha256(row["content"]).hexdigest()] for row in kept]
    async with database.as_account(caller) as conn:
        return await once(conn, caller, request, key=key, body=body, act=lambda: _keep(conn, caller, kept))


async def _keep(conn: Conn, caller: Caller, files: list[dict[str, Any]]) -> Uploaded:
    items = []
    for file in files:
        upload_id = await queries.value(conn, queries.KEEP, **file, owner=caller.account_id)
        items.append(Upload.model_validate(await queries.upload(conn, caller, upload_id)))
    return Uploaded(items=items)
