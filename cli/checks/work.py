"""Checks of the work: who does it, what nobody here can do, and what waits for a person."""

from collections.abc import Iterator
from typing import Any

import psycopg

from pgswarm import __version__
from pgswarm.cli.checks.finding import Finding
from pgswarm.cli.output import short_time

MOST_LISTED = 5
WORKERS = """
select host, pid, version, heartbeat_at, expires_at > pgswarm.clock() as alive, draining, fenced_writes,
       sum(fenced_writes) over () as fenced
  from pgswarm.worker where stopped_at is null order by heartbeat_at
"""
WORK = "select exists (select from pgswarm.lane where claim_at <= pgswarm.clock()) as work"
UNKNOWN = """
select r.action, count(*) as nodes
  from pgswarm.ready r
 where not exists (select from pgswarm.action a
                    where a.action_id = case when r.action like 'created/%%' then 'action/run' else r.action end)
 group by 1 order by 2 desc limit %s
"""
PAUSED = """
select swarm_id, count(*) over () as total
  from pgswarm.swarm where status = 'paused' and paused_reason = 'budget_exceeded' order by swarm_id desc limit %s
"""

Connection = psycopg.Connection[dict[str, Any]]


def processors(connection: Connection) -> Iterator[Finding]:
    """See that somebody works where there is work; name those that went silent, and those of other versions."""
    found = connection.execute(WORKERS).fetchall()
    work = connection.execute(WORK).fetchall()[0]["work"]
    alive = [row for row in found if row["alive"]]
    silent = [row for row in found if not row["alive"]]
    detail = f"{len(alive)} at work"
    if alive and alive[0]["fenced"]:
        detail += f", {alive[0]['fenced']} late writes refused so far"
    if not alive and work:
        yield Finding("processors", "fault", f"{detail}; nodes are waiting", "Start one: `pgswarm processor`.")
    elif not alive:
        remedy = "`pgswarm run` starts its own; `pgswarm processor` starts one that stays."
        yield Finding("processors", "note", detail, remedy)
    else:
        yield Finding("processors", "ok", detail)
    for row in silent[-MOST_LISTED:]:
        told = f"process {row['pid']} on {row['host']} has been silent since {short_time(row['heartbeat_at'])}"
        yield Finding("processors", "note", told, "It died or hangs; a living one takes over what it held.")
    others = sorted({row["version"] for row in alive} - {__version__})
    if others:
        told = f"some at work are of version {', '.join(others)}, this is {__version__}"
        yield Finding("processors", "note", told, "Well for the time of an upgrade; then start them anew.")


def actions(connection: Connection) -> Iterator[Finding]:
    """Find nodes whose action nobody has told the database of."""
    found = connection.execute(UNKNOWN, (MOST_LISTED,)).fetchall()
    for row in found:
        detail = f"{row['nodes']} nodes wait for the action {row['action']}, which is not known here"
        yield Finding("actions", "fault", detail, "Start a processor that has it (its package installed).")
    if not found:
        yield Finding("actions", "ok", "every waiting node's action is known")


def budgets(connection: Connection) -> Iterator[Finding]:
    """List the swarms that stopped at a limit."""
    found = connection.execute(PAUSED, (MOST_LISTED,)).fetchall()
    for row in found:
        detail = f"swarm {row['swarm_id']} stopped at one of its limits"
        remedy = (
            f"See which: pgswarm show {row['swarm_id']}; go on: pgswarm resume {row['swarm_id']} --budget LIMIT=MORE"
        )
        yield Finding("budgets", "note", detail, remedy)
    if found and found[0]["total"] > len(found):
        yield Finding("budgets", "note", f"and {found[0]['total'] - len(found)} more", "pgswarm swarms --status paused")
    if not found:
        yield Finding("budgets", "ok", "no swarm stopped at a limit")
