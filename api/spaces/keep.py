"""`POST /v1/memory/entries`: what people put into a swarm's memory, over HTTP.

Rule: an entry is saved whole or not at all; the same again changes nothing, anything else under the same name is a new
version, and what it was can still be read.
"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from psycopg.rows import DictRow
from starlette.responses import Response

from pgswarm.api.database import Conn
from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.idempotency import IdempotencyKey, once
from pgswarm.api.ownership import require_swarm
from pgswarm.api.people.files import as_kept
from pgswarm.api.people.queries import CONTENT, upload, value
from pgswarm.api.principal import Principal
from pgswarm.api.problems import problems
from pgswarm.api.spaces import queries
from pgswarm.api.spaces.models import Entry, SaveEntry
from pgswarm.schema.errors import InvalidInputError

router = APIRouter(prefix="/v1/memory", tags=["spaces"])


@router.post(
    "/entries", status_code=201, response_model=Entry, responses=problems(404, 409), summary="Save an entry of memory"
)
async def save_entry(
    wanted: SaveEntry, caller: Caller, database: Db, request: Request, key: IdempotencyKey = None
) -> Response:
    """File a text, an upload, a folder or a pointer in a swarm's memory; of its folder's path what is missing is made.

    409 where the entry is not in `if_version` (0: where there is one), the place is shared, or the swarm has ended.
    """
    async with database.as_account(caller) as conn:
        await require_swarm(conn, caller, wanted.swarm_id)

        async def act() -> Entry:
            return Entry.model_validate(await _save(conn, caller, wanted))

        return await once(conn, caller, request, key=key, body=wanted.model_dump(mode="json"), act=act)


async def _save(conn: Conn, caller: Principal, wanted: SaveEntry) -> DictRow:
    kind, content = await _content(conn, caller, wanted)
    said: dict[str, Any] = wanted.model_dump(exclude={"kind", "content", "upload_id", "fields"})
    saved = await queries.one(
        conn, queries.SAVE, **said, kind=kind, content=content, fields=queries.as_json(wanted.fields)
    )
    entry_id: UUID = saved["entry_id"]
    return await queries.entry(conn, caller, "memory", entry_id)


async def _content(conn: Conn, caller: Principal, wanted: SaveEntry) -> tuple[str, bytes | None]:
    """Return the kind, by the name and the bytes where it is not said, and what is to be held."""
    if wanted.content is not None and wanted.upload_id is not None:
        raise InvalidInputError("both content and upload_id", field="upload_id", hint="give one of them")
    content = None if wanted.content is None else wanted.content.encode()
    if wanted.upload_id is not None:
        known = await upload(conn, caller, wanted.upload_id)
        return wanted.kind or known["kind"], bytes(await value(conn, CONTENT, upload_id=wanted.upload_id))
    if wanted.kind is not None:
        return wanted.kind, content
    if content is None:
        raise InvalidInputError(
            "neither content nor kind",
            field="content",
            hint="give a text, an upload_id, or the kind of what holds none",
        )
    return as_kept(wanted.name, content or b" ")[0], content
