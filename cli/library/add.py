"""Puts items into the memory of a swarm, one by one, each in a transaction of its own."""

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgswarm.actions.intake.items import Item, LeftOut
from pgswarm.cli.exits import BadInputError

if TYPE_CHECKING:
    import psycopg

KNOWN = """
select path, blob, kind, description, fields, status, entry_id::text as entry_id
  from pgswarm.space_entry where swarm_id = %(swarm_id)s and space = 'memory'
"""
SAVE = """
select pgswarm.save_entry(
         swarm_id => %(swarm_id)s, node_id => null, name => %(name)s, kind => %(kind)s,
         description => %(description)s, folder => %(folder)s, content => %(content)b, fields => %(fields)s,
         derived_from => %(derived_from)s::uuid[])::text as entry_id
"""
GONE = """
select entry_id::text as entry_id, path from pgswarm.space_entry
 where swarm_id = %(swarm_id)s and space = 'memory' and blob is not null and fields ? 'source'
   and starts_with(path, %(base)s || '/') and path <> all (%(kept)s)
 order by path
"""
REMOVE = "select pgswarm.remove_entry(swarm_id => %(swarm_id)s, entry_id => %(entry_id)s)"


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one item: `state` is added, unchanged, left_out or removed; `note` is why, or what to know."""

    path: str
    state: str
    entry_id: str | None = None
    note: str = ""


def keep(
    connection: "psycopg.Connection[dict[str, Any]]",
    swarm_id: str,
    items: Iterable[Item | LeftOut],
    description: str,
) -> Iterator[Kept]:
    """Keep each item, and behind a PDF its text, and yield what became of it; raises what the verb refuses."""
    known = {row["path"]: row for row in connection.execute(KNOWN, {"swarm_id": swarm_id}).fetchall()}
    for item in items:
        if isinstance(item, LeftOut):
            yield Kept(item.path, "left_out", None, f"{item.path}: {item.reason}")
            continue
        kept = _keep(connection, swarm_id, item, description, known=known)
        if item.content is not None:
            yield kept
        if item.kind == "pdf":
            yield _keep_text(connection, swarm_id, item, kept, description, known=known)


def remove_gone(
    connection: "psycopg.Connection[dict[str, Any]]", swarm_id: str, base: str, kept: Collection[str]
) -> Iterator[Kept]:
    """Remove what an import brought below a folder and is not among what was kept now; yield each."""
    asked = {"swarm_id": swarm_id, "base": base, "kept": sorted(kept)}
    for row in connection.execute(GONE, asked).fetchall():
        connection.execute(REMOVE, {"swarm_id": swarm_id, "entry_id": row["entry_id"]})
        yield Kept(row["path"], "removed", row["entry_id"])


def _keep(
    connection: "psycopg.Connection[dict[str, Any]]",
    swarm_id: str,
    item: Item,
    description: str,
    *,
    known: Mapping[str, Mapping[str, Any]],
    derived_from: str | None = None,
) -> Kept:
    from psycopg.types.json import Jsonb

    found = known.get(item.path)
    if found is not None and item.kind == "repository" and _is_of_another_address(found, item):
        raise BadInputError(
            f"{item.path} is the repository of {found['fields']['url']}", "Say another folder with --into."
        )
    if found is not None and _is_same(found, item, description):
        return Kept(item.path, "unchanged", found["entry_id"], item.note)
    folder, _, name = item.path.rpartition("/")
    row = {
        "swarm_id": swarm_id, "name": name, "kind": item.kind, "folder": folder, "content": item.content,
        "description": description or None, "fields": Jsonb(dict(item.fields)),
        "derived_from": None if derived_from is None else [derived_from],
    }  # fmt: skip
    return Kept(item.path, "added", connection.execute(SAVE, row).fetchall()[0]["entry_id"], item.note)


def _keep_text(
    connection: "psycopg.Connection[dict[str, Any]]",
    swarm_id: str,
    item: Item,
    kept: Kept,
    description: str,
    *,
    known: Mapping[str, Mapping[str, Any]],
) -> Kept:
    """Keep the text of a PDF; where neither changed, it is not read again."""
    from pgswarm.actions.intake.pdf import SUFFIX
    from pgswarm.actions.intake.sources import text_of

    found = known.get(item.path + SUFFIX)
    if kept.state == "unchanged" and found is not None and found["status"] == "up_to_date":
        return Kept(found["path"], "unchanged", found["entry_id"])
    text = asyncio.run(text_of(item))
    if not isinstance(text, Item):
        return Kept(item.path, "left_out", None, "" if text is None else text.reason)
    return _keep(connection, swarm_id, text, description, known=known, derived_from=kept.entry_id)


def _is_of_another_address(found: Mapping[str, Any], item: Item) -> bool:
    known, new = found["fields"].get("url"), item.fields.get("url")
    return known is not None and new is not None and known != new


def _is_same(found: Mapping[str, Any], item: Item, description: str) -> bool:
    digest = None if item.content is None else hashlib.sha256(item.content).hexdigest()
    same = (found["blob"], found["kind"], found["fields"]) == (digest, item.kind, dict(item.fields))
    return same and found["status"] == "up_to_date" and description in ("", found["description"])
