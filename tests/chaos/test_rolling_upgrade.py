"""Old and new processors in one run, and the migration between them, under load."""

import os
import signal
from datetime import datetime
from functools import partial
from pathlib import Path

from support.database import Database
from support.next_version import make_next_version, migrate_to
from support.processors import ProcessorProcess, Processors, environment, start_swarm, swarm_ended
from support.wait import wait_until

ENDED = "select count(*) from pgswarm.node where status = 'terminated'"
CLAIMED = """
    select count(*) from pgswarm.event where verb = 'claim' and at > %(at)s and data ->> 'lease_owner' = %(worker)s
"""


def claimed_since(db: Database, one: ProcessorProcess, at: datetime) -> bool:
    worker_id = db.value("select worker_id::text from pgswarm.worker where pid = %(pid)s", pid=one.pid)
    return bool(db.value(CLAIMED, at=at, worker=worker_id) > 3)


def test_old_and_new_processors_work_through_a_migration_without_a_failed_node(
    db: Database, processors: Processors, tmp_path: Path
) -> None:
    new = make_next_version(tmp_path / "next")
    env = {"PYTHONPATH": os.pathsep.join([str(new), environment(db.url)["PYTHONPATH"]])}
    swarm_ids = [
        start_swarm(db, "bench/fan_out", {"width": 10, "depth": 3, "sleep_ms": 100}),
        start_swarm(db, "bench/chain", {"length": 400}),
        start_swarm(db, "bench/flaky", {"failures": 3}),
    ]
    old = [processors.start("--concurrency", "4", lease_s=15) for _ in range(2)]
    newer = processors.start("--concurrency", "4", env=env, lease_s=15)  # before its schema is there
    wait_until(lambda: db.value(ENDED) > 50, "it is under way")
    migrate_to(new, db.url)
    at = db.value("select pgswarm.clock()")
    assert db.value("select count(*) from pgswarm.node where status <> 'terminated'") > 100
    for one in (*old, newer):  # all three go on
        wait_until(partial(claimed_since, db, one, at), "it claims")
    for one in old:
        one.signal(signal.SIGTERM)
    assert [one.ended() for one in old] == [0, 0]
    for swarm_id in swarm_ids:
        assert swarm_ended(db, swarm_id, 60)["outcome"] == "succeeded"
    assert db.value("select count(*) from pgswarm.node where outcome <> 'succeeded'") == 0
    assert db.rows("select * from pgswarm.worker where fenced_writes > 0 or stopped_reason = 'lease expired'") == []
