"""Ids as people type them: the whole, or so much of its beginning or its end that no other fits.

Rule: an id that fits nothing, or several, is an error that says so; nothing is guessed. Ids begin with their time, so
those of one minute differ late: listings show whole ids, and trees their ends.
"""

import re
from typing import TYPE_CHECKING, Any

from pgswarm.cli.exits import BadInputError

if TYPE_CHECKING:
    import psycopg

FEWEST = 4
DIGITS = 32
END = 12
TABLES = {
    "swarm": ("swarm", "swarm_id", "pgswarm swarms"),
    "node": ("node", "node_id", "pgswarm show SWARM"),
    "question": ("question", "question_id", "pgswarm inbox"),
}


def id_end(identifier: Any) -> str:
    """Return the last twelve digits of an id, which tell it from its neighbours in a tree."""
    return str(identifier)[-END:]


def find_id(
    connection: "psycopg.Connection[dict[str, Any]]", kind: str, typed: str, swarm_id: str | None = None
) -> str:
    """Return the whole id of the swarm, node or question that was typed; raise `BadInputError` where none fits."""
    table, column, listing = TABLES[kind]
    digits = typed.strip().lower().replace("-", "")
    if not re.fullmatch(r"[0-9a-f]{1,32}", digits):
        raise BadInputError(f"{typed!r} is not the id of a {kind}", f"See `{listing}` for the ids.")
    if len(digits) < FEWEST:
        raise BadInputError(f"{typed!r} is too short for an id", f"Type at least {FEWEST} characters of it.")
    lookup = (
        f"select {column} as id from pgswarm.{table}"  # noqa: S608 - names of this file, never what was typed
        f" where ({column} between %(low)s::uuid and %(high)s::uuid"
        f" or %(end)s::text is not null and replace({column}::text, '-', '') like %(end)s)"
        " and (%(swarm_id)s::uuid is null or swarm_id = %(swarm_id)s::uuid) limit 2"
    )
    end = None if len(digits) == DIGITS else f"%{digits}"  # a whole id needs no scan
    found = connection.execute(
        lookup.encode(),
        {"low": digits.ljust(DIGITS, "0"), "high": digits.ljust(DIGITS, "f"), "end": end, "swarm_id": swarm_id},
    ).fetchall()
    if not found:
        raise BadInputError(f"there is no {kind} {typed}", f"See `{listing}` for the ids.")
    if len(found) > 1:
        fits = " and ".join(str(row["id"]) for row in found)
        raise BadInputError(f"{typed!r} fits more than one {kind}, for example {fits}", "Type more of it.")
    return str(found[0]["id"])
