"""`POST /v1/memory/import`: web pages, repositories and uploaded files into memory, by a swarm of its own.

Rule: an import is a swarm with one node: it is durable, it can be paused and has a budget, and its events are its
progress.
"""

from collections import Counter
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from pgswarm.api.database import Conn
from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.idempotency import IdempotencyKey, once
from pgswarm.api.ownership import require_swarm
from pgswarm.api.people.models import MOST_FILES
from pgswarm.api.principal import Principal
from pgswarm.api.problems import not_found, problems
from pgswarm.api.spaces import queries
from pgswarm.api.swarms.models import SWARM_ID, Budget, Started, StartSwarm
from pgswarm.api.swarms.queries import start
from pgswarm.schema.errors import InvalidInputError

router = APIRouter(prefix="/v1/memory", tags=["spaces"])

ACTION: Final = "memory/import"
MOST_SOURCES: Final = 100
_KNOWN: Final = """
select upload_id, name from pgswarm.upload where upload_id = any (%(files)s) and owner_id is not distinct from %(owner)s
"""


class ImportMemory(BaseModel):
    """What is to come into memory, and where."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"sources": ["https://www.postgresql.org/docs/18/mvcc.html"], "into": "references"}
        },
    )

    sources: list[Annotated[str, Field(min_length=1, max_length=2000)]] = Field(
        default_factory=list,
        max_length=MOST_SOURCES,
        description="Addresses of pages, files, and repositories (`git+https://…`).",
        examples=[["https://www.postgresql.org/docs/18/mvcc.html"]],
    )
    files: list[UUID] = Field(
        default_factory=list, max_length=MOST_FILES, description="Uploads, by id; of a zip archive the files in it."
    )
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
    files = list(dict.fromkeys(wanted.files))
    if files:
        rows = await queries.rows(conn, _KNOWN, files=files, owner=caller.account_id)
        names = {row["upload_id"]: row["name"] for row in rows}
        for file in files:
            if file not in names:
                raise not_found("files", file, "send the file first: POST /v1/uploads")
        twice = next((name for name, times in Counter(names.values()).items() if times > 1), None)
        if twice is not None:
            raise InvalidInputError(
                f"two of the files are called {twice}", field="files", hint="import them one by one"
            )
    args: dict[str, Any] = {"sources": wanted.sources, "into": wanted.into}
    if files:  # read where they are, and entered in one place: they are not attached to the swarm
        args["uploads"] = [str(file) for file in files]
    if wanted.swarm_id is not None:
        args["swarm_id"] = str(wanted.swarm_id)
    more: dict[str, Any] = {} if wanted.budget is None else {"budget": wanted.budget}
    count = len(wanted.sources) + len(files)
    return StartSwarm(goal=f"Import {count:,} sources into memory", action=ACTION, args=args, **more)
