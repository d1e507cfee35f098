"""`pgswarm bench`, with processors of its own and without any."""

import json
import os
import subprocess
import sys

from support.database import Database

SMALL = ("--nodes", "30", "--levels", "2", "--chain", "5", "--pick-ups", "3", "--timeout", "60")


def bench(url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-P", "-m", "pgswarm.cli.main", "bench", *arguments]
    environment = {**os.environ, "PGSWARM_DATABASE_URL": url}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=150, check=False)


def test_bench_measures_every_load_and_leaves_no_processor(db: Database) -> None:
    done = bench(db.url, *SMALL, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    counts = {name: (load["nodes"], load["activations"]) for name, load in found.items() if "nodes" in load}
    assert counts == {"fan-out": (31, 32), "tree": (111, 122), "chain": (5, 9)}
    assert all(found[name][rate] > 0 for name in counts for rate in ("nodes_s", "activations_s", "events_s"))
    assert found["pick-up"]["count"] == 3
    assert 0 <= found["pick-up"]["p50_ms"] <= found["pick-up"]["p99_ms"]
    assert db.value("select count(*) from pgswarm.worker where stopped_at is null") == 0
    assert db.value("select count(*) from pgswarm.check_invariants()") == 0


def test_bench_prints_a_table(db: Database) -> None:
    done = bench(db.url, *SMALL, "--processors", "1")
    assert done.returncode == 0, done.stderr
    assert "NODES/S" in done.stdout
    assert "fan-out  31" in done.stdout
    assert "Idle pick-up of 3: p50" in done.stdout


def test_bench_without_a_processor_says_what_to_do(db: Database) -> None:
    done = bench(db.url, "--processors", "0")
    assert done.returncode == 1
    assert "no processor runs on this database" in done.stderr
    assert db.value("select count(*) from pgswarm.swarm") == 0
