"""Limits of a model across all processors: never passed, exact in any minute, free again with a dead worker's lease."""

from typing import Any

import psycopg
import pytest

from support.database import Database
from support.journal import begin, drop, end
from support.verbs import Conn, Worker, finish, start, tick


def limit(conn: Conn, concurrency: int | None = None, tokens: int | None = None, model: str = "m") -> None:
    conn.execute(
        "select pgswarm.set_model_limit(model => %s, concurrency => %s, tokens_per_minute => %s)",
        [model, concurrency, tokens],
    )


def under_way(conn: Conn) -> int:
    (row,) = conn.execute("select count(*) from pgswarm.model_use where ended_at = 'infinity'").fetchall()
    count: int = row["count"]
    return count


@pytest.mark.parametrize("named", ["m", "*"])
def test_calls_beyond_the_limit_are_told_to_wait_whatever_swarm_and_worker_they_are_of(
    conn: Conn, worker: Worker, other: Worker, named: str
) -> None:
    limit(conn, 2, model=named)
    for _ in range(3):
        start(conn)
    one, two = worker.claim_one(), worker.claim_one()
    three = other.claim_one()
    assert [begin(conn, run)["verdict"] for run in (one, two)] == ["call", "call"]
    said = begin(conn, three)
    assert (said["verdict"], said["response"]["limit"], said["response"]["most"]) == ("busy", "concurrency", 2)
    end(conn, one, 1, 1, 0)
    assert begin(conn, three)["verdict"] == "call"
    drop(conn, two, 0)
    assert under_way(conn) == 1


def test_places_of_a_dead_worker_are_free_with_its_lease(db: Database, conn: Conn, worker: Worker) -> None:
    limit(conn, 1)
    start(conn)
    start(conn)
    assert begin(conn, worker.claim_one())["verdict"] == "call"
    db.clock.advance(60)  # past the lease; nobody has reaped
    living = Worker(conn).claim_one()
    assert begin(conn, living)["verdict"] == "call"
    assert under_way(conn) == 1


def test_place_of_a_node_that_was_taken_from_its_worker_is_free(conn: Conn, worker: Worker) -> None:
    limit(conn, 1)
    start(conn)
    start(conn)
    run = worker.claim_one()
    begin(conn, run)
    conn.execute("select pgswarm.cancel_swarm(swarm_id => %s)", [run.swarm_id])
    assert begin(conn, worker.claim_one())["verdict"] == "call"


def test_call_that_is_sent_again_takes_one_place(conn: Conn, worker: Worker) -> None:
    limit(conn, 1)
    start(conn)
    run = worker.claim_one()
    assert begin(conn, run)["verdict"] == "call"
    assert begin(conn, run)["verdict"] == "call"  # the reply to the first `begin_call` was lost
    assert under_way(conn) == 1


def test_tokens_of_no_minute_are_more_than_the_limit(db: Database, conn: Conn, worker: Worker) -> None:
    limit(conn, tokens=100)
    db.clock.freeze()
    start(conn)
    run = worker.claim_one()
    assert begin(conn, run, 1, tokens=80)["verdict"] == "call"
    assert begin(conn, run, 2, tokens=30)["verdict"] == "busy"  # as reserved, until the end
    end(conn, run, 20, 20, 0, no=1)
    db.clock.advance(20)
    assert begin(conn, run, 2, tokens=60)["verdict"] == "call"
    end(conn, run, 30, 30, 0, no=2)
    said = begin(conn, run, 3, tokens=30)
    assert (said["verdict"], said["response"]["limit"], said["response"]["wait_s"]) == ("busy", "tokens_per_minute", 40)
    db.clock.advance(40.001)
    assert begin(conn, run, 3, tokens=30)["verdict"] == "call"
    assert begin(conn, run, 4, tokens=30)["verdict"] == "busy"


def test_call_larger_than_the_limit_goes_alone(conn: Conn, worker: Worker) -> None:
    limit(conn, tokens=100)
    start(conn)
    run = worker.claim_one()
    assert begin(conn, run, 1, tokens=500)["verdict"] == "call"
    assert begin(conn, run, 2, tokens=1)["verdict"] == "busy"


def test_busy_call_is_not_written_down_and_reserves_nothing(conn: Conn, worker: Worker) -> None:
    limit(conn, 1)
    start(conn)
    run = worker.claim_one()
    begin(conn, run, 1, tokens=7)
    begin(conn, run, 2, tokens=9)
    (row,) = conn.execute("select spent_llm_calls, reserved_tokens from pgswarm.swarm").fetchall()
    assert (row["spent_llm_calls"], row["reserved_tokens"]) == (1, 7)


def test_uses_are_forgotten_a_minute_after_their_end(db: Database, conn: Conn, worker: Worker) -> None:
    limit(conn, 5)
    start(conn)
    run = worker.claim_one()
    begin(conn, run)
    end(conn, run, 1, 1, 0)
    worker.advance(finish(run))
    db.clock.advance(61)
    tick(conn)
    assert conn.execute("select from pgswarm.model_use").fetchall() == []


def test_model_without_a_limit_leaves_no_trace_and_what_answers_inside_has_none_but_its_own(
    conn: Conn, worker: Worker
) -> None:
    start(conn)
    run = worker.claim_one()
    begin(conn, run)
    limit(conn, 1, model="*")
    named = "select (pgswarm.limit_of_model(%s)).model as model"
    found = [conn.execute(named, [model]).fetchall()[0]["model"] for model in ("gpt", "offline/rules", "recorded:f")]
    assert found == ["*", None, None]
    limit(conn, model="*")
    assert conn.execute("select from pgswarm.model_limit").fetchall() == []
    assert under_way(conn) == 0


@pytest.mark.parametrize("bad", [{"concurrency": 0}, {"tokens": 0}, {"model": ""}])
def test_limit_that_cannot_be_is_refused_by_name(conn: Conn, bad: dict[str, Any]) -> None:
    with pytest.raises(psycopg.Error) as caught:
        limit(conn, **{"concurrency": 1, **bad})
    assert caught.value.sqlstate == "PS422"
