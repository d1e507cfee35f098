"""Actions that swarms made, as people name them: `created/NAME@VERSION`, of a swarm or a blueprint.

Rule: nothing is guessed but the newest version, and that only where none was typed.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgswarm.cli.exits import BadInputError
from pgswarm.cli.ids import find_id
from pgswarm.cli.library.blueprints import find_blueprint
from pgswarm.cli.output import one_line
from pgswarm.schema.text import clean

if TYPE_CHECKING:
    import psycopg

PREFIX = "created/"
VERSIONS = """
select c.action_id, c.version, c.newest, c.layer, c.path, c.description, c.hash, c.fields, c.at, c.revoked_at,
       c.revoked_why, c.author_node_id::text as author_node_id
  from pgswarm.created_actions(swarm_id => %(swarm_id)s, action_id => %(action_id)s, blueprint_id => %(blueprint_id)s) c
"""
CODE = """
select code from pgswarm.created_actions(
  swarm_id => %(swarm_id)s, action_id => %(action_id)s, version => %(version)s, blueprint_id => %(blueprint_id)s)
"""


@dataclass(frozen=True, slots=True)
class Named:
    """An action as it was typed; no version: the newest."""

    action_id: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Whose action space is looked at: a swarm's or a blueprint's."""

    swarm_id: str | None
    blueprint_id: str | None

    @property
    def ids(self) -> dict[str, str | None]:
        """Return the arguments of verbs that take it."""
        return {"swarm_id": self.swarm_id, "blueprint_id": self.blueprint_id}


def parse(typed: str, *, needs_version: bool = False) -> Named:
    """Take `created/NAME@VERSION` apart; the folder may be left out. Raises `BadInputError`."""
    name, at, version = clean("ACTION", typed).strip().partition("@")
    if (at and not re.fullmatch(r"[1-9]\d{0,8}", version)) or not name:
        raise BadInputError(f"{one_line(typed)!r} is no version of an action", "Write it as created/NAME@2.")
    if needs_version and not at:
        raise BadInputError(f"{one_line(typed)!r} names no version", f"Write it as {one_line(name)}@1.")
    return Named(name if name.startswith(PREFIX) else PREFIX + name, int(version) if at else None)


def place(connection: "psycopg.Connection[dict[str, Any]]", swarm: str | None, blueprint: str | None) -> Place:
    """Return whose action is meant; raise `BadInputError` where neither or both were named."""
    if (swarm is None) == (blueprint is None):
        raise BadInputError("give either --swarm or --blueprint", "An action belongs to a swarm, or to a blueprint.")
    if swarm is not None:
        return Place(find_id(connection, "swarm", swarm), None)
    return Place(None, find_blueprint(connection, str(blueprint))["blueprint_id"])


def versions(
    connection: "psycopg.Connection[dict[str, Any]]", where: Place, action_id: str | None = None
) -> list[dict[str, Any]]:
    """Return the versions of an action, newest first, or those of all."""
    return connection.execute(VERSIONS, {**where.ids, "action_id": action_id}).fetchall()


def find(connection: "psycopg.Connection[dict[str, Any]]", where: Place, named: Named) -> dict[str, Any]:
    """Return one version, with its code; raise `BadInputError` where it is not there."""
    rows = versions(connection, where, named.action_id)
    row = next((r for r in rows if (r["newest"] if named.version is None else r["version"] == named.version)), None)
    if row is None:
        there = ", ".join(f"{r['action_id']}@{r['version']}" for r in rows or versions(connection, where))
        wanted = named.action_id + (f"@{named.version}" if named.version else "")
        told = f"There is: {one_line(there)}." if there else "No action was made here yet."
        raise BadInputError(f"there is no {one_line(wanted)} here", told)
    asked = {**where.ids, "action_id": named.action_id, "version": row["version"]}
    return {**row, "code": connection.execute(CODE, asked).fetchall()[0]["code"]}
