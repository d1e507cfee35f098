"""`POST /v1/memory/import`: web pages, repositories and uploaded files into memory, by a swarm of its own.

Rule: an import is a swarm with one node: it is durable, it can be paused and has a budget, and its events are its
progress.
"""

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from pgswarm.api.database import Conn
from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.idempotency import IdempotencyKey, once
from pgswarm.api.ownership import require_swarm, seen_by
from pgswarm.api.people.models import MOST_FILES
from pgswarm.api.principal import Principal
from pgswarm.api.problems import not_found, problems
from pgswarm.api.spaces import queries
from pgswarm.api.swarms.models import SWARM_ID, Budget, Started, StartSwarm
from pgswarm.api.swarms.queries import start

router = APIRouter(prefix="/v1/memory", tags=["spaces"])

ACTION: Final = "memory/import"
MOST_SOURCES: Final = 100
_NAMES: Final = """
select upload_id, name from pgswarm.upload
 where upload_id = any (%(files)s) and (%(admin)s or owner_id = %(account)s) order by upload_id
"""


class ImportMemory(BaseModel):
    """What is to come into memory, and where."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"sources": ["https://www.postgresql.org/docs/18/mvcc.html"], "into": "references"}
        },
    )

    sources: list[str] = Field(
        default_factory=list,
        max_length=MOST_SOURCES,
        description="Addresses of pages, files, and repositories (`git+https://…`).",
        examples=[["https://www.postgresql.org/docs/18/mvcc.html"]],
    )
    files: list[UUID] = Field(default_factory=list, max_length=MOST_FILES, description="Uploads, by id.")
    into: str = Field(default="", max_length=1000, description="The folder of memory.", examples=["references"])
    swarm_id: UUID | None = Field(
        default=None, examples=[SWARM_ID], description="Whose memory; none: that of the swarm which imports."
    )
    budget: Budget | None = None

    @model_validator(mode="after")
    def _something(self) -> "ImportMemory":
        if not self.sources and not self.files:
            raise ValueError("give sources, files, or both")
        return self


@router.post(
    "/import", status_code=201, response_model=Started, responses=problems(404, 409), summary="Import into memory"
)
async def import_memory(
    wanted: ImportMemory, caller: Caller, database: Db, request: Request, key: IdempotencyKey = None
) -> Response:
    """Start a swarm that imports. Each entry that it keeps is an event `memory.saved` of the swarm whose memory it is.

    The same again changes nothing. Its report says what was left out, and why.
    """
    async with database.as_account(caller) as conn:

        async def act() -> Started:
            if wanted.swarm_id is not None:
                await require_swarm(conn, caller, wanted.swarm_id)
            return Started.model_validate(await start(conn, caller, await _as_swarm(conn, caller, wanted)))

        return await once(conn, caller, request, key=key, body=wanted.model_dump(mode="json"), act=act)


async def _as_swarm(conn: Conn, caller: Principal, wanted: ImportMemory) -> StartSwarm:
    names: dict[Any, str] = {}
    if wanted.files:
        rows = await queries.rows(conn, _NAMES, files=wanted.files, **seen_by(caller))
        names = {row["upload_id"]: row["name"] for row in rows}
    for file in wanted.files:
        if file not in names:
            raise not_found("files", file, "send the file first: POST /v1/uploads")
    sources = [*wanted.sources, *(names[file] for file in wanted.files)]
    args: dict[str, Any] = {"sources": sources, "into": wanted.into}
    if wanted.swarm_id is not None:
        args["swarm_id"] = str(wanted.swarm_id)
    more: dict[str, Any] = {"files": wanted.files} if wanted.files else {}
    if wanted.budget is not None:
        more["budget"] = wanted.budget
    return StartSwarm(goal=f"Import {len(sources):,} sources into memory", action=ACTION, args=args, **more)
