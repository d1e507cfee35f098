"""Actions that a swarm made, put in place by the verb alone: without a model, a sandbox or a processor."""

import hashlib
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from support.api import Api
from support.spaces import save
from support.verbs import Conn, Kid, call, finish, spawn

SHOUT = "created/shout"

RUNNER = '[{"action_id": "action/run"}]'
CREATE = "select pgswarm.create_action(%s, %s, %s, %s, %s, %s, improves => %s)"


def made_fields(code: str, **more: Any) -> dict[str, Any]:
    """Return the fields of an action that the operator's policy approved."""
    return {
        "input_schema": {"type": "object", "properties": {}, "additionalProperties": False},
        "language": "python",
        "dependencies": [],
        "hash": hashlib.sha256(code.encode()).hexdigest(),
        "approval": {"by": "policy"},
        **more,
    }


def make(conn: Conn, swarm_id: UUID, node_id: UUID, name: str, code: str, *, improves: int | None = None) -> int:
    """Make a version of the action `created/<name>`, and return it."""
    conn.execute("select pgswarm.register_actions(specs => %s)", [RUNNER])
    fields = Jsonb(made_fields(code))
    version: int = call(conn, CREATE, swarm_id, node_id, name, f"Says {code}", code, fields, improves)
    return version


def revoke(conn: Conn, swarm_id: UUID, name: str, version: int) -> bool:
    done: bool = call(
        conn, "select pgswarm.revoke_action(%s, %s, %s, 'it is wrong')", swarm_id, f"created/{name}", version
    )
    return done


def versions(conn: Conn, swarm_id: UUID) -> list[tuple[Any, ...]]:
    """Return each version of each action: id, version, whether it is the newest, whether it is revoked."""
    rows = conn.execute("select * from pgswarm.created_actions(%s)", [swarm_id]).fetchall()
    return [(row["action_id"], row["version"], row["newest"], row["revoked_at"] is not None) for row in rows]


def bad_version(api: Api, name: str = "shout") -> UUID:
    """Return a swarm of anna's whose root knows what version 1 of an action reported; a better one is there by now."""
    swarm_id = api.swarm(api.anna)
    root = api.claim(swarm_id)
    make(api.db.conn, swarm_id, root.node_id, name, "one")
    api.worker.does(spawn(root, Kid(f"created/{name}"), Kid(directive="apart")))
    first, second = sorted((api.claim(swarm_id), api.claim(swarm_id)), key=lambda run: str(run.row["action"]))
    save(api.db.conn, swarm_id, "notes/wrong.md", node_id=first.node_id)
    for run in (first, second):
        api.worker.does(finish(run, "done"))
    make(api.db.conn, swarm_id, root.node_id, name, "two", improves=1)
    return swarm_id
