"""The SQL of the routes of spaces: reads only. Shared entries have neither an owner nor a swarm."""

from typing import Any, Final
from uuid import UUID

from psycopg.rows import DictRow

from pgswarm.api.database import Conn
from pgswarm.api.ownership import seen_by
from pgswarm.api.principal import Principal
from pgswarm.api.problems import not_found

_ENTRIES: Final = """
select e.* from pgswarm.space_entry e
 where e.space = %(space)s
   and (%(admin)s or e.owner_id = %(account)s or e.owner_id is null and e.swarm_id is null)
   and (%(swarm_id)s::uuid is null or e.swarm_id = %(swarm_id)s)
   and (%(folder)s::text is null or starts_with(e.path, %(folder)s))
   and (%(after)s::uuid is null or e.entry_id > %(after)s)
 order by e.entry_id
 limit %(limit)s
"""
# What processors bring with them.
_ACTIONS: Final = """
select 'action' as space, a.action_id as path, split_part(a.action_id, '/', -1) as name, 'action' as kind,
       a.description,
       null::uuid as entry_id, null::uuid as swarm_id, null::uuid as author_node_id, a.version,
       'up_to_date' as status, 0 as size,
       jsonb_build_object('action_id', a.action_id, 'input_schema', a.input_schema, 'timeout_s', a.timeout_s,
                          'max_attempts', a.max_attempts, 'routable', a.routable, 'source', a.source) as fields,
       null::timestamptz as created_at, a.updated_at
  from pgswarm.action a
 where (%(folder)s::text is null or starts_with(a.action_id, %(folder)s))
   and (%(after)s::text is null or a.action_id > %(after)s)
 order by a.action_id
 limit %(limit)s
"""
_ENTRY: Final = """
select e.* from pgswarm.space_entry e
 where e.space = %(space)s and e.entry_id = %(entry_id)s
   and (%(admin)s or e.owner_id = %(account)s or e.owner_id is null and e.swarm_id is null)
"""
_CONTENT: Final = "select pgswarm.read_entry(swarm_id => %(swarm_id)s, entry_id => %(entry_id)s) as content"
_SEARCH: Final = """
select * from pgswarm.search_memory(swarm_id => %(swarm_id)s, query => %(query)s, max_results => %(limit)s)
"""
_BLUEPRINTS: Final = """
select * from pgswarm.blueprint b
 where (%(admin)s or b.owner_id is null or b.owner_id = %(account)s)
   and (%(after)s::uuid is null or b.blueprint_id > %(after)s)
 order by b.blueprint_id
 limit %(limit)s
"""


async def entries(conn: Conn, caller: Principal, **asked: Any) -> list[DictRow]:
    """Return the caller's entries of a space and the shared ones, by id."""
    return await (await conn.execute(_ENTRIES, {**asked, **seen_by(caller)})).fetchall()


async def actions(conn: Conn, *, folder: str | None, after: str | None, limit: int) -> list[DictRow]:
    """Return the actions that processors bring with them, by path."""
    return await (await conn.execute(_ACTIONS, {"folder": folder, "after": after, "limit": limit})).fetchall()


async def entry(conn: Conn, caller: Principal, space: str, entry_id: UUID) -> DictRow:
    """Return one entry; raise 404 where the caller may not see such a one."""
    asked = {"space": space, "entry_id": entry_id, **seen_by(caller)}
    row = await (await conn.execute(_ENTRY, asked)).fetchone()
    if row is None:
        raise not_found("entry_id", entry_id, "see GET /v1/spaces/{space}")
    return row


async def content(conn: Conn, row: DictRow) -> bytes:
    """Return what an entry holds, to the byte."""
    (found,) = await (await conn.execute(_CONTENT, row)).fetchall()
    if found["content"] is None:
        raise not_found("entry_id", row["entry_id"], "folders and pointers have no content")
    return bytes(found["content"])


async def search(conn: Conn, swarm_id: UUID, query: str, limit: int) -> list[DictRow]:
    """Return passages of a swarm's memory, best first."""
    return await (await conn.execute(_SEARCH, {"swarm_id": swarm_id, "query": query, "limit": limit})).fetchall()


async def blueprints(conn: Conn, caller: Principal, after: UUID | None, limit: int) -> list[DictRow]:
    """Return the caller's blueprints and those for everybody."""
    return await (await conn.execute(_BLUEPRINTS, {"after": after, "limit": limit, **seen_by(caller)})).fetchall()
