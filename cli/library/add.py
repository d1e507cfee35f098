"""Puts files and texts into the memory of a swarm, one by one, each in a transaction of its own."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgswarm.cli.library.sources import LeftOut
from pgswarm.cli.run.files import Attachment

if TYPE_CHECKING:
    import psycopg

KNOWN = """
select path, blob, kind, entry_id::text as entry_id
  from pgswarm.space_entry where swarm_id = %(swarm_id)s and space = 'memory' and description = %(description)s
"""
SAVE = """
select pgswarm.save_entry(
         swarm_id => %(swarm_id)s, node_id => null, name => %(name)s, kind => %(kind)s,
         description => %(description)s, folder => %(folder)s, content => %(content)b)::text as entry_id
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one file or text: `state` is added, unchanged or left_out; `note` is why, or what to know."""

    path: str
    state: str
    entry_id: str | None = None
    note: str = ""


def keep(
    connection: "psycopg.Connection[dict[str, Any]]",
    swarm_id: str,
    items: Iterable[tuple[str, Attachment | LeftOut]],
    description: str,
) -> Iterator[Kept]:
    """Keep each item under its folder and yield what became of it; raises what the verb refuses."""
    asked = {"swarm_id": swarm_id, "description": description}
    known = {row["path"]: row for row in connection.execute(KNOWN, asked).fetchall()}
    for folder, item in items:
        if isinstance(item, LeftOut):
            yield Kept(str(item.path), "left_out", None, item.reason)
            continue
        path = "/".join(filter(None, (folder, item.name)))
        found = known.get(path)
        if found is not None and (found["blob"], found["kind"]) == (_digest(item), item.kind):
            yield Kept(path, "unchanged", found["entry_id"], item.note)
            continue
        row = {**asked, "name": item.name, "kind": item.kind, "folder": folder, "content": item.content}
        yield Kept(path, "added", connection.execute(SAVE, row).fetchall()[0]["entry_id"], item.note)


def _digest(item: Attachment) -> str:
    return hashlib.sha256(item.content).hexdigest()
