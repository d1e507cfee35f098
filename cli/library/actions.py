"""The actions that a swarm sees: its own, its blueprint's, and those that processors bring."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

SEEN = """
select e.path, e.fields ->> 'action_id' as action_id, e.fields ->> 'source' as source, e.version, e.status,
       case when e.swarm_id is not null then 'swarm' when e.blueprint_id is not null then 'blueprint'
            else 'built_in' end as layer,
       e.description, e.fields, e.entry_id::text as entry_id, e.blob
  from pgswarm.swarm s
  left join pgswarm.blueprint b on b.blueprint_id = s.blueprint_id
  join pgswarm.space_entry e
    on e.scope_id = any (array[s.swarm_id, b.blueprint_id, '00000000-0000-0000-0000-000000000000'] || b.base_ids)
 where s.swarm_id = %(swarm_id)s and e.space = 'action' and e.kind = 'action'
   and e.entry_id <> all (coalesce(b.hidden_ids, '{}'))
   and (%(action_id)s::text is null or %(action_id)s in (e.path, e.fields ->> 'action_id'))
 order by e.path
"""


def seen_actions(
    connection: "psycopg.Connection[dict[str, Any]]", swarm_id: str, action_id: str | None = None
) -> list[dict[str, Any]]:
    """Return the entries of all actions that a swarm sees, by path; or of the one of that id or path."""
    return connection.execute(SEEN, {"swarm_id": swarm_id, "action_id": action_id}).fetchall()
