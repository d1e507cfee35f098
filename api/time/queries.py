"""The SQL of the routes of time. Each of these functions checks once more whose the swarm is."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.rows import DictRow

from pgswarm.api.database import Conn

_MAKE: Final = {
    "fork": "select pgswarm.fork_swarm(swarm_id => %(swarm_id)s, at_seq => %(at_seq)s) as swarm_id",
    "copy": "select pgswarm.copy_swarm(swarm_id => %(swarm_id)s) as swarm_id",
}
_MADE: Final = """
select swarm_id, root_node_id, status, forked_from, forked_at_seq, created_at
  from pgswarm.swarm where swarm_id = %(swarm_id)s
"""
_SEQ_AT: Final = "select pgswarm.seq_at(swarm_id => %(swarm_id)s, at => %(at)s) as seq"
_MOMENT: Final = """
select e.seq, e.at from pgswarm.event e
 where e.swarm_id = %(swarm_id)s and e.seq <= %(seq)s order by e.seq desc limit 1
"""
_STATE: Final = """
select * from pgswarm.state_at(swarm_id => %(swarm_id)s, seq => %(seq)s)
 where %(after)s::uuid is null or node_id > %(after)s
 order by node_id limit %(limit)s
"""
_HISTORY: Final = """
select %(swarm_id)s::uuid as swarm_id, h.*
  from pgswarm.read_history(swarm_id => %(swarm_id)s, after_seq => %(after_seq)s, max_events => %(limit)s) h
"""
_LAST: Final = "select e.seq from pgswarm.event e where e.swarm_id = %(swarm_id)s order by e.seq desc limit 1"
_DIFF: Final = "select pgswarm.diff_swarms(swarm_id => %(here)s, other_id => %(there)s, max_nodes => %(limit)s) as diff"


async def make(conn: Conn, verb: str, swarm_id: UUID, at_seq: int | None = None) -> DictRow:
    """Fork or copy a swarm; return the row of the new one."""
    made = await _one(conn, _MAKE[verb], swarm_id=swarm_id, at_seq=at_seq)
    return await _one(conn, _MADE, swarm_id=made["swarm_id"])


async def moment(conn: Conn, swarm_id: UUID, seq: int | None, at: datetime | None) -> tuple[int, datetime | None]:
    """Return the seq and the time of the last event by then; the newest where neither is given, (0, None) for none."""
    if at is not None:
        seq = (await _one(conn, _SEQ_AT, swarm_id=swarm_id, at=at))["seq"]
    elif seq is None:
        seq = (await _one(conn, _LAST, swarm_id=swarm_id))["seq"]
    found = await (await conn.execute(_MOMENT, {"swarm_id": swarm_id, "seq": seq})).fetchone()
    return (0, None) if found is None else (found["seq"], found["at"])


async def state(conn: Conn, swarm_id: UUID, seq: int, after: UUID | None, limit: int) -> list[DictRow]:
    """Return the nodes as they were after event `seq`, by id, after the one whose id is `after`."""
    asked = {"swarm_id": swarm_id, "seq": seq, "after": after, "limit": limit}
    return await (await conn.execute(_STATE, asked)).fetchall()


async def history(conn: Conn, swarm_id: UUID, after_seq: int, limit: int) -> tuple[list[DictRow], int]:
    """Return events after a seq, oldest first, and the newest seq that there is."""
    asked = {"swarm_id": swarm_id, "after_seq": after_seq, "limit": limit}
    rows = await (await conn.execute(_HISTORY, asked)).fetchall()
    return rows, (await _one(conn, _LAST, swarm_id=swarm_id))["seq"]


async def diff(conn: Conn, here: UUID, there: UUID, limit: int) -> Any:
    """Return what differs between two swarms, as a document."""
    return (await _one(conn, _DIFF, here=here, there=there, limit=limit))["diff"]


async def _one(conn: Conn, query: str, **asked: Any) -> DictRow:
    found = await (await conn.execute(query.encode(), asked)).fetchone()
    if found is None:
        raise LookupError("the query gives one row")
    return found
