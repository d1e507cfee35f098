"""Model calls: reserved before, settled after, never paid twice, and never past a limit."""

import psycopg
import pytest

from support.database import Database
from support.journal import begin, books, drop, end
from support.verbs import (
    Conn,
    Kid,
    Worker,
    cancel,
    events,
    finish,
    node,
    pause,
    raise_budget,
    resume,
    spawn,
    start,
    swarm,
)


def test_call_is_reserved_then_settled(conn: Conn, worker: Worker) -> None:
    start(conn)
    run = worker.claim_one()
    assert begin(conn, run, tokens=100, usd=0.5) == {"verdict": "call", "response": None}
    assert books(conn, run) == (1, 0, 0, 0.0, 100, 0.5)
    end(conn, run, 30, 20, 0.25)
    assert books(conn, run) == (1, 30, 20, 0.25, 0, 0.0)
    end(conn, run, 30, 20, 0.25)  # a second answer to the same call changes nothing
    assert books(conn, run) == (1, 30, 20, 0.25, 0, 0.0)


def test_recorded_call_is_not_paid_again_by_the_next_attempt(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn)
    run = worker.claim_one()
    begin(conn, run)
    end(conn, run, 3, 2, 0.1)
    paid = books(conn, run)
    db.clock.advance(60)
    conn.execute("select * from pgswarm.reap()")
    again = Worker(conn).claim_one()
    assert begin(conn, again) == {"verdict": "recorded", "response": {"said": 1}}
    assert books(conn, run) == paid
    assert begin(conn, again, what="other")["verdict"] == "call"


def test_answer_that_comes_after_the_takeover_is_recorded_all_the_same(
    db: Database, conn: Conn, worker: Worker
) -> None:
    start(conn)
    late = worker.claim_one()
    begin(conn, late)
    db.clock.advance(60)
    conn.execute("select * from pgswarm.reap()")
    run = Worker(conn).claim_one()
    end(conn, late, 3, 2, 0.1)
    assert begin(conn, late)["verdict"] == "fenced"
    assert begin(conn, run)["verdict"] == "recorded"
    assert books(conn, run)[1:3] == (3, 2)


def test_lost_answer_stays_reserved_and_the_second_send_is_counted(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn)
    begin(conn, worker.claim_one(), tokens=100, usd=1)
    db.clock.advance(60)
    conn.execute("select * from pgswarm.reap()")
    run = Worker(conn).claim_one()
    assert begin(conn, run, tokens=100, usd=1)["verdict"] == "call"
    end(conn, run, 10, 10, 0.2)
    assert books(conn, run) == (2, 10, 10, 0.2, 100, 1.0)  # nobody knows whether the first send was paid
    (row,) = conn.execute("select sends, lost_tokens, lost_cost_usd from pgswarm.llm_call").fetchall()
    assert (row["sends"], row["lost_tokens"], row["lost_cost_usd"]) == (2, 100, 1)


def test_call_that_failed_gives_its_reservation_back(conn: Conn, worker: Worker) -> None:
    start(conn)
    run = worker.claim_one()
    begin(conn, run, tokens=100, usd=1)
    drop(conn, run, 7)
    assert books(conn, run) == (1, 7, 0, 0.07, 0, 0.0)
    drop(conn, run, 7)
    assert begin(conn, run, tokens=50, usd=1)["verdict"] == "call"
    end(conn, run, 1, 1, 0.1)
    drop(conn, run, 7)
    assert books(conn, run)[3:] == (0.17, 0, 0.0)


@pytest.mark.parametrize(
    ("limit", "most", "tokens", "usd"),
    [("llm_calls", 1, 0, 0.0), ("tokens", 15, 10, 0.0), ("cost_usd", 1.5, 0, 1.0)],
)
@pytest.mark.parametrize("pausing", [False, True])
def test_call_past_a_limit_pauses_the_swarm_and_releases_the_node(
    conn: Conn, worker: Worker, limit: str, *, most: float, tokens: int, usd: float, pausing: bool
) -> None:
    swarm_id = start(conn, budget={limit: most})
    run = worker.claim_one()
    assert begin(conn, run, 1, tokens=tokens, usd=usd)["verdict"] == "call"
    if pausing:
        pause(conn, swarm_id)
    before = books(conn, run)
    assert begin(conn, run, 2, tokens=tokens, usd=usd)["verdict"] == "budget_exceeded"
    assert books(conn, run) == before
    assert swarm(conn, swarm_id)["paused_reason"] == "budget_exceeded"
    assert events(conn, swarm_id)[-1]["data"]["limit"] == limit
    assert node(conn, run)["status"] == "pending"
    assert begin(conn, run, 3)["verdict"] == "fenced"
    raise_budget(conn, swarm_id, **{limit: most * 2})
    resume(conn, swarm_id)
    again = worker.claim_one()
    assert (again.row["activation"], again.row["attempt"]) == (1, 1)
    assert begin(conn, again, 1, tokens=0, usd=0)["verdict"] == "call"


def test_call_of_a_node_that_is_not_the_callers_is_fenced(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    cancel(conn, swarm_id)
    assert begin(conn, run)["verdict"] == "fenced"
    assert books(conn, run)[0] == 0


def test_end_of_a_call_that_never_began_is_refused(conn: Conn, worker: Worker) -> None:
    start(conn)
    with pytest.raises(psycopg.Error, match="never begun") as refused:
        end(conn, worker.claim_one(), 1, 1, 0)
    assert refused.value.sqlstate == "PS404"


def test_call_paid_beyond_its_reservation_is_told_and_takes_no_limit_with_it(conn: Conn, worker: Worker) -> None:
    """A bill that has come cannot be refused: the call keeps it, the swarm counts it to its limit, no other follows."""
    start(conn, budget={"tokens": 100, "cost_usd": 1})
    run = worker.claim_one()
    begin(conn, run, tokens=50, usd=0.5)
    end(conn, run, 90, 30, 1.25)
    assert books(conn, run)[1:4] == (90, 10, 1.0)
    (row,) = conn.execute("select input_tokens, output_tokens, cost_usd from pgswarm.llm_call").fetchall()
    assert (row["input_tokens"], row["output_tokens"], float(row["cost_usd"])) == (90, 30, 1.25)
    assert begin(conn, run, 2, tokens=1)["verdict"] == "budget_exceeded"
    assert conn.execute("select * from pgswarm.check_invariants()").fetchall() == []


def test_input_alone_beyond_the_limit_is_counted_to_the_limit(conn: Conn, worker: Worker) -> None:
    start(conn, budget={"tokens": 100})
    run = worker.claim_one()
    begin(conn, run, tokens=50)
    end(conn, run, 2_000_000_000, 30, 0)
    assert books(conn, run)[1:3] == (100, 0)


def test_money_of_a_lost_answer_is_lost_in_proportion_to_its_tokens(conn: Conn, worker: Worker) -> None:
    start(conn, budget={"tokens": 150, "cost_usd": 2})
    run = worker.claim_one()
    begin(conn, run, tokens=100, usd=1)
    drop(conn, run, 25)
    assert books(conn, run) == (1, 25, 0, 0.25, 0, 0.0)
    begin(conn, run, tokens=100, usd=1)
    drop(conn, run, 1_000_000)  # no more than was reserved: a limit cannot be passed by what nobody knows
    assert books(conn, run) == (2, 125, 0, 1.25, 0, 0.0)
    (row,) = conn.execute("select lost_tokens, lost_cost_usd from pgswarm.llm_call").fetchall()
    assert (row["lost_tokens"], float(row["lost_cost_usd"])) == (125, 1.25)
    assert begin(conn, run, tokens=10, usd=0.8)["verdict"] == "budget_exceeded"


@pytest.mark.parametrize(("tokens", "usd"), [(60, 0.0), (0, 0.6)])
def test_call_waits_while_only_reservations_of_running_nodes_are_in_its_way(
    conn: Conn, worker: Worker, tokens: int, usd: float
) -> None:
    swarm_id = start(conn, budget={"tokens": 100, "cost_usd": 1})
    worker.advance(spawn(worker.claim_one(), Kid(), Kid()))
    first, second = worker.advance(claims=2).runs
    assert begin(conn, first, tokens=tokens, usd=usd)["verdict"] == "call"
    before = books(conn, second)
    assert begin(conn, second, tokens=tokens, usd=usd)["verdict"] == "wait"
    assert books(conn, second) == before
    assert swarm(conn, swarm_id)["status"] == "active"
    end(conn, first, 5, 5, 0.01)
    assert begin(conn, second, tokens=tokens, usd=usd)["verdict"] == "call"


def test_call_does_not_wait_for_what_waiting_does_not_change(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, budget={"tokens": 100})
    worker.advance(spawn(worker.claim_one(), Kid(), Kid()))
    first, second = worker.advance(claims=2).runs
    begin(conn, first, tokens=60)
    worker.advance(finish(first))  # its reservation is nobody's any more: the answer was lost with its worker
    assert begin(conn, second, tokens=60)["verdict"] == "budget_exceeded"
    raise_budget(conn, swarm_id, tokens=200)
    resume(conn, swarm_id)
    again = worker.claim_one()
    assert begin(conn, again, tokens=141)["verdict"] == "budget_exceeded"
