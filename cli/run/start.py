"""Starting the swarm, or finding the one that the same command started before.

Rule: one transaction: no node can be claimed before its files are there, and of two equal commands at once one starts
the swarm and the other finds it.
"""

import json
import socket
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pgswarm.cli.exits import BadInputError, UnreachableError
from pgswarm.cli.run.request import Request
from pgswarm.cli.workers import Crew

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[dict[str, Any]]

READY_S = 60.0
PAUSE_S = 0.01

LOCK = "select pg_advisory_xact_lock(hashtextextended('pgswarm run ' || %(key)s, 0))"
UNFINISHED = """
select swarm_id, status, paused_reason, created_at
  from pgswarm.swarm
 where owner_id is null and status <> 'terminated' and starts_with(idempotency_key, %(prefix)s)
 order by swarm_id desc
 limit 1
"""
START = """
select pgswarm.start_swarm(goal => %(goal)s, action => %(action)s, args => %(args)s::jsonb, idempotency_key => %(key)s,
                           options => %(options)s::jsonb) as swarm_id
"""
SAVE = """
select pgswarm.save_entry(swarm_id => %(swarm_id)s, node_id => null, name => %(name)s, kind => %(kind)s,
                          description => '', folder => '', content => %(content)b)
"""
RESUME = "select pgswarm.resume_swarm(swarm_id => %(swarm_id)s)"
TOP = "select coalesce(max(seq), 0) as seq from pgswarm.event where swarm_id = %(swarm_id)s"
REGISTERED = """
select from pgswarm.worker
 where host = %(host)s and pid = any (%(pids)s) and stopped_at is null and expires_at > pgswarm.clock()
 limit 1
"""


@dataclass(frozen=True, slots=True)
class Started:
    """The swarm; `found_at`: when it was started, if it was there already; `seen`: its last event until then."""

    swarm_id: str
    found_at: datetime | None = None
    was_paused: bool = False
    seen: int = 0


def check_args(request: Request) -> None:
    """Check the arguments against the action's whole schema, where this installation has the action.

    The database checks the outer part of it, for whatever language an action is written in.
    """
    if not request.args:
        return
    from pydantic import ValidationError

    from pgswarm.actions.base import registry
    from pgswarm.actions.discovery import discover

    discover()
    action = registry.get(request.action)
    if action is None:
        return
    try:
        action.spec.args_model.model_validate_json(json.dumps(request.args))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(["args", *map(str, first["loc"])])
        known = ", ".join(action.spec.args_model.model_fields) or "none"
        raise BadInputError(
            f"--args: {place}: {first['msg']}", f"{request.action} takes: {known}. Correct it."
        ) from None


def wait_until_registered(connection: "Connection", crew: Crew) -> list[str]:
    """Return once a processor of ours has told the database its actions; raise where none does.

    A processor that is there claims the root at once; and an action is unknown until one has told of it.
    """
    end = time.monotonic() + READY_S
    said: list[str] = []
    while crew.wanted:
        if connection.execute(REGISTERED, {"host": socket.gethostname(), "pids": crew.pids}).fetchone() is not None:
            break
        if time.monotonic() > end:
            raise UnreachableError(
                f"no processor came up within {READY_S:g} s", "Is the machine overloaded? Try again."
            )
        said += crew.tend_first()
        time.sleep(PAUSE_S)
    return said


def start(connection: "Connection", request: Request) -> Started:
    """Return the swarm of this request: the unfinished one if there is one (resumed, if it was paused), else a new."""
    prefix = f"run:{request.key}:"
    with connection.transaction():
        connection.execute(LOCK, {"key": request.key})
        found = connection.execute(UNFINISHED, {"prefix": prefix}).fetchone()
        if found is not None:
            swarm_id = str(found["swarm_id"])
            seen = connection.execute(TOP, {"swarm_id": swarm_id}).fetchall()[0]["seq"]
            paused = found["status"] == "paused"
            if paused:
                connection.execute(RESUME, {"swarm_id": swarm_id})
            return Started(swarm_id, found["created_at"], paused, seen)
        row = {
            "goal": request.goal,
            "action": request.action,
            "args": json.dumps(request.args),
            "key": prefix + uuid.uuid4().hex,
            "options": json.dumps(request.options),
        }
        swarm_id = str(connection.execute(START, row).fetchall()[0]["swarm_id"])
        for file in request.files:
            entry = {"swarm_id": swarm_id, "name": file.name, "kind": file.kind, "content": file.content}
            connection.execute(SAVE, entry)
    return Started(swarm_id)
