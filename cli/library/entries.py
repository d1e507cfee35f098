"""Entries of a swarm's memory by their paths, as people type them."""

from typing import TYPE_CHECKING, Any

from pgswarm.cli.exits import BadInputError
from pgswarm.cli.output import one_line
from pgswarm.schema.text import clean

if TYPE_CHECKING:
    import psycopg

FIND = "select pgswarm.find_entry(swarm_id => %(swarm_id)s, path => %(path)s)::text as entry_id"
ENTRY = """
select e.entry_id::text as entry_id, e.path, e.kind, e.version, k.holds,
       (select count(*) from pgswarm.space_entry c where c.parent_id = e.entry_id and c.scope_id = e.scope_id) as below
  from pgswarm.space_entry e
  join pgswarm.entry_kind k on k.space = e.space and k.kind = e.kind
 where e.entry_id = %(entry_id)s
"""


def look_up(connection: "psycopg.Connection[dict[str, Any]]", swarm_id: str, path: str) -> dict[str, Any] | None:
    """Return the entry at a path as a swarm sees it, with how many lie right below it; None where there is none."""
    asked = {"swarm_id": swarm_id, "path": clean("the path", path).strip("/")}
    entry_id = connection.execute(FIND, asked).fetchall()[0]["entry_id"]
    return connection.execute(ENTRY, {"entry_id": entry_id}).fetchone() if entry_id else None


def get_entry(connection: "psycopg.Connection[dict[str, Any]]", swarm_id: str, path: str) -> dict[str, Any]:
    """Return the same; raise `BadInputError` where there is none."""
    found = look_up(connection, swarm_id, path)
    if found is None:
        raise BadInputError(
            f"there is no {one_line(path)} in this memory", "See `pgswarm memory list / --swarm ID`, level by level."
        )
    return found


def find_entry(connection: "psycopg.Connection[dict[str, Any]]", swarm_id: str, path: str) -> str:
    """Return the id of the entry at a path; raise `BadInputError` where there is none."""
    return str(get_entry(connection, swarm_id, path)["entry_id"])
