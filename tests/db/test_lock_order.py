"""Everybody at once on the same swarms: no deadlock, no gap in the events, nobody forgotten.

Longer: PGSWARM_TEST_SECONDS=60.
"""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from support.database import Database
from support.verbs import (
    Act,
    Conn,
    Kid,
    Run,
    Worker,
    add_message,
    ask,
    call_rows,
    connect,
    fail,
    finish,
    go_on,
    reap,
    release,
    resume,
    retry,
    spawn,
    start,
    tick,
)
from support.wait import wait_until

SECONDS: Final = float(os.environ.get("PGSWARM_TEST_SECONDS", "6"))
SWARMS: Final = 200
WORKERS: Final = 4
LEASE_S: Final = 0.5
EXPECTED: Final = {"PS404", "PS409"}
"""An operator may come too late; nothing else may go wrong."""
TEXTS: Final = ["a" * 2000, "b" * 2000, "c" * 2000]
"""Long texts that swarms share: their blobs are rows that many verbs write."""


class Crowd:
    """The threads' common ground: until when, with what chance, what went wrong."""

    def __init__(self, url: str, seed: int) -> None:
        self.url = url
        self.seed = seed
        self.until = time.monotonic() + SECONDS
        self.wrong: list[str] = []
        self.done: Counter[str] = Counter()

    def run(self, place: int, role: Callable[["Crowd", Conn, random.Random], None]) -> None:
        """Play a role until the time is up; every error that is not expected is kept."""
        chance = random.Random(self.seed + place)  # noqa: S311 - a seed that can be given again
        with connect(self.url) as conn:
            conn.execute("set statement_timeout = '20s'")
            while time.monotonic() < self.until:
                try:
                    role(self, conn, chance)
                except psycopg.Error as error:
                    if error.sqlstate not in EXPECTED:
                        self.wrong.append(f"{role.__name__}: {error}")
                        return


def act_on(run: Run, chance: random.Random) -> Act:
    """Decide what becomes of a run: trees grow to depth 3, then end."""
    text = chance.choice(TEXTS)
    depth = run.row["depth"]
    if depth < 3 and run.row["activation"] == 1 and chance.random() < 0.7:
        return spawn(run, *[Kid(directive=text) for _ in range(chance.randint(1, 4))])
    return chance.choice(
        [finish(run, text), finish(run, text), fail(run), ask(run, text), go_on(run), retry(run), release(run)]
    )


def work(crowd: Crowd, conn: Conn, chance: random.Random) -> None:
    """Be a worker for a while: small batches of many swarms; now and then die, or come back too late."""
    worker = Worker(conn, lease_s=LEASE_S)
    runs: list[Run] = []
    for _ in range(chance.randint(20, 60)):
        acts = [act_on(run, chance) for run in runs if chance.random() < 0.9]
        done = worker.advance(*acts, claims=chance.randint(1, 8), lanes=chance.randint(1, 8), fresh=1)
        crowd.done["acts"] += len(acts)
        crowd.done["fenced"] += len(done.fenced)
        runs = done.runs
        if chance.random() < 0.5:
            worker.heartbeat()
        if time.monotonic() > crowd.until:
            break
    if chance.random() < 0.7:
        worker.stop()


def operate(crowd: Crowd, conn: Conn, chance: random.Random) -> None:
    """Do one thing that people do, to any node or swarm."""
    (row,) = conn.execute(
        "select swarm_id, node_id from pgswarm.node order by hashtext(node_id::text || %s) limit 1", [chance.random()]
    ).fetchall()
    swarm_id, node_id = row["swarm_id"], row["node_id"]
    verb = chance.choice(["cancel_node", "retry_node", "pause", "message", "answer", "answer", "answer", "start"])
    crowd.done[verb] += 1
    match verb:
        case "cancel_node" | "retry_node":
            conn.execute(
                "select pgswarm.cancel_node(%(s)s, %(n)s)"
                if verb == "cancel_node"
                else "select pgswarm.retry_node(%(s)s, %(n)s)",
                {"s": swarm_id, "n": node_id},
            )
        case "pause":
            conn.execute("select pgswarm.pause_swarm(%s)", [swarm_id])
            conn.execute("select pgswarm.resume_swarm(%s)", [swarm_id])
        case "message":
            add_message(conn, swarm_id, None, chance.choice(TEXTS))
        case "answer":
            for question in conn.execute("select question_id from pgswarm.inbox limit 20").fetchall():
                conn.execute("select pgswarm.answer_question(%s, %s)", [question["question_id"], Jsonb("yes")])
        case _:
            start(conn, chance.choice(TEXTS), key=str(chance.randint(0, 20)))


def keep(crowd: Crowd, conn: Conn, chance: random.Random) -> None:
    """Do what every processor does besides: reap, tick."""
    del chance
    crowd.done["reaped"] += len(reap(conn, 0.1).ranges)
    tick(conn)


def tail(crowd: Crowd, conn: Conn, chance: random.Random) -> None:
    """Follow every swarm's events from where it last saw one, as subscribers do."""
    cursors: dict[UUID, int] = {}
    while time.monotonic() < crowd.until:
        swarms = conn.execute("select swarm_id from pgswarm.swarm").fetchall()
        for row in chance.sample(swarms, min(len(swarms), 30)):
            swarm_id = row["swarm_id"]
            seen = cursors.get(swarm_id, 0)
            for event in conn.execute(
                "select seq from pgswarm.event where swarm_id = %s and seq > %s order by seq limit 100",
                [swarm_id, seen],
            ).fetchall():
                seen += 1
                if event["seq"] != seen:
                    crowd.wrong.append(f"swarm {swarm_id}: seq {event['seq']} after {seen - 1}")
                    return
                crowd.done["read"] += 1
            cursors[swarm_id] = seen


def nothing_left(conn: Conn, worker: Worker) -> bool:
    """Bring everything to its end: answer, claim, finish, take over."""
    for row in conn.execute("select swarm_id from pgswarm.swarm where status = 'paused'").fetchall():
        resume(conn, row["swarm_id"])
    reap(conn, 0)
    worker.heartbeat()
    for question in conn.execute("select question_id from pgswarm.inbox").fetchall():
        conn.execute("select pgswarm.answer_question(%s, %s)", [question["question_id"], Jsonb("yes")])
    runs = worker.claim(500, lanes=500)
    while runs:
        runs = worker.advance(*[finish(run) for run in runs], claims=500, lanes=500).runs
    return not conn.execute("select from pgswarm.swarm where status <> 'terminated' limit 1").fetchall()


def test_crowd_on_the_same_swarms_neither_deadlocks_nor_forgets(db: Database, conn: Conn) -> None:
    seed = random.SystemRandom().randint(0, 10**6)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    for _ in range(SWARMS):
        start(conn)
    crowd = Crowd(db.url, seed)
    roles = [work] * WORKERS + [operate, operate, keep, tail]
    with ThreadPoolExecutor(len(roles)) as pool:
        for future in [pool.submit(crowd.run, place, role) for place, role in enumerate(roles)]:
            future.result(SECONDS + 60)
    assert crowd.wrong == []
    assert crowd.done["acts"] > 100 * SECONDS / 6
    assert crowd.done["read"] > 100
    assert min(crowd.done[verb] for verb in ("cancel_node", "retry_node", "pause", "answer", "start")) > 0
    worker = Worker(conn, lease_s=60)
    wait_until(lambda: nothing_left(conn, worker), "every swarm ends", within_s=60)
    assert call_rows(conn, "select * from pgswarm.reap()").rows == []
    stats = conn.execute("select deadlocks from pg_stat_database where datname = current_database()").fetchall()
    assert stats == [{"deadlocks": 0}]
    conn.execute("select pgswarm.reap()")
    for leftover in ("ready", "lane", "inbox"):
        assert conn.execute(f"select from pgswarm.{leftover}".encode()).fetchall() == []


def test_long_texts_that_two_swarms_share_in_crosswise_order_do_not_deadlock(db: Database, conn: Conn) -> None:
    """Each batch has two new texts, one in a report and one in a question; the other batch has them crosswise."""
    conn.execute(
        "create function public.slowly() returns trigger language plpgsql as"
        " 'begin perform pg_sleep(0.05); return null; end'"
    )
    conn.execute(
        "create trigger slowly after insert on pgswarm.blob for each statement execute function public.slowly()"
    )
    conn.execute("grant execute on function public.slowly() to public")
    ready = threading.Barrier(2)

    def commit(place: int) -> None:
        with connect(db.url) as own:
            worker = Worker(own)
            for turn in range(4):
                texts = [f"{turn} {name} " + "x" * 2000 for name in ("a", "b")]
                ready.wait(30)
                first, second = worker.claim(1, lanes=1) + worker.claim(1, lanes=1)
                ready.wait(30)
                worker.advance(finish(first, texts[place]), ask(second, texts[1 - place]))

    for _ in range(16):
        start(conn)
    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(commit, place) for place in (0, 1)]:
            future.result(60)
