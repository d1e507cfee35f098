"""`/v1/workers`: the processors, those that live, or all."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query

from pgswarm.api.dependencies import Caller, Db
from pgswarm.api.paging import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from pgswarm.api.workers.models import Worker

router = APIRouter(prefix="/v1/workers", tags=["operation"])

_LIST: Final = """
select w.worker_id, case when %(admin)s then w.host end as host, case when %(admin)s then w.pid end as pid, w.version,
       w.stopped_at is null and w.expires_at > pgswarm.clock() as alive, w.draining, w.fenced_writes, w.started_at,
       w.heartbeat_at, w.expires_at, w.stopped_at, w.stopped_reason, coalesce(l.running, 0) as running
  from pgswarm.worker w
  left join pgswarm.worker_load() l on l.worker_id = w.worker_id
 where (%(all)s or w.stopped_at is null and w.expires_at > pgswarm.clock())
   and (%(before)s::uuid is null or w.worker_id < %(before)s)
 order by w.worker_id desc
 limit %(limit)s
"""


@router.get("", summary="List the processors")
async def list_workers(
    caller: Caller,
    database: Db,
    *,
    all_: Annotated[bool, Query(alias="all", description="Also those that have ended.")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Worker]:
    """List the processors that work on this database, newest first."""
    before = decode_cursor(cursor, UUID)[0] if cursor else None
    asked = {"admin": caller.is_admin, "all": all_, "before": before, "limit": limit + 1}
    async with database.as_account(caller) as conn:
        rows = await (await conn.execute(_LIST, asked)).fetchall()
    items, next_cursor = page_of(rows, limit, lambda row: encode_cursor(str(row["worker_id"])))
    return Page(items=[Worker.model_validate(row) for row in items], next_cursor=next_cursor)
