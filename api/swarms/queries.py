"""The SQL of the routes of swarms. Changes go through the database's verbs; reads name who may see the rows."""

from typing import Any, Final
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from pgswarm.api.database import Conn
from pgswarm.api.ownership import seen_by
from pgswarm.api.principal import Principal
from pgswarm.api.problems import not_found
from pgswarm.api.swarms.models import StartSwarm

_START: Final = """
select pgswarm.start_swarm(goal => %(goal)s, action => %(action)s, args => %(args)s, owner => %(owner)s,
                           options => %(options)s) as swarm_id
"""
_STARTED: Final = "select swarm_id, root_node_id, status, created_at from pgswarm.swarm where swarm_id = %(swarm_id)s"
_LIST: Final = """
select o.*, s.conversation_id
  from pgswarm.swarm s
  join pgswarm.swarm_overview o on o.swarm_id = s.swarm_id
 where (%(admin)s or s.owner_id = %(account)s)
   and (%(status)s::text is null or s.status = %(status)s)
   and (%(conversation_id)s::uuid is null or s.conversation_id = %(conversation_id)s)
   and (%(before)s::uuid is null or s.swarm_id < %(before)s)
 order by s.swarm_id desc
 limit %(limit)s
"""
_ONE: Final = """
select o.*, pgswarm.whole_text(s.goal, s.goal_blob) as goal, pgswarm.whole_text(s.report, s.report_blob) as report,
       s.root_node_id, r.action, s.options, s.priority, s.share, s.blueprint_id, s.conversation_id, s.forked_from,
       s.forked_at_seq, s.history_from_seq, s.terminated_at,
       (select e.seq from pgswarm.event e where e.swarm_id = s.swarm_id order by e.seq desc limit 1) as last_seq,
       jsonb_build_object(
         'nodes', s.max_nodes, 'depth', s.max_depth, 'children', s.max_children, 'activations', s.max_activations,
         'llm_calls', s.max_llm_calls, 'tokens', s.max_tokens, 'cost_usd', s.max_cost_usd,
         'duration_s', s.max_duration_s) as budget,
       jsonb_build_object(
         'llm_calls', s.spent_llm_calls, 'tokens', s.spent_input_tokens + s.spent_output_tokens,
         'cost_usd', s.spent_cost_usd, 'reserved_tokens', s.reserved_tokens,
         'reserved_cost_usd', s.reserved_cost_usd) as spent,
       (select jsonb_build_object(
                 'blueprint_id', b.blueprint_id, 'name', b.name, 'version', b.version, 'newest_version',
                 (select max(n.version) from pgswarm.blueprint n
                   where n.name = b.name and n.owner_id is not distinct from b.owner_id))
          from pgswarm.blueprint b where b.blueprint_id = s.blueprint_id) as blueprint
  from pgswarm.swarm_overview o
  join pgswarm.swarm s on s.swarm_id = o.swarm_id
  join pgswarm.node r on r.swarm_id = s.swarm_id and r.node_id = s.root_node_id
 where o.swarm_id = %(swarm_id)s and (%(admin)s or s.owner_id = %(account)s)
"""
_STATUS: Final = "select status, paused_reason, outcome from pgswarm.swarm where swarm_id = %(swarm_id)s"
STEER: Final = {
    "pause": "select pgswarm.pause_swarm(swarm_id => %(swarm_id)s) as changed",
    "resume": "select pgswarm.resume_swarm(swarm_id => %(swarm_id)s) as changed",
    "cancel": "select pgswarm.cancel_swarm(swarm_id => %(swarm_id)s) as changed",
}
_DELETE: Final = "select pgswarm.delete_swarm(swarm_id => %(swarm_id)s)"


async def start(conn: Conn, caller: Principal, wanted: StartSwarm) -> DictRow:
    """Start a swarm that is the caller's; return its ids."""
    asked = {
        "goal": wanted.goal,
        "action": wanted.action,
        "args": Jsonb(wanted.args),
        "owner": caller.account_id,
        "options": Jsonb(wanted.options()),
    }
    (made,) = await (await conn.execute(_START, asked)).fetchall()
    (row,) = await (await conn.execute(_STARTED, made)).fetchall()
    return row


async def page(
    conn: Conn,
    caller: Principal,
    *,
    status: str | None,
    conversation_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> list[DictRow]:
    """Return the caller's swarms, newest first; an administrator sees everybody's."""
    asked = {"status": status, "conversation_id": conversation_id, "before": before, "limit": limit}
    return await (await conn.execute(_LIST, {**asked, **seen_by(caller)})).fetchall()


async def one(conn: Conn, caller: Principal, swarm_id: UUID) -> DictRow:
    """Return a swarm with its whole texts; raise 404 where it is not the caller's."""
    row = await (await conn.execute(_ONE, {"swarm_id": swarm_id, **seen_by(caller)})).fetchone()
    if row is None:
        raise not_found("swarm_id", swarm_id, "see GET /v1/swarms")
    return row


async def steer(conn: Conn, swarm_id: UUID, verb: str) -> dict[str, Any]:
    """Pause, resume or cancel a swarm; return whether that changed anything, and its status."""
    (done,) = await (await conn.execute(STEER[verb], {"swarm_id": swarm_id})).fetchall()
    (row,) = await (await conn.execute(_STATUS, {"swarm_id": swarm_id})).fetchall()
    return {"swarm_id": swarm_id, **done, **row}


async def delete(conn: Conn, swarm_id: UUID) -> None:
    """Delete a terminated swarm with everything that belongs to it."""
    await conn.execute(_DELETE, {"swarm_id": swarm_id})
