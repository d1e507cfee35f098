"""The goals: which two figures are compared, and how they must stand to each other. Rule: ratios of one run only."""

from collections.abc import Callable
from dataclasses import dataclass

Found = dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True, slots=True)
class Goal:
    """`ours` over `theirs` must be at least, or at most, `limit`."""

    what: str
    ours: Callable[[Found], float]
    theirs: Callable[[Found], float]
    limit: float
    at_least: bool


def figure(measure: str, side: str, name: str) -> Callable[[Found], float]:
    """Return what finds a figure."""
    return lambda found: found[measure][side][name]


def best_pgqueuer(found: Found) -> float:
    """Return PgQueuer's better rate, of one worker or two."""
    return max(found["flat"][f"PgQueuer, {workers}"]["jobs_s"] for workers in ("1 worker", "2 workers"))


OURS = figure("flat", "pgswarm", "nodes_s")
GOALS = (
    Goal("flat fan-out, nodes/s, to PgQueuer's jobs/s", OURS, best_pgqueuer, 0.4, at_least=True),
    Goal("flat fan-out, nodes/s, to LangGraph's", OURS, figure("flat", "LangGraph", "nodes_s"), 15, at_least=True),
    Goal(
        "flat fan-out after ANALYZE of empty tables, to that without",
        figure("analyzed", "pgswarm", "nodes_s"),
        OURS,
        0.8,
        at_least=True,
    ),
    Goal("10-ary tree, nodes/s, to flat", figure("tree", "pgswarm", "nodes_s"), OURS, 0.75, at_least=True),
    Goal(
        "chain, ms an activation, to LangGraph's ms a step",
        figure("chain", "pgswarm", "ms_an_activation"),
        figure("chain", "LangGraph", "ms_a_step"),
        1.0,
        at_least=False,
    ),
    *(
        Goal(
            f"idle pick-up {name[:3]}, ms, to PgQueuer's",
            figure("pick-up", "pgswarm", name),
            figure("pick-up", "PgQueuer", name),
            1.0,
            at_least=False,
        )
        for name in ("p50_ms", "p99_ms")
    ),
    *(
        Goal(
            f"first claim beside a crowd that is {state}, ms, to that without one",
            figure("crowd", state, "p50_ms"),
            figure("crowd", "empty", "p50_ms"),
            2.5,
            at_least=False,
        )
        for state in ("paused", "active")
    ),
)
