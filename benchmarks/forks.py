"""Forks of a large swarm at random events, each equal to its past and run to its end. Rule: what is wrong is an error.

Starts a swarm of about `--nodes` nodes in which nodes fan out, chain, ask, fail, and are tried again; answers;
forks it at `--forks` random seqs; compares every fork with `state_at`; lets processors run a part of the forks to their
end; checks that the original is as it was and that all invariants hold. Prints one line of JSON.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from os import environ
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from pgswarm.migrations.upgrade import upgrade

Connection = psycopg.Connection[dict[str, Any]]
DEADLINE_S = 900.0
PAUSE_S = 0.05
KINDS: tuple[tuple[str, dict[str, int]], ...] = (
    ("bench/fan_out", {"width": 6, "depth": 2}),
    ("bench/chain", {"length": 8}),
    ("bench/ask", {"questions": 2}),
    ("bench/flaky", {"failures": 1}),
    ("bench/flaky", {"failures": 50}),
)
"""What the root spawns, in turn: 43, 8, 1, 1 and 1 nodes; the last one fails for good."""
NODES_A_ROUND = 54
SPAWN = """
select pgswarm.advance(
  worker_id => %(worker)s, swarm_ids => %(swarm)s, node_ids => %(node)s, epochs => %(epoch)s, verbs => '{spawn}',
  reports => '{null}', errors => '{null}', handlers => '{conclude}', states => '{null}', delays_s => '{null}',
  child_of => array_fill(1, array[%(count)s]), child_ids => array_fill(null::uuid, array[%(count)s]),
  child_actions => %(actions)s, child_directives => %(actions)s, child_args => %(args)s,
  child_priorities => array_fill(null::smallint, array[%(count)s]), question_of => '{}', question_ids => '{}',
  questions => '{}', done_claims => '{}', claim_limit => 0, lane_limit => 1, fresh_limit => 0, action_patterns => null)
"""
CLAIM = """
select swarm_id, node_id, lease_epoch from pgswarm.advance(
  worker_id => %(worker)s, swarm_ids => '{}', node_ids => '{}', epochs => '{}', verbs => '{}', reports => '{}',
  errors => '{}', handlers => '{}', states => '{}', delays_s => '{}', child_of => '{}', child_ids => '{}',
  child_actions => '{}', child_directives => '{}', child_args => '{}', child_priorities => '{}', question_of => '{}',
  question_ids => '{}', questions => '{}', done_claims => '{}', claim_limit => 1, lane_limit => 1, fresh_limit => 0,
  action_patterns => null)
 where what = 'claimed'
"""
# Each node of the fork beside the one that it repeats, as the past has it: what a fork changes is left out.
DIFFERENT = """
with past as (
  select p.* from pgswarm.swarm f, pgswarm.state_at(f.forked_from, f.forked_at_seq) p where f.swarm_id = %(fork)s
),
made as (select * from pgswarm.node where swarm_id = %(fork)s)
select count(*) as n from past p full join made m on m.copied_from = p.node_id
  left join made u on u.node_id = m.parent_id
 where p.node_id is null or m.node_id is null or u.copied_from is distinct from p.parent_id
    or m.status <> case p.status when 'running' then 'pending' else p.status end
    or m.attempt <> 0 or m.lease_owner is not null
    or (to_jsonb(m) - %(own)s::text[]) is distinct from (to_jsonb(p) - %(own)s::text[])
"""
OWN = [
    *("swarm_id", "node_id", "parent_id", "retry_of", "copied_from", "status", "attempt", "lease_owner"),
    *("lease_expires_at", "open_children", "updated_at"),
]
STATE = "select count(status) from pgswarm.state_at(%(id)s, %(seq)s)"
FORK = "select pgswarm.fork_swarm(%(id)s, %(seq)s)"
ORIGINAL = """
select md5((select string_agg(n::text, '' order by node_id) from pgswarm.node n where swarm_id = %(id)s)
        || (select string_agg(e::text, '' order by seq) from pgswarm.event e where swarm_id = %(id)s)
        || (select s::text from pgswarm.swarm s where swarm_id = %(id)s)) as mark
"""


def one(connection: Connection, query: str, **asked: Any) -> Any:
    """Return the one value that a query gives."""
    row = connection.execute(query.encode(), asked).fetchone()
    return None if row is None else next(iter(row.values()))


@contextmanager
def processors(url: str, count: int) -> Iterator[None]:
    """Run processors; stop them at the end."""
    command = [sys.executable, "-m", "pgswarm.processor", "--log", "warning"]
    running = [subprocess.Popen(command, env=environ | {"PGSWARM_DATABASE_URL": url}) for _ in range(count)]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(60)


def start(connection: Connection, nodes: int) -> UUID:
    """Start the swarm: its root spawns of each kind in turn."""
    worker = one(connection, "select pgswarm.register_worker('benchmark', 0, '0', 3600)")
    swarm: UUID = one(connection, "select pgswarm.start_swarm(goal => 'forks', action => 'bench/fan_out')")
    run = connection.execute(CLAIM.encode(), {"worker": worker}).fetchall()[0]
    children = [KINDS[n % len(KINDS)] for n in range(max(nodes // NODES_A_ROUND, 1) * len(KINDS))]
    connection.execute(
        SPAWN.encode(),
        {
            "worker": worker,
            "swarm": [run["swarm_id"]],
            "node": [run["node_id"]],
            "epoch": [run["lease_epoch"]],
            "count": len(children),
            "actions": [action for action, _ in children],
            "args": [Jsonb(args) for _, args in children],
        },
    )
    return swarm


def wait(connection: Connection, swarms: list[UUID]) -> None:
    """Answer what is asked until all have ended."""
    deadline = time.monotonic() + DEADLINE_S
    left = "select count(*) from pgswarm.swarm where swarm_id = any (%(ids)s) and status <> 'terminated'"
    while one(connection, left, ids=swarms):
        if time.monotonic() > deadline:
            raise SystemExit(f"not all of {len(swarms)} swarms have ended within {DEADLINE_S:g} s")
        asked = connection.execute(
            "select question_id from pgswarm.question where swarm_id = any (%s) and closed_at is null limit 200",
            [swarms],
        ).fetchall()
        for question in asked:
            one(connection, "select pgswarm.answer_question(%(id)s, '1')", id=question["question_id"])
        if not asked:
            time.sleep(PAUSE_S)


def timed(connection: Connection, query: str, **asked: Any) -> tuple[float, Any]:
    """Return how many milliseconds a query took, and its one value."""
    begin = time.perf_counter()
    given = one(connection, query, **asked)
    return (time.perf_counter() - begin) * 1000, given


def main() -> None:
    """Make, fork, compare, run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True, help="of an empty database")
    parser.add_argument("--nodes", type=int, default=5_000)
    parser.add_argument("--forks", type=int, default=50)
    parser.add_argument("--run", type=int, default=50, help="how many of the forks are run to their end")
    parser.add_argument("--processors", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    upgrade(args.url)
    subprocess.run(
        [sys.executable, "-m", "pgswarm.processor", "--once"],
        env=environ | {"PGSWARM_DATABASE_URL": args.url}, check=True, timeout=60,
    )  # fmt: skip
    connection = psycopg.connect(args.url, autocommit=True, row_factory=dict_row)
    swarm = start(connection, args.nodes)
    with processors(args.url, args.processors):
        wait(connection, [swarm])
    connection.execute("analyze")
    mark, top = one(connection, ORIGINAL, id=swarm), one(connection, "select max(seq) from pgswarm.event")
    found: dict[str, Any] = {
        "nodes": one(connection, "select count(*) from pgswarm.node where swarm_id = %(id)s", id=swarm),
        "events": top,
    }
    forked, read, forks = [], [], []
    for seq in random.Random(args.seed).sample(range(1, top + 1), args.forks):  # noqa: S311 - no secret
        read.append(timed(connection, STATE, id=swarm, seq=seq)[0])
        took, fork = timed(connection, FORK, id=swarm, seq=seq)
        forked.append(took)
        forks.append(fork)
        if one(connection, DIFFERENT, fork=fork, own=OWN):
            raise SystemExit(f"the fork at seq {seq} is not what the original was")
    for fork in forks[args.run :]:
        one(connection, "select pgswarm.cancel_swarm(%(id)s)", id=fork)
    with processors(args.url, args.processors):
        wait(connection, forks[: args.run])
    wrong = "select count(*) from pgswarm.swarm where swarm_id = any (%(ids)s) and outcome <> 'succeeded'"
    if one(connection, wrong, ids=forks[: args.run]):
        raise SystemExit("a fork did not end as its original did")
    if one(connection, ORIGINAL, id=swarm) != mark:
        raise SystemExit("the original is not as it was")
    if broken := connection.execute("select * from pgswarm.check_invariants() limit 5").fetchall():
        raise SystemExit(f"invariants are broken: {broken}")
    for name, taken in (("fork", forked), ("state_at", read)):
        found[name] = {"p50_ms": round(statistics.median(taken), 1), "max_ms": round(max(taken), 1)}
    print(json.dumps(found | {"forks": len(forks), "run": min(args.run, len(forks))}))


if __name__ == "__main__":
    main()
