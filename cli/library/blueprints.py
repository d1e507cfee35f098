"""Blueprints as people name them, and what goes into a new version: over the verbs that the HTTP API calls, too.

Rule: a version is made whole or not at all; what a swarm knows of its user goes into none unless it is named.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgswarm.cli.exits import BadInputError
from pgswarm.cli.output import one_line
from pgswarm.schema.text import clean

if TYPE_CHECKING:
    import psycopg

    from pgswarm.actions.intake.items import Item, LeftOut

FIND = """
select b.*, a.username from pgswarm.blueprint b left join pgswarm.account a on a.account_id = b.owner_id
 where (b.blueprint_id::text = %(named)s or b.name = %(named)s)
   and (%(version)s::integer is null or b.version = %(version)s)
 order by b.owner_id is not distinct from %(owner)s desc, b.owner_id is null desc, b.version desc limit 1
"""
LIST = """
select b.blueprint_id::text as blueprint_id, b.name, b.version, a.username as account, b.description, b.created_at,
       b.used_at,
       not exists (select from pgswarm.blueprint n where n.owner_id is not distinct from b.owner_id and n.name = b.name
                      and n.version > b.version) as newest
  from pgswarm.blueprint b left join pgswarm.account a on a.account_id = b.owner_id
 order by b.name, b.owner_id nulls first, b.version
"""
ENTRIES = """
with version as (
  select b.blueprint_id, b.blueprint_id || b.base_ids as layers, b.hidden_ids from pgswarm.blueprint b
   where b.blueprint_id = %(blueprint_id)s
), seen as (
  select distinct on (e.space, e.path) e.space, e.path, e.kind, e.description, e.blueprint_id::text as blueprint_id
    from version v join pgswarm.space_entry e on e.blueprint_id = any (v.layers)
   where not exists (
     select from pgswarm.space_entry h
      where h.entry_id = any (v.hidden_ids) and h.space = e.space
        and (h.path = e.path or starts_with(e.path, h.path || '/')))
   order by e.space, e.path, array_position(v.layers, e.blueprint_id)
)
select * from seen order by space, path limit %(limit)s
"""
OWNED = """
select e.entry_id, e.path from pgswarm.space_entry e
  left join pgswarm.space_entry f on f.entry_id = e.parent_id and f.scope_id = e.scope_id
 where e.swarm_id = %(swarm_id)s and e.space = 'memory' and f.entry_id is null
   and e.path <> 'user' and not starts_with(e.path, 'user/')
"""
FOREIGN = """
select x.option, a.username
  from (select '--swarm' as option, s.owner_id from pgswarm.swarm s where s.swarm_id = %(swarm_id)s
        union all
        select '--based-on', b.owner_id from pgswarm.blueprint b where b.blueprint_id = %(based_on)s) x
  join pgswarm.account a on a.account_id = x.owner_id
 where x.owner_id is distinct from %(owner)s
"""
CREATE = """
select pgswarm.create_blueprint(
  name => %(name)s, description => %(description)s, settings => %(settings)s::jsonb, keys => %(keys)s::text[],
  based_on => %(based_on)s, owner => %(owner)s)::text as blueprint_id
"""
CONTRIBUTE = """
select pgswarm.contribute_entries(
  blueprint_id => %(blueprint_id)s, swarm_id => %(swarm_id)s, entry_ids => %(entry_ids)s::uuid[]) as entries
"""
SAVE = """
select pgswarm.save_blueprint_entry(blueprint_id => %(blueprint_id)s, name => %(name)s, kind => %(kind)s,
                                    folder => %(folder)s, content => %(content)b, fields => %(fields)s)
"""


def find_blueprint(connection: "psycopg.Connection[dict[str, Any]]", named: str, owner: Any = None) -> dict[str, Any]:
    """Return the version that was typed: an id, `NAME@VERSION`, or a name (its newest version).

    Of one name the owner's own goes first, then everybody's. Raises `BadInputError`.
    """
    wanted = clean("the blueprint", named).strip()
    name, at, version = wanted.rpartition("@")
    tries: list[tuple[str, int | None]] = [(wanted, None)]
    if at and version.isascii() and version.isdigit() and len(version) < 10:  # noqa: PLR2004 - an integer's digits
        tries.append((name, int(version)))
    for text, number in tries:
        found = connection.execute(FIND, {"named": text, "version": number, "owner": owner}).fetchone()
        if found is not None:
            return {**found, "blueprint_id": str(found["blueprint_id"])}
    raise BadInputError(f"there is no blueprint {one_line(named)!r}", "See `pgswarm blueprints list`.")


def make(connection: "psycopg.Connection[dict[str, Any]]", wanted: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Make a version of what was typed; return its id, and what was left out.

    Raises `BadInputError`, and what SQL refuses. What belongs to an account goes into no blueprint but that account's.
    """
    left_out: list[str] = []
    for row in connection.execute(FOREIGN, dict(wanted)).fetchall():
        account = one_line(row["username"])
        raise BadInputError(f"{row['option']} belongs to the account {account}", f"Give --account {account}.")
    with connection.transaction():
        blueprint_id: str = connection.execute(CREATE, dict(wanted)).fetchall()[0]["blueprint_id"]
        if wanted["swarm_id"] is not None:
            _contribute(connection, blueprint_id, wanted["swarm_id"], wanted["entries"])
        for folder in wanted["folders"]:
            for item in _items(folder, wanted["into"]):
                if not hasattr(item, "content"):
                    left_out.append(f"{item.path}: {item.reason}")
                    continue
                _save(connection, blueprint_id, item)
    return blueprint_id, left_out


def _contribute(
    connection: "psycopg.Connection[dict[str, Any]]", blueprint_id: str, swarm_id: str, paths: Sequence[str]
) -> None:
    from pgswarm.cli.library.entries import find_entry

    ids = [find_entry(connection, swarm_id, path) for path in paths]
    if not paths:
        ids = [row["entry_id"] for row in connection.execute(OWNED, {"swarm_id": swarm_id}).fetchall()]
    if not ids:
        raise BadInputError("this swarm has nothing in its memory to give", "Name another one, or a folder of files.")
    connection.execute(CONTRIBUTE, {"blueprint_id": blueprint_id, "swarm_id": swarm_id, "entry_ids": ids})


def _items(folder: Path, into: str) -> Iterator["Item | LeftOut"]:
    from pgswarm.actions.intake.folders import folder_items
    from pgswarm.actions.intake.items import IntakeError, Item
    from pgswarm.actions.intake.sources import text_of

    root = folder.expanduser()
    if not root.is_dir():
        raise BadInputError(f"--folder: there is no folder {one_line(str(folder))}", "Correct the path.")
    base = into.strip("/")
    try:
        for item in folder_items(root, base, source=root.resolve().name):
            if isinstance(item, Item) and item.content is None:
                continue  # a repository: the version has the files, not where they stood
            yield item
            text = asyncio.run(text_of(item)) if isinstance(item, Item) and item.kind == "pdf" else None
            if text is not None:
                yield text
    except IntakeError as error:
        raise BadInputError(f"--folder: {error}", "Name a smaller folder.") from None


def _save(connection: "psycopg.Connection[dict[str, Any]]", blueprint_id: str, item: Any) -> None:
    from psycopg.types.json import Jsonb

    folder, _, name = item.path.rpartition("/")
    row = {"blueprint_id": blueprint_id, "name": name, "kind": item.kind, "folder": folder, "content": item.content}
    connection.execute(SAVE, {**row, "fields": Jsonb(dict(item.fields))})
