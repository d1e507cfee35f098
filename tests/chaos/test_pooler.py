"""Processors behind PgBouncer in its transaction mode, where every transaction may run in another backend."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from support.database import Database
from support.pooler import pooler
from support.processors import Processors, start_swarm, swarm_ended


@pytest.fixture
def pooled_url(db: Database, open_folder: Path) -> Iterator[str]:
    """The test's database by way of a PgBouncer with three connections."""
    with pooler(db.url, open_folder) as url:
        yield url


def test_processors_work_behind_a_pooler_that_gives_each_transaction_another_backend(
    db: Database, processors: Processors, pooled_url: str
) -> None:
    env = {"PGSWARM_DATABASE_URL": pooled_url}
    made = [processors.start(env=env, lease_s=15) for _ in range(2)]
    swarm_ids = [
        start_swarm(db, "bench/fan_out", {"width": 150, "depth": 1, "sleep_ms": 10}),
        start_swarm(db, "bench/chain", {"length": 25}),
        start_swarm(db, "bench/flaky", {"failures": 2}),
    ]
    for swarm_id in swarm_ids:
        assert swarm_ended(db, swarm_id, 60)["outcome"] == "succeeded"
    with psycopg.connect(pooled_url, autocommit=True) as stranger:
        for _ in range(10):
            row = stranger.execute("select current_setting('statement_timeout')", prepare=False).fetchone()
            assert row == ("0",)  # nothing of ours is left in the sessions of others
            assert stranger.execute("select * from pg_listening_channels()", prepare=False).fetchall() == []
    for one in made:
        assert "a pooler stands before the database" in one.said()
        assert "refused a commit" not in one.said()
        one.signal(signal.SIGTERM)
        assert one.ended() == 0
