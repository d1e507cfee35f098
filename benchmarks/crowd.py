"""The first claim of a new swarm beside one with a million pending nodes. Rule: everything goes through the verbs.

Speaks as a worker of its own, without a processor, so that only the database is measured. Prints one line of JSON.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from pgswarm.migrations.upgrade import upgrade

BRANCHES = 100
ADVANCE = """
select what, swarm_id, node_id, claim_id, lease_epoch from pgswarm.advance(
  worker_id => %(worker)s, swarm_ids => %(swarms)s::uuid[], node_ids => %(nodes)s::uuid[], epochs => %(epochs)s::int[],
  verbs => %(verbs)s::text[], handlers => %(handlers)s::text[], reports => array_fill(null::text, array[%(acts)s]),
  errors => array_fill(null::jsonb, array[%(acts)s]), states => array_fill(null::jsonb, array[%(acts)s]),
  delays_s => array_fill(null::float8, array[%(acts)s]),
  child_of => array_fill(1, array[%(count)s]), child_ids => array_fill(null::uuid, array[%(count)s]),
  child_actions => array_fill(%(child)s::text, array[%(count)s]),
  child_directives => array_fill(''::text, array[%(count)s]), child_args => array_fill('{}'::jsonb, array[%(count)s]),
  child_priorities => array_fill(null::smallint, array[%(count)s]),
  question_of => '{}', question_ids => '{}', questions => '{}', done_claims => %(done)s::bigint[],
  claim_limit => %(claim)s, lane_limit => 16, fresh_limit => %(fresh)s, action_patterns => %(patterns)s::text[])
"""


class Worker:
    """One worker that speaks SQL."""

    def __init__(self, url: str) -> None:
        """Connect and register."""
        self.connection = psycopg.connect(url, autocommit=True, row_factory=dict_row)
        self.id = self.one("select pgswarm.register_worker('benchmark', 0, '0', 3600)")

    def one(self, query: str, *values: Any) -> Any:
        """Return the one value that a query gives."""
        row = self.connection.execute(query, values).fetchone()
        return None if row is None else next(iter(row.values()))

    def start(self, goal: str, action: str) -> UUID:
        """Start a swarm."""
        found: UUID = self.one("select pgswarm.start_swarm(goal => %s, action => %s)", goal, action)
        return found

    def advance(
        self,
        acts: list[tuple[dict[str, Any], str]] | None = None,
        children: tuple[str, int] = ("", 0),
        claim: int = 0,
        fresh: int = 0,
        patterns: list[str] | None = None,
    ) -> list[dict[str, Any]]:
        """Commit acts (claimed row, verb), each spawn with the same children, and return what is claimed."""
        acts = acts or []
        action, count = children
        rows = self.connection.execute(
            ADVANCE,
            {
                "worker": self.id,
                "swarms": [row["swarm_id"] for row, _ in acts],
                "nodes": [row["node_id"] for row, _ in acts],
                "epochs": [row["lease_epoch"] for row, _ in acts],
                "verbs": [verb for _, verb in acts],
                "acts": len(acts),
                "handlers": ["conclude" if verb == "spawn" else None for _, verb in acts],
                "child": action,
                "count": count,
                "done": list({row["claim_id"] for row, _ in acts}),
                "claim": claim,
                "fresh": fresh,
                "patterns": patterns,
            },
        ).fetchall()
        return [row for row in rows if row["what"] == "claimed"]


def make_crowd(worker: Worker, nodes: int) -> UUID:
    """Start a swarm and spawn `nodes` leaves that stay pending."""
    swarm = worker.start("crowd", "bench/fan_out")
    root = worker.advance(claim=1)[0]
    worker.advance([(root, "spawn")], ("bench/fan_out", BRANCHES))
    branches: list[dict[str, Any]] = []
    while len(branches) < BRANCHES:
        branches += worker.advance(claim=BRANCHES, patterns=["bench/fan_out"])
    for number, branch in enumerate(branches, start=1):
        worker.advance([(branch, "spawn")], ("bench/noop", nodes // BRANCHES))
        if number % 10 == 0:
            print(f"crowd: {number * nodes // BRANCHES:,} nodes", file=sys.stderr)
    return swarm


def first_claims(worker: Worker, times: int) -> dict[str, float]:
    """Start a swarm and claim its first node, again and again; milliseconds of the claim."""
    taken = []
    for _ in range(times):
        swarm = worker.start("first claim", "bench/noop")
        begin = time.perf_counter()
        claimed = worker.advance(claim=1, fresh=1)
        taken.append((time.perf_counter() - begin) * 1000)
        if swarm not in {row["swarm_id"] for row in claimed}:
            raise SystemExit("the new swarm's node was not among the claimed")
        worker.advance([(row, "finish" if row["swarm_id"] == swarm else "release") for row in claimed])
    return {"p50_ms": statistics.median(taken), "p90_ms": statistics.quantiles(taken, n=10)[-1]}


def register_actions(url: str) -> None:
    """Let a processor register the actions that it has, as every processor does at its start."""
    command = [sys.executable, "-m", "pgswarm.processor", "--once"]
    subprocess.run(command, env=os.environ | {"PGSWARM_DATABASE_URL": url}, check=True, timeout=60)


def main() -> None:
    """Measure on an empty database, then beside the crowd, paused and active."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True, help="of an empty database")
    parser.add_argument("--nodes", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=100)
    args = parser.parse_args()
    upgrade(args.url)
    register_actions(args.url)
    worker = Worker(args.url)
    found = {}
    first_claims(worker, 20)
    found["empty"] = first_claims(worker, args.times)
    crowd = make_crowd(worker, args.nodes)
    worker.connection.execute("analyze")
    found["active"] = first_claims(worker, args.times)
    worker.one("select pgswarm.pause_swarm(%s)", crowd)
    found["paused"] = first_claims(worker, args.times)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
