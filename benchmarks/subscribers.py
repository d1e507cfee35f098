"""Many subscribers of the API's event streams, stalled and cut ones too, beside a bare broadcast of the same frames.

python benchmarks/subscribers.py --server postgresql://postgres@127.0.0.1/postgres

Two parts. *Load*: real processors work the swarms while subscribers are cut at random; every seq must come once and in
order to each that resumes. *Pace*: each swarm gets events at an even rate, from a process of its own; how long after
the commit was acknowledged does a frame come? Then the broadcast, at the same pace with the same frames.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import places
import psutil
import psycopg
import uvloop
from psycopg.types.json import Jsonb
from streams.crowd import Subscriber, Tally, percentiles
from streams.pace import FIRST

from pgswarm.api.accounts.local import ensure_local_account
from pgswarm.migrations.upgrade import upgrade

READY_S = 60
SETTLE_S = 60
CONNECTS_AT_ONCE = 50
LIMIT_MB = 250
START = "select pgswarm.start_swarm(goal => 'subscribers', action => %s, args => %s)"


@asynccontextmanager
async def api(url: str) -> AsyncIterator[tuple[int, psutil.Process]]:
    """Serve the API as its command does; yield its port and its process."""
    command = [sys.executable, "-m", "pgswarm.cli.main", "api", "--port", "0"]
    environment = os.environ | {"PGSWARM_DATABASE_URL": url}
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        line = await process.stdout.readline()
        yield int(line.rsplit(b":", 1)[1]), psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def broadcast() -> AsyncIterator[int]:
    """Serve the bare broadcast; yield its port."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(2048)
        script = str(places.HERE / "streams" / "broadcast.py")
        process = await asyncio.create_subprocess_exec(
            sys.executable, script, str(bound.fileno()), pass_fds=[bound.fileno()]
        )
        try:
            yield bound.getsockname()[1]
        finally:
            process.kill()
            await process.wait()


@asynccontextmanager
async def bare_listener(url: str) -> AsyncIterator[list[tuple[str, int, float]]]:
    """Note when each event's notification reaches a bare client of the database: the part that is not the API's."""
    script = str(places.HERE / "streams" / "hear.py")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, script, url, stdin=pipe, stdout=pipe, limit=2**28)
    assert process.stdin is not None  # noqa: S101 - it was asked for
    assert process.stdout is not None  # noqa: S101
    await process.stdout.readline()
    heard: list[tuple[str, int, float]] = []
    yield heard
    process.stdin.close()
    out, _ = await process.communicate()
    heard.extend((swarm_id, seq, at) for swarm_id, seq, at in json.loads(out))


async def connect(crowd: list[Subscriber]) -> list[asyncio.Task[None]]:
    """Start them, some at a time, and wait until all are connected."""
    tasks = []
    for start in range(0, len(crowd), CONNECTS_AT_ONCE):
        some = crowd[start : start + CONNECTS_AT_ONCE]
        tasks += [asyncio.create_task(one.run()) for one in some]
        async with asyncio.timeout(READY_S):
            await asyncio.gather(*[one.connected.wait() for one in some])
    return tasks


async def end(tasks: list[asyncio.Task[None]]) -> None:
    """End them."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def under_load(url: str, port: int, headers: str, options: argparse.Namespace) -> dict[str, Any]:
    """Let processors work while subscribers come, stall, are cut and come back."""
    conn = await psycopg.AsyncConnection.connect(url, autocommit=True)
    args = {"width": options.width, "depth": 2, "sleep_ms": 20}
    swarms = [str(await value(conn, START, "bench/fan_out", Jsonb(args))) for _ in range(options.swarms)]
    tally = Tally()
    stalled = options.subscribers // 10
    crowd = [
        Subscriber(port, f"/v1/swarms/{swarms[n % len(swarms)]}/events", headers, tally, stalls=n < stalled)
        for n in range(options.subscribers)
    ]
    tasks = await connect(crowd)
    environment = os.environ | {"PGSWARM_DATABASE_URL": url}
    command = [sys.executable, "-m", "pgswarm.processor"]
    processors = [await asyncio.create_subprocess_exec(*command, env=environment) for _ in range(2)]
    try:
        tops = await cut_until_done(conn, crowd[stalled:])
    finally:
        for process in processors:
            process.terminate()
            await process.wait()
    behind = [one for one in crowd[stalled:] if one.last != tops[one.swarm_id]]
    await end(tasks)
    await conn.close()
    return {
        "events": sum(tops.values()), "frames": tally.frames, "cuts": tally.cuts,
        "wrong": len(tally.wrong), "behind": len(behind), "examples": tally.wrong[:3],
    }  # fmt: skip


async def cut_until_done(conn: Any, crowd: list[Subscriber]) -> dict[str, int]:
    """Cut somebody every 50 ms until all swarms have ended, then wait for the last; return each swarm's newest seq."""
    deadline = time.monotonic() + 10 * SETTLE_S
    while await value(conn, "select count(*) from pgswarm.swarm where status <> 'terminated'"):
        random.choice(crowd).cut()  # noqa: S311 - no secret
        await asyncio.sleep(0.05)
        if time.monotonic() > deadline:
            raise SystemExit("the swarms have not ended")
    cursor = await conn.execute("select swarm_id::text, max(seq) from pgswarm.event group by 1")
    tops = dict(await cursor.fetchall())
    deadline = time.monotonic() + SETTLE_S
    while any(one.last < tops[one.swarm_id] for one in crowd):
        await asyncio.sleep(0.1)
        if time.monotonic() > deadline:
            break
    return tops


async def at_a_pace(url: str, port: int, headers: str, options: argparse.Namespace) -> tuple[dict[str, Any], bytes]:
    """Give each swarm events at an even rate; return the ages of the frames, and one frame."""
    conn = await psycopg.AsyncConnection.connect(url, autocommit=True)
    swarms = [str(await value(conn, START, "bench/noop", Jsonb({}))) for _ in range(options.swarms)]
    tally = Tally()
    paths = [f"/v1/swarms/{swarm_id}/events" for swarm_id in swarms]
    crowd = [
        Subscriber(port, paths[n % len(paths)], headers, tally, after=FIRST - 1) for n in range(options.subscribers)
    ]
    tasks = await connect(crowd)
    async with bare_listener(url) as heard:
        times = await paced("pace.py", url, options, *swarms)
    row = await value(
        conn, "select frame from pgswarm.event_frames(array(select account_id from pgswarm.account), %s, '{2}', 1)",
        [swarms[0]],
    )  # fmt: skip
    await end(tasks)
    await conn.close()
    sent = {(f"/v1/swarms/{swarm_id}/events", int(seq)): at for swarm_id, of in times.items() for seq, at in of.items()}
    notified = Tally(came=[(f"/v1/swarms/{swarm_id}/events", seq, at) for swarm_id, seq, at in heard])
    told = ages(notified, sent, options)
    return ages(tally, sent, options) | {
        "notified_p50_ms": told["p50_ms"],
        "notified_p99_ms": told["p99_ms"],
    }, row.encode()


async def bare(frame: bytes, options: argparse.Namespace) -> dict[str, Any]:
    """Broadcast the same frame at the same pace: as many posts as there were events, each to its share of the crowd."""
    async with broadcast() as port:
        tally = Tally()
        paths = [f"/events/{n}" for n in range(options.swarms)]
        crowd = [
            Subscriber(port, paths[n % len(paths)], "", tally, after=FIRST - 1) for n in range(options.subscribers)
        ]
        tasks = await connect(crowd)
        times = await paced("post.py", str(port), options, frame.decode(), str(options.swarms))
        await end(tasks)
    sent = {(f"/events/{number}", int(seq)): at for number, of in times.items() for seq, at in of.items()}
    return ages(tally, sent, options)


async def paced(script: str, where: str, options: argparse.Namespace, *more: str) -> dict[str, dict[str, float]]:
    """Run what makes the events, and return when it made each."""
    command = [str(places.HERE / "streams" / script), where, str(options.rate), str(options.seconds), *more]
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=subprocess.PIPE)
    out, _ = await process.communicate()
    await asyncio.sleep(2)
    found: dict[str, dict[str, float]] = json.loads(out)
    return found


def ages(tally: Tally, sent: dict[tuple[str, int], float], options: argparse.Namespace) -> dict[str, Any]:
    """Return how old frames were when they came; the first fifth is for warming up."""
    warm = FIRST + int(options.rate * options.seconds / 5)
    found = [max(0.0, came - sent[path, seq]) for path, seq, came in tally.came if seq >= warm and (path, seq) in sent]
    return percentiles(found) | {"wrong": len(tally.wrong)}


async def value(conn: Any, query: str, *parameters: Any) -> Any:
    """Return the one value that a query gives."""
    return (await (await conn.execute(query, parameters)).fetchone())[0]


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything in one run."""
    with places.database(options.server) as url:
        await asyncio.to_thread(upgrade, url)
        subprocess.run(  # noqa: ASYNC221 - nothing else runs yet
            [sys.executable, "-m", "pgswarm.processor", "--once"],
            env=os.environ | {"PGSWARM_DATABASE_URL": url},
            check=True,
        )
        headers = f"Authorization: Bearer {ensure_local_account(url)}\r\n"
        found: dict[str, Any] = {}
        async with api(url) as (port, process):
            found["load"] = await under_load(url, port, headers, options)
            found["load"]["api_mb"] = round(process.memory_info().rss / 1e6)
            found["pace"], frame = await at_a_pace(url, port, headers, options)
            found["pace"]["api_mb"] = round(process.memory_info().rss / 1e6)
            alone = argparse.Namespace(**{**vars(options), "subscribers": 1, "swarms": 1})
            found["one subscriber"], _ = await at_a_pace(url, port, headers, alone)
        found["broadcast"] = await bare(frame, options)
    return found


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="URL of a PostgreSQL server on which databases may be made")
    parser.add_argument("--subscribers", type=int, default=500, help="a tenth of them stalls under load")
    parser.add_argument("--swarms", type=int, default=10, help="that the subscribers are spread over")
    parser.add_argument("--width", type=int, default=20, help="of each swarm's tree under load, two levels deep")
    parser.add_argument("--rate", type=float, default=20, help="events a second for each swarm, at a pace")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--json", type=Path, help="where to write all figures")
    options = parser.parse_args()
    found = uvloop.run(measure(options))
    for name, figures in found.items():
        print(f"{name:<15}", "  ".join(f"{key} {figure}" for key, figure in figures.items()))
    ratio = found["pace"]["p99_ms"] / found["broadcast"]["p99_ms"]
    print(f"p99 to the broadcast's: {ratio:.2f} (goal: <= 2)")
    load = found["load"]
    right = not load["wrong"] and not load["behind"] and not found["pace"]["wrong"] and load["api_mb"] <= LIMIT_MB
    print("every seq once, in order, within the memory" if right else "NOT every seq once, in order, within the memory")
    if options.json:
        options.json.write_text(json.dumps(found | {"p99_ratio": ratio}, indent=2) + "\n")
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
