"""Runs pgswarm and its peers beside each other on one server, and prints ratios. Rule: only ratios of one run count.

python benchmarks/run.py --server postgresql://postgres@127.0.0.1/postgres
"""

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import places
import psycopg
from goals import GOALS, Goal

from pgswarm.migrations.upgrade import upgrade

Figures = dict[str, dict[str, float]]
MEASURES = ("flat", "tree", "chain", "pick-up", "analyzed", "crowd")


def ours(server: str, *arguments: str, analyze: bool = False) -> dict[str, Any]:
    """Run `pgswarm bench` on an empty database; with `analyze`, right after an ANALYZE of its empty tables."""
    with places.database(server) as url:
        upgrade(url)
        if analyze:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("analyze")
        left_out = ("--nodes", "0", "--levels", "0", "--chain", "0", "--pick-ups", "0")
        command = ["-m", "pgswarm.cli.main", "bench", "--json", *left_out, *arguments]
        return places.run_python(*command, env=os.environ | {"PGSWARM_DATABASE_URL": url})


def measures(server: str, options: argparse.Namespace) -> dict[str, Callable[[], Figures]]:
    """Return what can be measured: a name, and what gives {side: figures}."""
    nodes, steps, jobs = str(options.nodes), str(options.steps), str(options.pick_ups)

    def flat() -> Figures:
        return {
            "pgswarm": ours(server, "--nodes", nodes)["fan-out"],
            "PgQueuer, 2 workers": places.run_peer(server, "pgqueuer_bench.py", "flat", "--count", nodes),
            "PgQueuer, 1 worker": places.run_peer(
                server, "pgqueuer_bench.py", "flat", "--count", nodes, "--workers", "1"
            ),
            "LangGraph": places.run_peer(server, "langgraph_bench.py", "fan_out", "--count", "1000"),
        }

    def chain() -> Figures:
        return {
            "pgswarm": ours(server, "--chain", steps)["chain"],
            "LangGraph": places.run_peer(server, "langgraph_bench.py", "chain", "--count", steps),
            "LangGraph, durability sync": places.run_peer(
                server, "langgraph_bench.py", "chain", "--count", steps, "--durability", "sync"
            ),
        }

    def pick_up() -> Figures:
        return {
            "pgswarm": ours(server, "--pick-ups", jobs)["pick-up"],
            "PgQueuer": places.run_peer(server, "pgqueuer_bench.py", "pick_up", "--count", jobs, "--workers", "1"),
        }

    def crowd() -> Figures:
        with places.database(server) as url:
            script = str(places.HERE / "crowd.py")
            return places.run_python(script, "--url", url, "--nodes", str(options.crowd))

    return {
        "flat": flat,
        "tree": lambda: {"pgswarm": ours(server, "--levels", "4")["tree"]},
        "chain": chain,
        "pick-up": pick_up,
        "analyzed": lambda: {"pgswarm": ours(server, "--nodes", nodes, analyze=True)["fan-out"]},
        "crowd": crowd,
    }


def middle(rounds: list[Figures]) -> Figures:
    """Return the median of each figure over the rounds."""
    return {
        side: {name: statistics.median(one[side][name] for one in rounds) for name in figures}
        for side, figures in rounds[0].items()
    }


def show(found: dict[str, Figures]) -> list[dict[str, Any]]:
    """Print the table of goals, and return it as data."""
    rows = [verdict for goal in GOALS if (verdict := judge(goal, found)) is not None]
    width = max((len(row["what"]) for row in rows), default=0)
    for row in rows:
        mark = "met" if row["met"] else "MISSED"
        print(f"{row['what']:<{width}}  {row['ours']:>10.2f}  {row['theirs']:>10.2f}  {row['ratio']:>7.2f}  ", end="")
        print(f"{row['goal']:<9}  {mark}")
    return rows


def judge(goal: Goal, found: dict[str, Figures]) -> dict[str, Any] | None:
    """Return the ratio that a goal is about and whether it is met; None where it was not measured."""
    try:
        mine, theirs = goal.ours(found), goal.theirs(found)
    except KeyError:
        return None
    ratio = mine / theirs
    met = ratio >= goal.limit if goal.at_least else ratio <= goal.limit
    text = f"{'>=' if goal.at_least else '<='} {goal.limit:g}"
    return {"what": goal.what, "ours": mine, "theirs": theirs, "ratio": ratio, "goal": text, "met": met}


def main() -> None:
    """Read the arguments, measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="URL of a PostgreSQL server on which databases may be made")
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--rounds", type=int, default=1, help="medians of so many rounds")
    parser.add_argument("--nodes", type=int, default=20_000, help="of the flat fan-out")
    parser.add_argument("--steps", type=int, default=1_000, help="of the chain")
    parser.add_argument("--pick-ups", type=int, default=200)
    parser.add_argument("--crowd", type=int, default=1_000_000, help="pending nodes of the other swarm")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    options = parser.parse_args()
    about = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "server": places.describe_server(options.server),
    }
    places.make_peers()
    available = measures(options.server, options)
    found: dict[str, Figures] = {}
    for name in options.only:
        rounds = []
        for number in range(options.rounds):
            print(f"measuring {name}, round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
            rounds.append(available[name]())
        found[name] = middle(rounds)
    goals = show(found)
    if options.json:
        options.json.write_text(json.dumps({"about": about, "figures": found, "goals": goals}, indent=2) + "\n")


if __name__ == "__main__":
    main()
