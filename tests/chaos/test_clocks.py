"""Processors whose clocks are wrong by ten minutes: only the database's time counts."""

from datetime import datetime
from pathlib import Path
from typing import Final

import pytest

from support.database import Database
from support.processors import Processors, start_swarm, swarm_ended
from support.wait import wait_until

LIBRARIES: Final = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
SKEWS: Final = ("+10m", "-10m")


def wrong_clock(skew: str) -> dict[str, str]:
    """Return the environment of a process whose time of day is wrong; its monotonic clock runs as always."""
    return {"LD_PRELOAD": str(LIBRARIES[0]), "FAKETIME": skew, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@pytest.mark.skipif(not LIBRARIES, reason="libfaketime is not installed: apt-get install libfaketime")
def test_clocks_that_are_wrong_change_nothing(db: Database, processors: Processors) -> None:
    swarm_ids = [
        start_swarm(db, "bench/fan_out", {"width": 40, "depth": 1, "sleep_ms": 100}),
        start_swarm(db, "bench/flaky", {"failures": 3}),
        start_swarm(db, "bench/chain", {"length": 20}),
    ]
    began = db.value("select clock_timestamp()")
    made = [processors.start("--concurrency", "8", env=wrong_clock(skew)) for skew in SKEWS]
    for swarm_id in swarm_ids:
        assert swarm_ended(db, swarm_id)["outcome"] == "succeeded"
    wait_until(lambda: db.value("select count(*) from pgswarm.worker") == len(made), "both are there")
    fast, slow = (datetime.fromisoformat(one.said()[:19]) for one in made)  # as its log says
    assert (fast - slow).total_seconds() > 15 * 60
    assert db.value("select count(*) from pgswarm.worker where stopped_at is not null") == 0  # no false takeover
    assert db.value("select count(*) from pgswarm.event where verb = 'expire'") == 0
    outside = db.value(
        "select count(*) from pgswarm.event where at not between %(began)s - interval '5 s' and clock_timestamp()",
        began=began,
    )
    assert outside == 0
    row = db.row(
        "select bool_and(heartbeat_at between %(began)s and clock_timestamp()) as beats,"
        " bool_and(expires_at - heartbeat_at between interval '0.9 s' and interval '1.1 s') as lives"
        " from pgswarm.worker",
        began=began,
    )
    assert row == {"beats": True, "lives": True}


@pytest.mark.skipif(not LIBRARIES, reason="libfaketime is not installed: apt-get install libfaketime")
def test_a_dead_worker_with_a_fast_clock_is_taken_over_by_one_with_a_slow_clock(
    db: Database, processors: Processors
) -> None:
    swarm_id = start_swarm(db, "outside/wait", {"seconds": 1})
    first = processors.start(env=wrong_clock("+10m"))
    wait_until(lambda: db.value("select count(*) from pgswarm.node where status = 'running'"), "it runs")
    first.kill()
    processors.start(env=wrong_clock("-10m"))
    assert swarm_ended(db, swarm_id)["report"] == "attempt 2"
