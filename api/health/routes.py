"""`/healthz` says that the process answers; `/readyz` that the database does, and has this version's schema."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from pgswarm import __version__
from pgswarm.api.dependencies import Db
from pgswarm.api.problems import problems

router = APIRouter(tags=["operation"])

_READY = "select pgswarm.clock() is not null as ready"


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: Annotated[str, Field(examples=["0.1.0"])] = __version__


@router.get("/healthz", summary="Whether the process answers")
async def healthz() -> Health:
    """Say that the process answers; the database is not asked."""
    return Health()


@router.get("/readyz", summary="Whether requests can be served", responses=problems(503))
async def readyz(database: Db) -> Health:
    """Say that the database answers and holds pgswarm; 503 where it does not."""
    async with database.as_system() as conn:
        await conn.execute(_READY)
    return Health()
