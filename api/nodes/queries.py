"""The SQL of the routes of nodes. Whose the swarm is has been checked before any of these."""

from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg import sql
from psycopg.rows import DictRow

from pgswarm.api.database import Conn
from pgswarm.api.nodes.models import NodeSummary
from pgswarm.api.problems import not_found

# A page's items are made as JSON where the rows are, so that Python need not take apart 10,000 nodes; and only when the
# page is known: sorted with their JSON, so many go by the disk.
_PAGE: Final = sql.SQL("select n.node_id, row_to_json(n)::text as item from (select {} from ({}) n) n")
_COLUMNS: Final = sql.SQL(", ").join([sql.Identifier("n", name) for name in NodeSummary.model_fields])


def _listing(query: LiteralString) -> bytes:
    return _PAGE.format(_COLUMNS, sql.SQL(query)).as_string().encode()


_LIST: Final = _listing("""
select n.* from pgswarm.node n
 where n.swarm_id = %(swarm_id)s
   and (%(status)s::text is null or n.status = %(status)s)
   and (%(action)s::text is null or n.action = %(action)s)
   and (%(after)s::uuid is null or n.node_id > %(after)s)
 order by n.node_id
 limit %(limit)s
""")
# `offset 0` keeps each step a walk along node_parent_idx.
_SUBTREE: Final = _listing("""
with recursive below as (
  select n.node_id from pgswarm.node n where n.swarm_id = %(swarm_id)s and n.node_id = %(under)s
  union all
  select k.node_id from below b
   cross join lateral (select c.node_id from pgswarm.node c where c.parent_id = b.node_id offset 0) k
),
page as (
  select n.* from below b
   cross join lateral (
     select m.* from pgswarm.node m where m.swarm_id = %(swarm_id)s and m.node_id = b.node_id offset 0) n
   where (%(status)s::text is null or n.status = %(status)s)
     and (%(action)s::text is null or n.action = %(action)s)
     and (%(after)s::uuid is null or n.node_id > %(after)s)
)
select n.* from page n order by n.node_id limit %(limit)s
""")
_CHILDREN: Final = _listing("""
select n.* from pgswarm.node n
 where n.parent_id = %(parent_id)s and n.swarm_id = %(swarm_id)s
   and (%(status)s::text is null or n.status = %(status)s)
   and (%(action)s::text is null or n.action = %(action)s)
   and (%(after)s::uuid is null or n.node_id > %(after)s)
 order by n.node_id
 limit %(limit)s
""")
_ONE: Final = """
select n.*, pgswarm.whole_text(n.directive, n.directive_blob) as directive,
       pgswarm.whole_text(n.report, n.report_blob) as report,
       (select count(*) from pgswarm.node c where c.parent_id = n.node_id) as children,
       (select count(*) from pgswarm.question q where q.node_id = n.node_id and q.closed_at is null) as open_questions,
       l.llm_calls, l.input_tokens, l.output_tokens, l.cost_usd
  from pgswarm.node n
 cross join lateral (
   select count(*) as llm_calls, coalesce(sum(c.input_tokens), 0) as input_tokens,
          coalesce(sum(c.output_tokens), 0) as output_tokens, coalesce(sum(c.cost_usd), 0) as cost_usd
     from pgswarm.llm_call c where c.swarm_id = n.swarm_id and c.node_id = n.node_id) l
 where n.swarm_id = %(swarm_id)s and n.node_id = %(node_id)s
"""
_CALLS: Final = """
select c.* from pgswarm.llm_call_whole c
 where c.swarm_id = %(swarm_id)s and c.node_id = %(node_id)s
   and (c.activation, c.call_no, c.request_hash) > (%(activation)s, %(call_no)s, %(request_hash)s)
 order by c.activation, c.call_no, c.request_hash
 limit %(limit)s
"""
_SPEND: Final = "select of_node as node_id, s.* from pgswarm.node_spend(%(swarm_id)s, %(node_id)s) s"
_EXISTS: Final = "select node_id from pgswarm.node where swarm_id = %(swarm_id)s and node_id = %(node_id)s"


async def page(conn: Conn, swarm_id: UUID, **asked: Any) -> list[DictRow]:
    """Return ids and JSON of nodes by `status`, `action`, `under` (it and all below) or `parent_id`, after `after`."""
    query = _SUBTREE if asked["under"] is not None else _LIST if asked["parent_id"] is None else _CHILDREN
    for field in ("under", "parent_id"):
        if asked[field] is not None:
            await require_node(conn, swarm_id, asked[field], field)
    return await (await conn.execute(query, {"swarm_id": swarm_id, **asked})).fetchall()


async def one(conn: Conn, swarm_id: UUID, node_id: UUID) -> DictRow:
    """Return a node with its whole texts; raise 404 where the swarm has no such node."""
    row = await (await conn.execute(_ONE, {"swarm_id": swarm_id, "node_id": node_id})).fetchone()
    if row is None:
        raise not_found("node_id", node_id, "see GET /v1/swarms/{swarm_id}/nodes")
    return row


async def calls(conn: Conn, swarm_id: UUID, node_id: UUID, after: tuple[int, int, str], limit: int) -> list[DictRow]:
    """Return a node's calls of models, oldest first, after the one whose key is `after`."""
    await require_node(conn, swarm_id, node_id)
    asked = dict(zip(("activation", "call_no", "request_hash"), after, strict=True))
    asked |= {"swarm_id": swarm_id, "node_id": node_id, "limit": limit}
    return await (await conn.execute(_CALLS, asked)).fetchall()


async def spend(conn: Conn, swarm_id: UUID, node_id: UUID) -> DictRow:
    """Return what a node spent, and its subtree; raise 404 where the swarm has no such node."""
    await require_node(conn, swarm_id, node_id)
    (row,) = await (await conn.execute(_SPEND, {"swarm_id": swarm_id, "node_id": node_id})).fetchall()
    return row


async def require_node(conn: Conn, swarm_id: UUID, node_id: UUID, field: str = "node_id") -> None:
    """Raise 404 where the swarm has no such node."""
    found = await conn.execute(_EXISTS, {"swarm_id": swarm_id, "node_id": node_id})
    if await found.fetchone() is None:
        raise not_found(field, node_id, "see GET /v1/swarms/{swarm_id}/nodes")
