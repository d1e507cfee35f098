"""Many subscribers of the API's event streams, stalled and cut ones among them, beside a bare broadcast of the same frames.

python benchmarks/subscribers.py --server postgresql://postgres@127.0.0.1/postgres

Two parts. *Load*: real processors work the swarms while subscribers are cut at random; every seq must come once and in
order to each that resumes. *Pace*: each swarm gets events at an even rate; how old is a frame when it comes, counted
from the verb's own clock, so that the commit is part of it. Then the broadcast, at the same pace with the same frames.
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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import places
import psutil
import psycopg
import uvloop
from psycopg.types.json import Jsonb
from streams.crowd import Subscriber, Tally, percentiles

from pgswarm.api.accounts.local import ensure_local_account
from pgswarm.migrations.upgrade import upgrade

READY_S = 60
SETTLE_S = 60
CONNECTS_AT_ONCE = 50
LIMIT_MB = 250
START = "select pgswarm.start_swarm(goal => 'subscribers', action => %s, args => %s)"
TELL = "select pgswarm.add_message(swarm_id => %s, node_id => null, content => %s)"
TEXT = "what a person may write to a swarm " * 20


@asynccontextmanager
async def api(url: str) -> AsyncIterator[tuple[int, psutil.Process]]:
    """Serve the API as its command does; yield its port and its process."""
    command = [sys.executable, "-m", "pgswarm.cli.main", "api", "--port", "0"]
    with subprocess.Popen(command, env=os.environ | {"PGSWARM_DATABASE_URL": url}, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - it was asked for
            line = await asyncio.to_thread(process.stdout.readline)
            yield int(line.rsplit(b":", 1)[1]), psutil.Process(process.pid)
        finally:
            process.terminate()


@asynccontextmanager
async def broadcast() -> AsyncIterator[int]:
    """Serve the bare broadcast; yield its port."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(2048)
        script = str(places.HERE / "streams" / "broadcast.py")
        with subprocess.Popen([sys.executable, script, str(bound.fileno())], pass_fds=[bound.fileno()]) as process:
            try:
                yield bound.getsockname()[1]
            finally:
                process.kill()


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
    swarms = [await value(conn, START, "bench/fan_out", Jsonb(args)) for _ in range(options.swarms)]
    tally = Tally()
    stalled = options.subscribers // 10
    crowd = [
        Subscriber(port, f"/v1/swarms/{swarms[n % len(swarms)]}/events", headers, tally, stalls=n < stalled)
        for n in range(options.subscribers)
    ]
    tasks = await connect(crowd)
    environment = os.environ | {"PGSWARM_DATABASE_URL": url}
    processors = [subprocess.Popen([sys.executable, "-m", "pgswarm.processor"], env=environment) for _ in range(2)]
    try:
        tops = await cut_until_done(conn, swarms, crowd[stalled:])
    finally:
        for process in processors:
            process.terminate()
    behind = [one for n, one in enumerate(crowd[stalled:], stalled) if one.last != tops[swarms[n % len(swarms)]]]
    await end(tasks)
    await conn.close()
    return {
        "events": sum(tops.values()), "frames": tally.frames, "cuts": tally.cuts,
        "wrong": len(tally.wrong), "behind": len(behind), "examples": tally.wrong[:3],
    }  # fmt: skip


async def cut_until_done(conn: Any, swarms: list[Any], crowd: list[Subscriber]) -> dict[Any, int]:
    """Cut somebody every 50 ms until all swarms have ended, then wait for the last; return each swarm's newest seq."""
    deadline = time.monotonic() + 10 * SETTLE_S
    while await value(conn, "select count(*) from pgswarm.swarm where status <> 'terminated'"):
        random.choice(crowd).cut()  # noqa: S311 - no secret
        await asyncio.sleep(0.05)
        if time.monotonic() > deadline:
            raise SystemExit("the swarms have not ended")
    cursor = await conn.execute("select swarm_id, max(seq) from pgswarm.event group by 1")
    tops = dict(await cursor.fetchall())
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline and any(one.last < tops[swarms[n % len(swarms)]] for n, one in enumerate(crowd)):
        await asyncio.sleep(0.1)
    return tops


async def at_a_pace(url: str, port: int, headers: str, options: argparse.Namespace) -> tuple[dict[str, Any], bytes]:
    """Give each swarm events at an even rate; return the ages of the frames, and one frame."""
    conn = await psycopg.AsyncConnection.connect(url, autocommit=True)
    swarms = [await value(conn, START, "bench/noop", Jsonb({})) for _ in range(options.swarms)]
    tally = Tally()
    crowd = [
        Subscriber(port, f"/v1/swarms/{swarms[n % len(swarms)]}/events", headers, tally, after=2)
        for n in range(options.subscribers)
    ]
    tasks = await connect(crowd)
    writers = [await psycopg.AsyncConnection.connect(url, autocommit=True) for _ in range(min(4, len(swarms)))]

    async def tell(number: int) -> None:
        for swarm_id in swarms[number :: len(writers)]:
            await writers[number].execute(TELL, (swarm_id, TEXT))

    async def tick() -> None:
        await asyncio.gather(*map(tell, range(len(writers))))

    rate = await pace(tick, options, tally)
    row = await value(
        conn, "select frame from pgswarm.event_frames(array(select account_id from pgswarm.account), %s, '{2}', 1)",
        [swarms[0]],
    )  # fmt: skip
    await end(tasks)
    for one in (conn, *writers):
        await one.close()
    return percentiles(tally.ages_s) | {"wrong": len(tally.wrong), "ticks_s": rate}, row.encode()


async def bare(frame: bytes, options: argparse.Namespace) -> dict[str, Any]:
    """Broadcast the same frame at the same pace."""
    before, _, after = frame.partition(json.loads(frame)["at"].encode())
    async with broadcast() as port:
        tally = Tally()
        crowd = [Subscriber(port, "/events", "", tally, after=0) for _ in range(options.subscribers)]
        tasks = await connect(crowd)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        seq = 0

        async def tick() -> None:
            nonlocal seq
            seq += 1
            at = datetime.now(UTC).isoformat().encode()
            body = b"id: %d\nevent: message.added\ndata: %s\n\n" % (seq, before + at + after)
            writer.write(b"POST /frames HTTP/1.1\r\nHost: b\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await reader.readuntil(b"\r\n\r\n")

        rate = await pace(tick, options, tally)
        await end(tasks)
        writer.close()
    return percentiles(tally.ages_s) | {"wrong": len(tally.wrong), "ticks_s": rate}


async def pace(tick: Any, options: argparse.Namespace, tally: Tally) -> float:
    """Call `tick` at the rate for the time asked for; forget what came while it warmed up; return the rate reached."""
    loop = asyncio.get_running_loop()
    done = 0
    began = loop.time()
    warm = False
    while (now := loop.time()) < began + options.seconds + options.warm_up:
        if not warm and now >= began + options.warm_up:
            warm, done, since = True, 0, now
            tally.ages_s.clear()
        await tick()
        done += 1
        await asyncio.sleep(max(0.0, now + 1 / options.rate - loop.time()))
    rate = done / (loop.time() - since)
    await asyncio.sleep(1)
    return round(rate, 1)


async def value(conn: Any, query: str, *parameters: Any) -> Any:
    """Return the one value that a query gives."""
    return (await (await conn.execute(query, parameters)).fetchone())[0]


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything in one run."""
    with places.database(options.server) as url:
        await asyncio.to_thread(upgrade, url)
        subprocess.run(  # noqa: ASYNC221 - nothing else runs yet
            [sys.executable, "-m", "pgswarm.processor", "--once"], env=os.environ | {"PGSWARM_DATABASE_URL": url}, check=True
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
    parser.add_argument("--warm-up", type=float, default=3)
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
