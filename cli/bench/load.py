"""The loads that are measured: a flat fan-out, a tree, a chain, and idle pick-up.

Rule: a rate counts from the moment at which the swarm's start is committed to the moment at which its end is seen.
"""

import json
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pgswarm.cli.exits import CommandError

POLL_S = 0.01
QUIET_S = 0.02
START = "select pgswarm.start_swarm(goal => %s, action => %s, args => %s) as swarm_id"
COUNTS = """
select count(*) as nodes, sum(activation)::bigint as activations,
       (select count(*) from pgswarm.event e where e.swarm_id = n.swarm_id) as events
  from pgswarm.node n where n.swarm_id = %s group by n.swarm_id
"""
STATE = """
select s.status, s.outcome, s.report, n.open_children
  from pgswarm.swarm s join pgswarm.node n on n.swarm_id = s.swarm_id and n.node_id = s.root_node_id
 where s.swarm_id = %s
"""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Rate:
    """One load: seconds, what was done in them, and each of it in a second."""

    nodes: int
    activations: int
    events: int
    seconds: float
    nodes_s: float
    activations_s: float
    events_s: float
    ms_an_activation: float


@dataclass(frozen=True, slots=True)
class PickUp:
    """Milliseconds from a committed start to the running action, in an idle cluster."""

    count: int
    p50_ms: float
    p99_ms: float
    max_ms: float


def measure_rate(
    connection: Any, action: str, args: Mapping[str, Any], timeout_s: float, progress: Progress = lambda _: None
) -> Rate:
    """Start one swarm, wait for its end, and return its rates; raise `CommandError` where it does not succeed."""
    swarm_id = _start(connection, action, args)
    begin = time.perf_counter()
    try:
        _wait(connection, swarm_id, timeout_s, progress)
    except BaseException:
        connection.execute("select pgswarm.cancel_swarm(%s)", (swarm_id,))
        raise
    seconds = time.perf_counter() - begin
    row = connection.execute(COUNTS, (swarm_id,)).fetchone()
    nodes, activations, events = row["nodes"], row["activations"], row["events"]
    return Rate(
        nodes=nodes,
        activations=activations,
        events=events,
        seconds=seconds,
        nodes_s=nodes / seconds,
        activations_s=activations / seconds,
        events_s=events / seconds,
        ms_an_activation=seconds * 1000 / activations,
    )


def measure_pick_up(connection: Any, count: int, timeout_s: float, progress: Progress = lambda _: None) -> PickUp:
    """Start `count` swarms of one node, one at a time, and return how long each waited for a processor.

    The processors' machine and this one must share a clock.
    """
    waited = []
    for number in range(count):
        progress(f"{number} of {count}")
        time.sleep(QUIET_S)
        swarm_id = _start(connection, "bench/stamp", {})
        committed = time.time_ns()
        report = _wait(connection, swarm_id, timeout_s, lambda _: None)
        waited.append(max(0.0, (int(report) - committed) / 1e6))
    return PickUp(count, statistics.median(waited), percentile(waited, 99), max(waited))


def percentile(values: list[float], percent: int) -> float:
    """Return the value below which `percent` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def as_json(measured: Rate | PickUp) -> dict[str, Any]:
    """Return the figures as JSON, rounded to what means something."""
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(measured).items()}


def _start(connection: Any, action: str, args: Mapping[str, Any]) -> Any:
    row = connection.execute(START, (f"pgswarm bench: {action}", action, json.dumps(args))).fetchone()
    return row["swarm_id"]


def _wait(connection: Any, swarm_id: Any, timeout_s: float, progress: Progress) -> str:
    """Return the swarm's report when it has succeeded."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        row = connection.execute(STATE, (swarm_id,)).fetchone()
        if row["status"] == "terminated":
            if row["outcome"] != "succeeded":
                raise CommandError(f"swarm {swarm_id} of the benchmark {row['outcome']}: {row['report']}")
            return str(row["report"] or "")
        if row["status"] == "paused":
            raise CommandError(f"swarm {swarm_id} of the benchmark was paused", "Someone else works on this database.")
        progress(f"{row['open_children']} children left")
        time.sleep(POLL_S)
    raise CommandError(f"swarm {swarm_id} did not end within {timeout_s:g} s", "Give --timeout more seconds.")
