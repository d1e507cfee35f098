"""What does not hold in the spaces of a swarm: what the database says, and what only a processor's environment can."""

import os
from typing import TYPE_CHECKING, Any

from pgswarm.cli.library.actions import seen_actions

if TYPE_CHECKING:
    import psycopg

VERIFY = """
select rule, in_space, path, detail, entry_id::text as entry_id from pgswarm.verify_space(swarm_id => %(swarm_id)s)
"""
CODE = "select pgswarm.full_text(%(blob)s) as code"
KEYS = """
select b.name, b.keys from pgswarm.swarm s join pgswarm.blueprint b using (blueprint_id) where s.swarm_id = %(swarm_id)s
"""


def flaws(connection: "psycopg.Connection[dict[str, Any]]", swarm_id: str) -> list[dict[str, Any]]:
    """Return one row for each rule that does not hold: rule, in_space, path, detail, entry_id."""
    from pgswarm.actions.discovery import action_ids, discover
    from pgswarm.actions.spaces.check import action_flaws, missing_keys

    discover()
    known = frozenset(action_ids())
    asked = {"swarm_id": swarm_id}
    found = connection.execute(VERIFY, asked).fetchall()
    for row in seen_actions(connection, swarm_id):
        code = connection.execute(CODE, row).fetchall()[0]["code"] if row["blob"] else None
        for flaw in action_flaws(row["path"], row["fields"], known=known, keys=os.environ, code=code):
            found.append(_row(flaw.rule, "action", flaw.path, flaw.detail, row["entry_id"]))
    for row in connection.execute(KEYS, asked).fetchall():
        for flaw in missing_keys("", row["keys"], os.environ):
            found.append(_row(flaw.rule, "blueprint", row["name"], flaw.detail, None))
    return found


def _row(rule: str, space: str, path: str, detail: str, entry_id: str | None) -> dict[str, Any]:
    return {"rule": rule, "in_space": space, "path": path, "detail": detail, "entry_id": entry_id}
