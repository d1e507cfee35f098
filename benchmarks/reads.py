"""How long it takes to read much: the past of a swarm of 100,000 events, a tree of 10,000 nodes over HTTP.

python benchmarks/reads.py --server postgresql://postgres@127.0.0.1/postgres

The past at several events, each by a new connection (nothing is planned yet) and by one that has asked before; the tree
in one page and in pages of 500, as the API's command serves it. Milliseconds on the clock; `server_ms` is the server's
processor time (over HTTP the API's too), which other work on the machine changes less. Says what is over its goal.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from os import environ
from typing import Any

import httpx2 as httpx
import places
import psutil
import psycopg
from psycopg.types.json import Jsonb
from subscribers import api

from pgswarm.api.accounts.local import ensure_local_account
from pgswarm.migrations.upgrade import upgrade

START = "select pgswarm.start_swarm(goal => 'reads', action => %s, args => %s)"
STATE = "select count(status) from pgswarm.state_at(%s, %s)"
ENDED = "select count(*) from pgswarm.swarm where status <> 'terminated'"
TIMES = 7
NODES = 10_000
PAST_MS, TREE_MS = 300, 200
WITHIN_S = 600
SWARMS: dict[str, tuple[str, dict[str, int]]] = {
    "wide": ("bench/fan_out", {"width": 33_400, "depth": 1}),
    "tree": ("bench/fan_out", {"width": 10, "depth": 4}),
    "deep": ("bench/fan_out", {"width": 2, "depth": 13}),
}
"""100,000 events of nodes that are made, claimed, finished; 11,111 nodes; 100,000 events, half of them of spawners."""


def timed(read: Callable[[], Any], times: int) -> dict[str, float]:
    """Return the median and the longest of some reads, in milliseconds."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        read()
        taken.append((time.perf_counter() - begin) * 1000)
    return {"p50_ms": round(statistics.median(taken), 1), "max_ms": round(max(taken), 1)}


def processor_time_s(pid: int) -> float:
    """Return the processor time that a process of this machine has used; 0 where it is another machine's."""
    try:
        used = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(used.user + used.system)


def run_swarms(url: str) -> dict[str, str]:
    """Start them and let two processors work them to their end."""
    command = [sys.executable, "-m", "pgswarm.processor", "--log", "warning"]
    known = environ | {"PGSWARM_DATABASE_URL": url}
    subprocess.run([*command, "--once"], env=known, check=True, timeout=60)
    with psycopg.connect(url, autocommit=True) as conn:
        swarms = {}
        for name, (action, args) in SWARMS.items():
            row = conn.execute(START, (action, Jsonb(args))).fetchone()
            swarms[name] = str(row[0]) if row else ""
        processors = [subprocess.Popen(command, env=known) for _ in range(2)]
        try:
            until = time.monotonic() + WITHIN_S
            while conn.execute(ENDED).fetchone() != (0,):
                if time.monotonic() > until:
                    raise SystemExit("the swarms have not ended")
                time.sleep(0.1)
        finally:
            for process in processors:
                process.terminate()
                process.wait(60)
        conn.execute("vacuum analyze")
    return swarms


def the_past(url: str, swarm_id: str) -> dict[str, Any]:
    """Read the past at several events."""
    with psycopg.connect(url, autocommit=True) as warm:
        row = warm.execute("select max(seq) from pgswarm.event where swarm_id = %s", (swarm_id,)).fetchone()
        top = row[0] if row else 0
        found: dict[str, Any] = {"events": top}

        def cold(seq: int) -> None:
            with psycopg.connect(url, autocommit=True) as conn:
                conn.execute(STATE, (swarm_id, seq))

        def warmly(seq: int) -> dict[str, float]:
            begin = processor_time_s(warm.info.backend_pid)
            taken = timed(lambda: warm.execute(STATE, (swarm_id, seq)).fetchall(), TIMES)
            used = processor_time_s(warm.info.backend_pid) - begin
            return taken | {"server_ms": round(used / TIMES * 1000)}

        for part in (1, 0.9, 0.75, 0.5, 0.25, 0.1, 0):
            seq = max(1, int(top * part))
            found[f"at {seq}"] = {
                "cold": timed(lambda: cold(seq), 3),  # noqa: B023 - called at once
                "warm": warmly(seq),
            }
    return found


async def the_tree(url: str, swarm_id: str) -> dict[str, Any]:
    """Read 10,000 nodes over HTTP."""
    headers = {"Authorization": f"Bearer {ensure_local_account(url)}"}
    async with api(url) as (port, process):
        address = f"http://127.0.0.1:{port}/v1/swarms/{swarm_id}/nodes"
        return await asyncio.to_thread(_read_tree, url, address, headers, process.pid)


def _read_tree(url: str, address: str, headers: dict[str, str], api_pid: int) -> dict[str, Any]:
    with httpx.Client(headers=headers, timeout=60) as client, psycopg.connect(url, autocommit=True) as conn:

        def used() -> float:
            rows = conn.execute("select pid from pg_stat_activity where datname = current_database()").fetchall()
            return sum(processor_time_s(pid) for pid in (api_pid, *(row[0] for row in rows)))

        def pages(limit: int) -> None:
            nodes, cursor = 0, None
            while nodes < NODES:
                params = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
                page = client.get(address, params=params).raise_for_status().json()
                nodes += len(page["items"])
                cursor = page["next_cursor"]

        found: dict[str, Any] = {}
        for name, limit in (("one page", NODES), ("pages of 500", 500)):
            pages(limit)
            begin = used()
            taken = timed(lambda: pages(limit), TIMES)  # noqa: B023 - called at once
            found[name] = taken | {"server_ms": round((used() - begin) / TIMES * 1000)}
        return found


def main() -> None:
    """Make, read, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="URL of a PostgreSQL server on which databases may be made")
    options = parser.parse_args()
    with places.database(options.server) as url:
        upgrade(url)
        swarms = run_swarms(url)
        found = {name: the_past(url, swarms[name]) for name in ("wide", "deep")}
        found["tree over HTTP"] = asyncio.run(the_tree(url, swarms["tree"]))
    print(json.dumps(found, indent=1))
    over = [
        f"state_at, {name}, {at}: {kind} {figures[kind]['p50_ms']} ms"
        for name in ("wide", "deep") for at, figures in found[name].items() if isinstance(figures, dict)
        for kind in figures if figures[kind]["p50_ms"] > PAST_MS
    ]  # fmt: skip
    if found["tree over HTTP"]["one page"]["p50_ms"] > TREE_MS:
        over.append("the tree")
    print("over the goal: " + "; ".join(over) if over else "within the goals")
    sys.exit(bool(over))


if __name__ == "__main__":
    main()
