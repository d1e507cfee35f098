"""The database goes away: connections are terminated at random, the server is restarted at once."""

import logging
import os
import random
import secrets
import signal
from typing import Any

from pgswarm.cli.embedded import ensure_running, server_state
from support.database import Database
from support.processors import Processors, register_actions, start_swarm, swarm_ended
from support.template import make_template
from support.wait import wait_until


def test_backends_terminated_at_random_cost_nothing_but_time(db: Any, processors: Any) -> None:
    seed = secrets.randbelow(10**6)
    logging.getLogger(__name__).warning("seed %d", seed)  # shown where the test fails
    dice = random.Random(seed)  # noqa: S311 - it must give the same again
    swarm_ids = [
        start_swarm(db, "bench/fan_out", {"width": 8, "depth": 3}),
        start_swarm(db, "bench/fan_out", {"width": 40, "depth": 1, "sleep_ms": 100}),
        start_swarm(db, "bench/chain", {"length": 60}),
    ]
    made = [processors.start(lease_s=15) for _ in range(2)]
    killed = 0

    def terminate() -> None:
        nonlocal killed
        pids = db.rows(
            """select pid from pg_stat_activity
                where datname = current_database() and application_name like 'pgswarm %%' order by pid"""
        )
        if pids and killed < 40:
            killed += 1
            db.run("select pg_terminate_backend(%(pid)s)", pid=dice.choice(pids)["pid"])

    for swarm_id in swarm_ids:
        assert swarm_ended(db, swarm_id, 90, terminate)["outcome"] == "succeeded"
    assert killed > 5
    assert [one.process.poll() for one in made] == [None, None]
    assert db.value("select count(*) from pgswarm.node where outcome <> 'succeeded'") == 0
    for one in made:
        one.signal(signal.SIGTERM)
    assert [one.ended() for one in made] == [0, 0]


def test_a_server_that_is_killed_and_restarted_loses_nothing_that_was_acknowledged(
    own_server: Any, tmp_path: Any
) -> None:
    server_url = ensure_running(own_server).url
    db = Database(server_url, make_template(server_url))
    register_actions(db)
    lent = Processors(db, tmp_path)
    try:
        swarm_id = start_swarm(db, "bench/fan_out", {"width": 400, "depth": 1, "sleep_ms": 20})
        made = [lent.start("--concurrency", "16", lease_s=15) for _ in range(2)]
        wait_until(
            lambda: db.value("select count(*) from pgswarm.node where outcome is not null") > 20, "it is under way"
        )
        server = server_state(own_server)
        os.kill(server.pid, signal.SIGQUIT)  # what `pg_ctl stop -m immediate` sends
        wait_until(lambda: server_state(own_server) is None, "the server is gone")
        db.conn.close()
        del db.__dict__["conn"]
        ensure_running(own_server)
        assert swarm_ended(db, swarm_id, 60)["outcome"] == "succeeded"
        assert [one.process.poll() for one in made] == [None, None]
        wait_until(lambda: "the database is back" in made[0].said(), "it says that the database is back")
        said = made[0].said()
        assert said.count("WARNING pgswarm.processor.connect: the database cannot be reached") == 1
        assert db.broken_invariants() == []
    finally:
        lent.end()
        db.drop()
