"""The network between processors and the database: cut, silent, slow."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.database import Database
from support.processors import ProcessorProcess, Processors, register_actions, start_swarm, swarm_ended
from support.proxy import Proxy
from support.wait import wait_until

IMPATIENT = """# gives a statement one second: the minute of real life is too long for a test
import sys
from pgswarm.processor.logs import set_up
from pgswarm.processor.main import work
from pgswarm.processor.settings import Settings
set_up("info")
sys.exit(work(Settings(database_url=sys.argv[1], concurrency=8, lease_s=3, statement_timeout_s=1)))
"""


@pytest.fixture
def proxy(db: Database) -> Iterator[Proxy]:
    made = Proxy(db.url)
    yield made
    made.close()


def through(proxy: Proxy) -> dict[str, str]:
    return {"PGSWARM_DATABASE_URL": proxy.url}


def ended_nodes(db: Database) -> int:
    return int(db.value("select count(*) from pgswarm.node where outcome is not null"))


def test_a_worker_whose_network_goes_silent_is_taken_over_and_its_late_writes_are_fenced(
    db: Database, processors: Processors, proxy: Proxy
) -> None:
    swarm_id = start_swarm(db, "outside/wait", {"seconds": 1})
    cut_off = processors.start(env=through(proxy))
    wait_until(lambda: db.value("select count(*) from pgswarm.node where status = 'running'"), "it runs")
    proxy.accepting = False
    assert proxy.silence() >= 3
    processors.start()
    assert swarm_ended(db, swarm_id)["report"] == "attempt 2"
    proxy.accepting = True
    proxy.speak()
    wait_until(
        lambda: db.value("select coalesce(sum(fenced_writes), 0) from pgswarm.worker"), "its late write is fenced"
    )
    wait_until(
        lambda: len(db.rows("select from pgswarm.worker where pid = %(pid)s", pid=cut_off.pid)) == 2,
        "it is a worker again, under another id",
    )
    again = start_swarm(db, "bench/fan_out", {"width": 20, "depth": 1, "sleep_ms": 20})
    assert swarm_ended(db, again)["outcome"] == "succeeded"
    cut_off.signal(signal.SIGTERM)
    assert cut_off.ended() == 0


def test_a_worker_alone_leaves_connections_that_went_silent_and_goes_on(
    db: Database, proxy: Proxy, tmp_path: Path
) -> None:
    """New connections are answered, old ones never again: as when a firewall has forgotten them."""
    register_actions(db)
    alone = ProcessorProcess(proxy.url, tmp_path / "log", proxy.url, script=IMPATIENT)
    try:
        swarm_id = start_swarm(db, "bench/fan_out", {"width": 200, "depth": 1, "sleep_ms": 200})
        wait_until(lambda: db.value("select bool_or(heartbeat_at > started_at) from pgswarm.worker"), "its heart beats")
        assert ended_nodes(db) < 200
        assert proxy.silence() >= 4
        silent_at = db.value("select pgswarm.clock()")
        wait_until(
            lambda: db.value("select bool_or(heartbeat_at > %(at)s) from pgswarm.worker", at=silent_at),
            "its heart beats over another connection",
        )
        assert swarm_ended(db, swarm_id, 60)["outcome"] == "succeeded"
        assert db.value("select count(*) from pgswarm.node where outcome <> 'succeeded'") == 0
        alone.signal(signal.SIGTERM)
        assert alone.ended() == 0
    finally:
        alone.kill()


def test_connections_cut_again_and_again_on_a_slow_network_cost_nothing_but_time(
    db: Database, processors: Processors, proxy: Proxy
) -> None:
    proxy.delay_s = 0.005
    swarm_ids = [
        start_swarm(db, "bench/fan_out", {"width": 60, "depth": 1, "sleep_ms": 50}),
        start_swarm(db, "bench/chain", {"length": 30}),
    ]
    made = [processors.start(env=through(proxy), lease_s=15) for _ in range(2)]
    cuts = 0
    last = 0

    def cut() -> None:
        nonlocal cuts, last
        done = int(db.value("select count(*) from pgswarm.event"))
        if cuts < 8 and done >= last + 12:
            cuts, last = cuts + 1, done
            proxy.cut()

    for swarm_id in swarm_ids:
        assert swarm_ended(db, swarm_id, 90, cut)["outcome"] == "succeeded"
    assert cuts >= 4
    assert [one.process.poll() for one in made] == [None, None]
    attempts: Any = db.value("select max(attempt) from pgswarm.node")
    assert attempts <= 2
