"""`/healthz` says that the process answers; `/readyz` that the database does, and was migrated; `/metrics` counts."""

from typing import Annotated, Any, Final, Literal

import psycopg
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, Field
from starlette.responses import Response

from pgswarm import __version__
from pgswarm.api.dependencies import Db
from pgswarm.api.health.metrics import Metrics
from pgswarm.api.problems import Problem, problems

router = APIRouter(tags=["operation"])

_READY: Final = """
select to_regclass('pgswarm.swarm') is not null and to_regprocedure('pgswarm.clock()') is not null as migrated
"""
_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/plain": {"example": "pgswarm_database_up 1.0"}}}
}


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
        row = await (await conn.execute(_READY)).fetchone()
    if row is None or not row["migrated"]:
        raise Problem(503, detail="the database has no pgswarm in it", remedy="run `pgswarm migrate`")
    return Health()


@router.get("/metrics", response_class=Response, responses=_TEXT, summary="Metrics for Prometheus")
async def metrics(request: Request, database: Db) -> Response:
    """Give the metrics of this process and of the database, in Prometheus's text format."""
    counted: Metrics = request.app.state.metrics
    try:
        async with database.as_system() as conn:
            await counted.look(conn)
    except (psycopg.Error, PoolTimeout):
        counted.down()
    return Response(counted.text(), media_type=CONTENT_TYPE_LATEST)
