"""PgQueuer: jobs done in a second, and idle pick-up. Rule: its best settings (asyncpg, uvloop, batch 500), no-op jobs.

Runs in the environment of the peers, against an empty database; prints one line of JSON.
"""

import argparse
import asyncio
import json
import multiprocessing
import signal
import statistics
import time
from multiprocessing.connection import Connection

import asyncpg
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries

PAUSE_S = 0.02
DEADLINE_S = 300
POLL_S = 0.005


def work(url: str, batch: int, stamps: Connection) -> None:
    """Run one worker until SIGTERM; with each job of the entrypoint `stamp` send the time at which it ran."""

    async def main() -> None:
        queue = PgQueuer(AsyncpgDriver(await asyncpg.connect(url)))

        @queue.entrypoint("noop")
        async def noop(_job: Job) -> None:
            pass

        @queue.entrypoint("stamp")
        async def stamp(_job: Job) -> None:
            stamps.send(time.time_ns())

        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, queue.shutdown.set)
        await queue.run(batch_size=batch)

    uvloop.run(main())


async def flat(connection: asyncpg.Connection, jobs: int) -> dict[str, float]:
    """Enqueue `jobs` at once and wait until the last is done; the clock starts when all are enqueued."""
    queries = Queries(AsyncpgDriver(connection))
    before = time.perf_counter()
    await queries.enqueue(["noop"] * jobs, [None] * jobs, [0] * jobs)
    enqueued = time.perf_counter()
    await until_empty(connection)
    done = time.perf_counter()
    return {
        "jobs_s": jobs / (done - enqueued),
        "jobs_s_with_enqueue": jobs / (done - before),
        "enqueue_s": jobs / (enqueued - before),
    }


async def pick_up(connection: asyncpg.Connection, stamps: Connection, times: int) -> dict[str, float]:
    """Enqueue one job at a time into an idle queue; milliseconds from its commit to its start."""
    queries = Queries(AsyncpgDriver(connection))
    waited = []
    for _ in range(times):
        await asyncio.sleep(PAUSE_S)
        await queries.enqueue("stamp", None)
        committed = time.time_ns()
        started = await asyncio.to_thread(stamps.recv)
        waited.append(max(0.0, (started - committed) / 1e6))
    cuts = statistics.quantiles(waited, n=100)
    return {"p50_ms": statistics.median(waited), "p99_ms": cuts[98]}


async def until_empty(connection: asyncpg.Connection) -> None:
    """Return when no job is left; raise `TimeoutError` after five minutes."""
    for _ in range(int(DEADLINE_S / POLL_S)):
        if not await connection.fetchval("select exists (select from pgqueuer)"):
            return
        await asyncio.sleep(POLL_S)
    raise TimeoutError("jobs are left")


async def measure(url: str, args: argparse.Namespace) -> dict[str, float]:
    """Install, start the workers, warm them up, and measure."""
    connection = await asyncpg.connect(url)
    await Queries(AsyncpgDriver(connection)).install()
    mine, theirs = multiprocessing.Pipe(duplex=False)
    workers = [multiprocessing.Process(target=work, args=(url, args.batch, theirs)) for _ in range(args.workers)]
    for worker in workers:
        worker.start()
    try:
        await asyncio.sleep(2)
        await flat(connection, args.batch * args.workers)
        if args.what == "flat":
            return await flat(connection, args.count)
        return await pick_up(connection, mine, args.count)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join(30)
        await connection.close()


def main() -> None:
    """Read the arguments and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["flat", "pick_up"])
    parser.add_argument("--url", required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=500)
    args = parser.parse_args()
    print(json.dumps(uvloop.run(measure(args.url, args))))


if __name__ == "__main__":
    main()
