"""The SQL of the routes of spaces. Shared entries have neither an owner nor a swarm."""

from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from pgswarm.api.database import Conn
from pgswarm.api.ownership import seen_by
from pgswarm.api.principal import Principal
from pgswarm.api.problems import Problem, not_found

_ENTRIES: Final = """
select e.* from pgswarm.space_entry e
 where e.space = %(space)s and e.kind <> 'folder'
   and (%(admin)s or e.owner_id = %(account)s or e.owner_id is null and e.swarm_id is null)
   and (%(swarm_id)s::uuid is null or e.swarm_id = %(swarm_id)s)
   and (%(folder)s::text is null or starts_with(e.path, %(folder)s))
   and (%(after)s::uuid is null or e.entry_id > %(after)s)
 order by e.entry_id
 limit %(limit)s
"""
_ENTRY: Final = """
select e.* from pgswarm.space_entry e
 where e.space = %(space)s and e.entry_id = %(entry_id)s
   and (%(admin)s or e.owner_id = %(account)s or e.owner_id is null and e.swarm_id is null)
"""
_CONTENT: Final = """
select pgswarm.read_entry(swarm_id => %(swarm_id)s, entry_id => %(entry_id)s, version => %(of_version)s,
                          blueprint_id => %(blueprint_id)s) as content
"""
_BLUEPRINTS: Final = """
select * from pgswarm.blueprint b
 where (%(admin)s or b.owner_id is null or b.owner_id = %(account)s)
   and (%(after)s::uuid is null or b.blueprint_id > %(after)s)
 order by b.blueprint_id
 limit %(limit)s
"""
_BLUEPRINT: Final = """
select * from pgswarm.blueprint b
 where b.blueprint_id = %(blueprint_id)s and (%(admin)s or b.owner_id is null or b.owner_id = %(account)s)
"""
SEARCH: Final = """
select * from pgswarm.search_memory(swarm_id => %(swarm_id)s, query => %(query)s, max_results => %(limit)s,
                                    folder_id => %(folder_id)s)
"""
LEVEL: Final = """
select * from pgswarm.list_level(swarm_id => %(swarm_id)s, space => %(space)s, folder_id => %(folder_id)s,
                                 after => %(after)s, max_entries => %(limit)s, blueprint_id => %(blueprint_id)s)
"""
FIND: Final = """
select pgswarm.find_entry(swarm_id => %(swarm_id)s, path => %(path)s, space => %(space)s,
                          blueprint_id => %(blueprint_id)s) as entry_id
"""
PATH: Final = """
select depth, place_id as entry_id, name, path, kind, description, portal, search
  from pgswarm.entry_path(swarm_id => %(swarm_id)s, entry_id => %(entry_id)s, blueprint_id => %(blueprint_id)s)
"""
HISTORY: Final = """
select * from pgswarm.entry_history(swarm_id => %(swarm_id)s, entry_id => %(entry_id)s, max_versions => %(limit)s,
                                    blueprint_id => %(blueprint_id)s)
"""
VERIFY: Final = """
select rule, entry_id, path, detail
  from pgswarm.verify_space(swarm_id => %(swarm_id)s, space => %(space)s, blueprint_id => %(blueprint_id)s)
"""
SAVE: Final = """
select pgswarm.save_entry(
  swarm_id => %(swarm_id)s, node_id => null, name => %(name)s, kind => %(kind)s, description => %(description)s,
  folder => %(folder)s, content => %(content)s, parent_id => %(parent_id)s, fields => %(fields)s, search => %(search)s,
  target_id => %(target_id)s, derived_from => %(derived_from)s::uuid[], if_version => %(if_version)s,
  space => %(space)s) as entry_id
"""
MOVE: Final = """
select pgswarm.move_entry(swarm_id => %(swarm_id)s, entry_id => %(entry_id)s, parent_id => %(parent_id)s,
                          name => %(name)s, if_version => %(if_version)s) as version
"""
MERGE: Final = """
select pgswarm.merge_entry(swarm_id => %(swarm_id)s, entry_id => %(entry_id)s, into_id => %(into_id)s,
                           if_version => %(if_version)s) as removed
"""
REMOVE: Final = """
select pgswarm.remove_entry(swarm_id => %(swarm_id)s, entry_id => %(entry_id)s, if_version => %(if_version)s) as removed
"""
CREATE_BLUEPRINT: Final = """
select pgswarm.create_blueprint(
  name => %(name)s, description => %(description)s, settings => %(settings)s, keys => %(keys)s::text[],
  based_on => %(based_on)s, shared => %(shared)s) as blueprint_id
"""
LEAVE_OUT: Final = "select pgswarm.remove_blueprint_entry(blueprint_id => %(blueprint_id)s, entry_id => %(entry_id)s)"
CONTRIBUTE: Final = """
select pgswarm.contribute_entries(blueprint_id => %(blueprint_id)s, swarm_id => %(swarm_id)s,
                                  entry_ids => %(entry_ids)s::uuid[])
"""
MERGE_ACTION: Final = """
select pgswarm.merge_action(blueprint_id => %(blueprint_id)s, swarm_id => %(swarm_id)s, action_id => %(action_id)s,
                            version => %(version)s, hash => %(hash)s)
"""
SAVE_BLUEPRINT_ENTRY: Final = """
select pgswarm.save_blueprint_entry(
  blueprint_id => %(blueprint_id)s, name => %(name)s, kind => %(kind)s, description => %(description)s,
  folder => %(folder)s, content => %(content)s, space => %(space)s, fields => %(fields)s, search => %(search)s,
  portal => %(portal)s)
"""


async def rows(conn: Conn, query: LiteralString, /, **asked: Any) -> list[DictRow]:
    """Return what a read or a verb gives."""
    return await (await conn.execute(query, asked)).fetchall()


async def one(conn: Conn, query: LiteralString, /, **asked: Any) -> DictRow:
    """Return the one row that a read or a verb gives."""
    (found,) = await rows(conn, query, **asked)
    return found


def as_json(value: Any) -> Jsonb | None:
    """Return a value as `jsonb`; None stays null."""
    return None if value is None else Jsonb(value)


async def entries(conn: Conn, caller: Principal, **asked: Any) -> list[DictRow]:
    """Return the caller's entries of a space and the shared ones, by id, without the folders."""
    return await rows(conn, _ENTRIES, **asked, **seen_by(caller))


async def entry(conn: Conn, caller: Principal, space: str, entry_id: UUID) -> DictRow:
    """Return one entry; raise 404 where the caller may not see such a one."""
    found = await rows(conn, _ENTRY, space=space, entry_id=entry_id, **seen_by(caller))
    if not found:
        raise not_found("entry_id", entry_id, "see GET /v1/spaces/{space}")
    return found[0]


async def own_entry(conn: Conn, caller: Principal, space: str, entry_id: UUID) -> DictRow:
    """Return one entry of a swarm's; raise 409 where it is shared."""
    found = await entry(conn, caller, space, entry_id)
    if found["swarm_id"] is None:
        raise Problem(
            409,
            detail=f"entry {found['path']} is shared",
            field="entry_id",
            remedy="what is built in or a blueprint's does not change: make a new version of the blueprint",
        )
    return found


async def content(conn: Conn, row: DictRow, version: int | None) -> bytes:
    """Return what an entry holds, or held in a version, to the byte."""
    found = await one(conn, _CONTENT, **row, of_version=version)
    if found["content"] is None:
        raise not_found("entry_id", row["entry_id"], "folders have no content, and versions end with the newest")
    return bytes(found["content"])


async def blueprints(conn: Conn, caller: Principal, after: UUID | None, limit: int) -> list[DictRow]:
    """Return the caller's blueprints and those for everybody."""
    return await rows(conn, _BLUEPRINTS, after=after, limit=limit, **seen_by(caller))


async def blueprint(conn: Conn, caller: Principal, blueprint_id: UUID) -> DictRow:
    """Return one blueprint; raise 404 where the caller may not see such a one."""
    found = await rows(conn, _BLUEPRINT, blueprint_id=blueprint_id, **seen_by(caller))
    if not found:
        raise not_found("blueprint_id", blueprint_id, "see GET /v1/blueprints")
    return found[0]
