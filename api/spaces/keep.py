"""`POST /v1/{memory,action,util}/entries`: what people put into the spaces of a swarm, over HTTP.

Rule: an entry is saved whole or not at all; the same again changes nothing, anything else under the same name is a new
version, and what it was can still be read.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from psycopg.rows import DictRow
from starlette.responses import Response

from pgswarm.api.database import Conn, Database
from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.idempotency import IdempotencyKey, once
from pgswarm.api.ownership import require_swarm
from pgswarm.api.people.files import as_kept
from pgswarm.api.people.queries import CONTENT, upload, value
from pgswarm.api.principal import Principal
from pgswarm.api.problems import problems
from pgswarm.api.spaces import queries
from pgswarm.api.spaces.models import Entry, SaveAction, SaveEntry, SaveUtil, Space
from pgswarm.schema.errors import InvalidInputError

router = APIRouter(prefix="/v1", tags=["spaces"])


@router.post(
    "/memory/entries",
    status_code=201,
    response_model=Entry,
    responses=problems(404, 409),
    summary="Save an entry of memory",
)
async def save_entry(
    wanted: SaveEntry, caller: Caller, database: Db, request: Request, key: IdempotencyKey = None
) -> Response:
    """File a text, an upload, a folder or a pointer in a swarm's memory; of its folder's path what is missing is made.

    409 where the entry is not in `if_version` (0: where there is one), the place is shared, or the swarm has ended.
    """
    return await _saved(Asked("memory", wanted, caller, database, request, key))


@router.post(
    "/action/entries",
    status_code=201,
    response_model=Entry,
    responses=problems(404, 409),
    summary="Save an entry of the action space",
)
async def save_action(
    wanted: SaveAction, caller: Caller, database: Db, request: Request, key: IdempotencyKey = None
) -> Response:
    """Show an action to the routers of one swarm, by a name and words of its own. 409 as for memory.

    What runs is what processors have under `fields.action_id`. An action that a swarm is to write itself is made by
    `action/create`, reviewed, and never saved here; what swarms of a blueprint find is filed by `POST /v1/blueprints`.
    """
    return await _saved(Asked("action", wanted, caller, database, request, key))


@router.post(
    "/util/entries",
    status_code=201,
    response_model=Entry,
    responses=problems(404, 409),
    summary="Save an entry of the util space",
)
async def save_util(
    wanted: SaveUtil, caller: Caller, database: Db, request: Request, key: IdempotencyKey = None
) -> Response:
    """File a function for the code of one swarm. 409 as for memory; for a blueprint it is `POST /v1/blueprints`."""
    return await _saved(Asked("util", wanted, caller, database, request, key))


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to save an entry of a space."""

    space: Space
    wanted: SaveEntry | SaveAction | SaveUtil
    caller: Principal
    database: Database
    request: Request
    key: str | None


async def _saved(asked: Asked) -> Response:
    wanted, caller = asked.wanted, asked.caller
    async with asked.database.as_account(caller) as conn:
        await require_swarm(conn, caller, wanted.swarm_id)

        async def act() -> Entry:
            return Entry.model_validate(await _save(conn, caller, asked.space, wanted))

        body = wanted.model_dump(mode="json")
        return await once(conn, caller, asked.request, key=asked.key, body=body, act=act)


async def _save(conn: Conn, caller: Principal, space: Space, wanted: SaveEntry | SaveAction | SaveUtil) -> DictRow:
    kind: str = wanted.kind or ""
    content = None if wanted.content is None else wanted.content.encode()
    if isinstance(wanted, SaveEntry):
        kind, content = await _content(conn, caller, wanted)
    said: dict[str, Any] = wanted.model_dump(exclude={"kind", "content", "upload_id", "fields"})
    saved = await queries.one(
        conn, queries.SAVE, **said, space=space, kind=kind, content=content, fields=queries.as_json(wanted.fields)
    )
    entry_id: UUID = saved["entry_id"]
    return await queries.entry(conn, caller, space, entry_id)


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
