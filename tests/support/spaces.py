"""The verbs and reads of spaces, in short forms for tests: nothing added, nothing left out."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from support.verbs import Conn, call

SAVE = """
select pgswarm.save_entry(
  swarm_id => %(swarm_id)s, node_id => %(node_id)s, name => %(name)s, kind => %(kind)s, description => %(description)s,
  folder => %(folder)s, content => %(content)s, space => %(space)s, parent_id => %(parent_id)s, fields => %(fields)s,
  search => %(search)s, target_id => %(target_id)s, derived_from => %(derived_from)s::uuid[],
  if_version => %(if_version)s) as id
"""
LEVEL = """
select * from pgswarm.list_level(swarm_id => %(swarm_id)s, space => %(space)s, folder_id => %(folder_id)s,
                                 after => %(after)s, max_entries => %(most)s, blueprint_id => %(blueprint_id)s)
"""
NOTHING: Mapping[str, Any] = dict.fromkeys(
    ("node_id", "description", "parent_id", "search", "target_id", "derived_from", "if_version")
)


def save(conn: Conn, swarm_id: UUID, path: str, content: str | bytes | None = "some text", **more: Any) -> UUID:
    """File an entry at a path: a text, if `kind` does not say otherwise."""
    folder, _, name = path.rpartition("/")
    given = {"kind": "text", "space": "memory", **NOTHING, **more}
    given["fields"] = Jsonb(more["fields"]) if "fields" in more else None
    given["content"] = content.encode() if isinstance(content, str) else content
    row = conn.execute(SAVE, {"swarm_id": swarm_id, "folder": folder, "name": name, **given}).fetchone()
    assert row is not None
    found: UUID = row["id"]
    return found


def find(conn: Conn, swarm_id: UUID | None, path: str, space: str = "memory", blueprint_id: UUID | None = None) -> Any:
    """Return the id of the entry at a path; None where there is none."""
    return call(conn, "select pgswarm.find_entry(%s, %s, %s, %s)", swarm_id, path, space, blueprint_id)


def level(conn: Conn, swarm_id: UUID | None, path: str = "", **more: Any) -> list[DictRow]:
    """Return the level below a path."""
    given = {"space": "memory", "blueprint_id": None, "after": None, "most": 100, **more}
    folder = find(conn, swarm_id, path, given["space"], given["blueprint_id"])
    return conn.execute(LEVEL, {"swarm_id": swarm_id, "folder_id": folder, **given}).fetchall()


def names(rows: list[DictRow], *columns: str) -> list[Any]:
    """Return one or more columns of a level."""
    wanted = columns or ("name",)
    return [row[wanted[0]] if len(wanted) == 1 else tuple(row[column] for column in wanted) for row in rows]


def paths(conn: Conn, swarm_id: UUID) -> list[str]:
    """Return the paths of a swarm's own entries."""
    rows = conn.execute("select path from pgswarm.space_entry where swarm_id = %s order by path", [swarm_id]).fetchall()
    return [row["path"] for row in rows]


def entry(conn: Conn, entry_id: UUID) -> DictRow:
    """Return an entry's row."""
    (row,) = conn.execute("select * from pgswarm.space_entry where entry_id = %s", [entry_id]).fetchall()
    return row


def flaws(conn: Conn, swarm_id: UUID | None, blueprint_id: UUID | None = None) -> list[tuple[str, str]]:
    """Return the rules that do not hold, each with a path."""
    rows = conn.execute("select * from pgswarm.verify_space(%s, null, %s)", [swarm_id, blueprint_id]).fetchall()
    return [(row["rule"], row["path"]) for row in rows]


def move(conn: Conn, swarm_id: UUID, entry_id: UUID, parent_id: UUID | None = None, name: str | None = None) -> int:
    found: int = call(conn, "select pgswarm.move_entry(%s, %s, %s, %s)", swarm_id, entry_id, parent_id, name)
    return found


def merge(conn: Conn, swarm_id: UUID, entry_id: UUID, into_id: UUID) -> int:
    found: int = call(conn, "select pgswarm.merge_entry(%s, %s, %s)", swarm_id, entry_id, into_id)
    return found


def remove(conn: Conn, swarm_id: UUID, entry_id: UUID) -> int:
    found: int = call(conn, "select pgswarm.remove_entry(%s, %s)", swarm_id, entry_id)
    return found


def text_of(conn: Conn, swarm_id: UUID, entry_id: UUID, version: int | None = None) -> str | None:
    """Return what an entry holds, as text."""
    found = call(conn, "select pgswarm.read_entry(%s, %s, %s)", swarm_id, entry_id, version)
    return None if found is None else bytes(found).decode()


def search(conn: Conn, swarm_id: UUID, query: str, folder_id: UUID | None = None) -> set[str]:
    """Return the paths of what a search finds."""
    rows = conn.execute("select path from pgswarm.search_memory(%s, %s, 10, %s)", [swarm_id, query, folder_id])
    return {row["path"] for row in rows.fetchall()}
