"""Checks of what the database keeps for the work: what models can do, how they are limited, and the swarms' files."""

from collections.abc import Iterator
from typing import Any

import psycopg

from pgswarm.cli.abilities import ABILITIES, LIMITS, can, limited
from pgswarm.cli.checks.finding import Finding
from pgswarm.cli.output import short_time

MOST_LISTED = 5
WORKSPACE_BYTES = 256_000_000
"""As `change_files` has it."""
FULL = 0.9
_MB = 1_000_000
USED = """
select (select count(distinct f.swarm_id) from pgswarm.workspace_file f) as swarms,
       (select coalesce(sum(b.bytes), 0) from pgswarm.blob b
         where b.blob in (select f.blob from pgswarm.workspace_file f)) as bytes
"""
LARGEST = """
select w.swarm_id::text as swarm_id, sum(w.size) as bytes
  from pgswarm.workspace w
  join pgswarm.swarm s on s.swarm_id = w.swarm_id and s.status <> 'terminated'
 group by 1 having sum(w.size) > %s order by 2 desc limit %s
"""

Connection = psycopg.Connection[dict[str, Any]]


def models(connection: Connection) -> Iterator[Finding]:
    """Say what was found out of the models, and how they are limited over all processors."""
    abilities = connection.execute(ABILITIES).fetchall()
    for row in abilities[:MOST_LISTED]:
        told = f"{row['model']} at {row['server']}: {can(row)} (found out {short_time(row['learned_at'])})"
        yield Finding("models", "ok", told)
    if len(abilities) > MOST_LISTED:
        yield Finding("models", "ok", f"and {len(abilities) - MOST_LISTED} more", "See: pgswarm models list")
    if not abilities:
        yield Finding("models", "ok", "nothing was found out of a server yet; the first call does, or `models probe`")
    limits = connection.execute(LIMITS).fetchall()
    for row in limits[:MOST_LISTED]:
        yield Finding("limits", "ok", f"{row['model']}: {limited(row)}; {row['under_way']} under way")
    if not limits:
        yield Finding("limits", "ok", "no model has a limit over all processors (`pgswarm models limit`)")


def workspaces(connection: Connection) -> Iterator[Finding]:
    """Say what the swarms' files take, every version of them, and which swarm comes near its bound."""
    (used,) = connection.execute(USED).fetchall()
    told = f"{used['bytes'] / _MB:,.1f} MB of files in the workspaces of {used['swarms']:,} swarms, all versions"
    yield Finding("workspaces", "ok", told)
    for row in connection.execute(LARGEST, (WORKSPACE_BYTES * FULL, MOST_LISTED)).fetchall():
        told = f"swarm {row['swarm_id']} has {row['bytes'] / _MB:,.0f} of at most {WORKSPACE_BYTES // _MB} MB of files"
        yield Finding("workspaces", "note", told, f"See which: pgswarm files {row['swarm_id']}")
