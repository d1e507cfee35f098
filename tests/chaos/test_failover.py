"""The primary dies under load and its streaming replica is promoted; everybody has one URL with both hosts in it."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import psycopg
import pytest

from pgswarm.api.accounts.local import ensure_local_account
from support.database import Database
from support.processors import Processors, register_actions, start_swarm, swarm_ended
from support.replica import Pair, replicated
from support.serving import serving
from support.streams import Stream
from support.template import make_template
from support.wait import wait_until

START = "select pgswarm.start_swarm('test', 'bench/noop', idempotency_key => %s)"


@pytest.fixture
def pair(open_folder: Path) -> Iterator[Pair]:
    """A primary and a replica of the test's own."""
    with replicated(open_folder) as lent:
        yield lent


class Starter(threading.Thread):
    """An application that starts swarms, one after the other, and notes what was acknowledged."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self.enough = threading.Event()
        self.acknowledged: dict[str, str] = {}

    def run(self) -> None:
        while not self.enough.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, connect_timeout=2) as conn:
                    while not self.enough.wait(0.01):
                        key = f"key {len(self.acknowledged)}"
                        row = conn.execute(START, (key,)).fetchone()
                        assert row is not None
                        self.acknowledged[key] = str(row[0])
            except psycopg.OperationalError:
                self.enough.wait(0.05)


def reconnected(db: Database) -> Database:
    """Let the test's own connection be made again."""
    db.conn.close()
    del db.__dict__["conn"]
    return db


async def test_a_failover_to_a_synchronous_replica_loses_nothing_that_was_acknowledged(
    pair: Pair, tmp_path: Path
) -> None:
    db = Database(pair.primary.url, make_template(pair.primary.url))
    db.url = pair.url(db.name)
    register_actions(db)
    pair.wait_for("synchronous")
    crew = Processors(db, tmp_path)
    headers = {"Authorization": f"Bearer {ensure_local_account(db.url)}"}
    starter = Starter(db.url)
    try:
        made = [crew.start("--concurrency", "16", lease_s=15) for _ in range(2)]
        with serving(db.url) as api:
            tree = start_swarm(db, "bench/fan_out", {"width": 200, "depth": 1, "sleep_ms": 100})
            seen = asyncio.create_task(follow(api.url, tree, headers))
            starter.start()
            wait_until(lambda: db.value("select count(*) from pgswarm.node where outcome is not null") > 40, "it works")
            pair.fail_over()
            reconnected(db)
            promoted = time.monotonic()
            known = len(starter.acknowledged)
            wait_until(lambda: len(starter.acknowledged) > known + 5, "swarms are started again")
            with httpx.Client(base_url=api.url, headers=headers) as client:
                wait_until(lambda: client.get(f"/v1/swarms/{tree}").status_code == 200, "the API is back")
                assert time.monotonic() - promoted < 5
            starter.enough.set()
            assert swarm_ended(db, tree, 30)["outcome"] == "succeeded"
            last = db.value("select max(seq) from pgswarm.event where swarm_id = %(id)s", id=tree)
            assert await asyncio.wait_for(seen, 15) == list(range(1, last + 1))
        starter.join(15)
        kept = {row["id"]: row["key"] for row in db.rows(
            "select swarm_id::text as id, idempotency_key as key from pgswarm.swarm where idempotency_key is not null"
        )}  # fmt: skip
        assert starter.acknowledged.items() <= {key: swarm_id for swarm_id, key in kept.items()}.items()
        assert len(kept) == len(set(kept.values()))
        for swarm_id in kept:
            assert swarm_ended(db, swarm_id)["outcome"] == "succeeded"
        assert [one.process.poll() for one in made] == [None, None]
        assert "failed over" in made[0].said()
        assert db.broken_invariants() == []
    finally:
        starter.enough.set()
        crew.end()
        db.conn.close()


WHEN = "select at from pgswarm.event where swarm_id = %(id)s and seq = %(seq)s"


async def test_a_failover_to_an_asynchronous_replica_says_what_may_be_lost_and_goes_on(
    pair: Pair, tmp_path: Path
) -> None:
    db = Database(pair.primary.url, make_template(pair.primary.url))
    db.url = pair.url(db.name)
    register_actions(db)
    crew = Processors(db, tmp_path)
    headers = {"Authorization": f"Bearer {ensure_local_account(db.url)}"}
    try:
        made = crew.start("--concurrency", "4", lease_s=15)
        with serving(db.url) as api:
            tree = start_swarm(db, "bench/fan_out", {"width": 40, "depth": 1, "sleep_ms": 200})
            stream = await watch(api.url, tree, headers)
            await stream.until(lambda event: event.seq > 60)
            pair.wait_for("asynchronous")
            pair.cut_off_replica()
            sent = db.value("select max(seq) from pgswarm.event where swarm_id = %(id)s", id=tree)
            lost = start_swarm(db, "bench/noop")
            ahead = (await stream.until(lambda event: event.seq > sent))[-1].seq
            there = db.value(WHEN, id=tree, seq=ahead)
            pair.fail_over()
            reconnected(db)
            assert db.rows("select from pgswarm.swarm where swarm_id = %(id)s", id=lost) == []
            assert db.rows(WHEN, id=tree, seq=ahead) != [{"at": there}]  # gone, or another one by now
            await stream.ended()  # it may not go on as if nothing were
            stream.cut()
            with httpx.Client(base_url=api.url, headers=headers) as client:
                wait_until(lambda: client.get(f"/v1/swarms/{lost}").status_code == 404, "it is told to be lost")
            again = await watch(api.url, tree, {**headers, "Last-Event-ID": str(10**6)})
            first = await again.event()
            assert first.kind == "snapshot.swarm"
            again.cut()
            assert swarm_ended(db, tree, 30)["outcome"] == "succeeded"
        assert made.process.poll() is None
        assert "what was committed last may be missing" in made.said()
        assert db.broken_invariants() == []
    finally:
        crew.end()
        db.conn.close()


async def follow(base_url: str, swarm_id: str, headers: dict[str, str]) -> list[int]:
    """Take in a swarm's events to the last, going on after each cut with the last id; return the seqs."""
    found: list[int] = []
    while True:
        with contextlib.suppress(EOFError, OSError):
            stream = await watch(base_url, swarm_id, headers | ({"Last-Event-ID": str(found[-1])} if found else {}))
            try:
                while stream.status == 200:
                    event = await stream.event(within_s=30)
                    found.append(event.seq)
                    if event.kind == "swarm.terminated":
                        return found
            finally:
                stream.cut()
        await asyncio.sleep(0.05)


async def watch(base_url: str, swarm_id: str, headers: dict[str, str]) -> Stream:
    return await Stream.open(int(base_url.rsplit(":", 1)[1]), f"/v1/swarms/{swarm_id}/events", headers)
