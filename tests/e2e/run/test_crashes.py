"""kill -9 of the command, of a processor, of the database: the same command, or `pgswarm up`, goes on to its end."""

import os
import signal
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from pgswarm.cli.embedded import Home, ensure_running, server_state
from pgswarm.cli.embedded.server import Running
from support.database import Database
from support.running import MAIN_JOB, TABLE, pgswarm, processors_of, started, totals
from support.wait import wait_until

SLOW = ("run", "slow", "--action", "bench/fan_out", "--args", '{"width": 3, "sleep_ms": 1500}')
RUNNING = "select count(*) from pgswarm.node where status = 'running'"


def test_the_same_command_goes_on_with_the_swarm_of_one_that_was_killed(db: Database) -> None:
    with started(*MAIN_JOB, PGSWARM_DATABASE_URL=db.url) as process:
        wait_until(lambda: db.value("select count(*) from pgswarm.inbox") == 1, "it asks")
        orphans = processors_of(process.pid)
        assert len(orphans) == 2
        process.kill()
        process.wait()
    wait_until(lambda: not any(orphan.is_running() for orphan in orphans), "its processors have ended")
    ended = pgswarm(*MAIN_JOB, typed="the city council\n", PGSWARM_DATABASE_URL=db.url)
    assert "going on with it" in ended.out
    assert f"| rain | {totals(TABLE, 'weather', 'precipitation')['rain']:f} |" in ended.out
    assert db.value("select count(*) from pgswarm.swarm") == 1


def test_up_goes_on_with_the_swarm_of_a_command_that_was_killed(db: Database, tmp_path: Path) -> None:
    with started(*SLOW, PGSWARM_DATABASE_URL=db.url) as process:
        wait_until(lambda: db.value(RUNNING) == 3, "three run")
        children = processors_of(process.pid)
        for pid in (process.pid, *(child.pid for child in children)):
            os.kill(pid, signal.SIGKILL)
    with started("up", "--json", PGSWARM_DATABASE_URL=db.url, PGSWARM_HOME=str(tmp_path)) as up:
        wait_until(
            lambda: db.value("select outcome from pgswarm.swarm") == "succeeded", "up ends the swarm", within_s=60
        )
        up.terminate()
        out, err = up.communicate(timeout=60)
    assert up.returncode == 0, err
    assert '"state": "up"' in out
    assert '"state": "down"' in out
    assert db.value("select count(*) from pgswarm.worker where stopped_at is null and expires_at > now()") == 0


def test_a_processor_that_is_killed_is_replaced_and_its_nodes_are_done_again(db: Database) -> None:
    with started(*SLOW, PGSWARM_DATABASE_URL=db.url) as process:
        wait_until(lambda: db.value(RUNNING) == 3, "three run")
        for child in wait_until(lambda: processors_of(process.pid), "processors"):
            child.kill()
        _, said = process.communicate(timeout=90)
    assert process.returncode == 0, said
    assert "killed by signal 9" in said
    assert db.value("select outcome from pgswarm.swarm") == "succeeded"
    assert db.value("select count(*) from pgswarm.event where verb = 'expire'") >= 1


def test_actions_that_kill_their_process_do_not_end_the_run(db: Database) -> None:
    command = ("run", "crash", "--action", "bench/crash", "--args", '{"times": 2}')
    pgswarm(*command, PGSWARM_DATABASE_URL=db.url)
    assert db.value("select outcome from pgswarm.swarm") == "succeeded"


def test_the_embedded_database_is_started_again_when_it_is_killed_in_the_middle(home: Home) -> None:
    with started(*SLOW, PGSWARM_HOME=str(home.root)) as process:
        found = _running(home)
        url = found.url
        wait_until(lambda: _value(url, RUNNING) == 3, "three run", within_s=60)
        os.kill(found.pid, signal.SIGKILL)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert _value(url, "select outcome from pgswarm.swarm") == "succeeded"
    assert _value(url, "select count(*) from pgswarm.check_invariants()") == 0


def test_command_processors_and_database_killed_at_once_lose_nothing(home: Home) -> None:
    with started(*SLOW, PGSWARM_HOME=str(home.root)) as process:
        found = _running(home)
        wait_until(lambda: _value(found.url, RUNNING) == 3, "three run", within_s=60)
        for pid in (process.pid, found.pid, *(child.pid for child in processors_of(process.pid))):
            os.kill(pid, signal.SIGKILL)
    ended = pgswarm(*SLOW, PGSWARM_HOME=str(home.root))
    assert "going on with it" in ended.out
    url = ensure_running(home).url
    assert _value(url, "select count(*) from pgswarm.swarm where outcome = 'succeeded'") == 1
    assert _value(url, "select count(*) from pgswarm.check_invariants()") == 0


def _running(home: Home) -> Running:
    found = wait_until(lambda: server_state(home), "the database is up", within_s=60)
    assert found is not None
    return found


def _value(url: str, query: str) -> object:
    """The only value of a query; None where the database is not ready for it."""
    try:
        with psycopg.connect(url, connect_timeout=5, row_factory=dict_row) as connection:
            (row,) = connection.execute(query.encode()).fetchall()
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
        return None
    (value,) = row.values()
    return value
