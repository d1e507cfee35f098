"""The memo of calls: an answer once for all swarms of an owner that ask for it, never across owners, and it says so."""

from typing import Any
from uuid import UUID

from support.journal import begin, books
from support.verbs import MINA, Conn, Run, Worker, start


def settle(conn: Conn, run: Run, no: int = 1, *, fits: bool = True) -> None:
    conn.execute(
        "select pgswarm.end_call(swarm_id => %s, node_id => %s, activation => %s, call_no => %s, request_hash => 'h',"
        " response => '{\"said\": 1}', input_tokens => 5, output_tokens => 5, cost_usd => 0.5, fits => %s)",
        [run.swarm_id, run.node_id, run.row["activation"], no, fits],
    )


def begun(conn: Conn, worker: Worker, *, memo: bool = True, owner: UUID | None = MINA) -> Run:
    options: dict[str, Any] = {"memo": True} if memo else {}
    start(conn, owner=owner, **options)
    return worker.claim_one()


def test_answer_is_used_again_by_another_swarm_of_the_owner_at_no_cost(conn: Conn, worker: Worker) -> None:
    first = begun(conn, worker)
    assert begin(conn, first)["verdict"] == "call"
    settle(conn, first)
    again = begun(conn, worker)
    assert begin(conn, again, 3, tokens=100) == {"verdict": "recorded", "response": {"said": 1}}
    assert books(conn, again) == (1, 0, 0, 0.0, 0, 0.0)
    (row,) = conn.execute(
        "select memo, cost_usd, input_tokens, source_swarm_id, finished_at is not null as finished"
        " from pgswarm.llm_call where swarm_id = %s", [again.swarm_id],
    ).fetchall()  # fmt: skip
    assert (row["memo"], row["cost_usd"], row["input_tokens"]) == (True, 0, 0)
    assert (row["source_swarm_id"], row["finished"]) == (first.swarm_id, True)


def test_memo_is_only_for_swarms_that_ask_for_it_and_never_anothers(conn: Conn, worker: Worker) -> None:
    first = begun(conn, worker)
    begin(conn, first)
    settle(conn, first)
    for run in (begun(conn, worker, memo=False), begun(conn, worker, owner=None)):
        assert begin(conn, run)["verdict"] == "call"
        settle(conn, run)
    conn.execute("delete from pgswarm.llm_memo where owner_id = %s", [MINA])
    assert begin(conn, begun(conn, worker))["verdict"] == "call"  # the swarm without the option left nothing behind


def test_answer_that_did_not_fit_is_not_used_again(conn: Conn, worker: Worker) -> None:
    first = begun(conn, worker)
    begin(conn, first)
    settle(conn, first, fits=False)
    assert begin(conn, begun(conn, worker))["verdict"] == "call"


def test_fork_of_a_swarm_that_used_the_memo_has_its_answers(conn: Conn, worker: Worker) -> None:
    first = begun(conn, worker)
    begin(conn, first)
    settle(conn, first)
    again = begun(conn, worker)
    begin(conn, again, 3)
    (row,) = conn.execute("select pgswarm.copy_swarm(swarm_id => %s) as fork", [again.swarm_id]).fetchall()
    (call,) = conn.execute(
        "select response, memo from pgswarm.llm_call_whole where swarm_id = %s", [row["fork"]]
    ).fetchall()
    assert call == {"response": {"said": 1}, "memo": False}


def test_deleted_swarm_takes_its_answers_along(conn: Conn, worker: Worker) -> None:
    first = begun(conn, worker)
    begin(conn, first)
    settle(conn, first)
    conn.execute("select pgswarm.cancel_swarm(swarm_id => %s)", [first.swarm_id])
    conn.execute("select pgswarm.delete_swarm(swarm_id => %s)", [first.swarm_id])
    assert begin(conn, begun(conn, worker))["verdict"] == "call"


def test_limit_of_calls_holds_for_the_memo_too(conn: Conn, worker: Worker) -> None:
    first = begun(conn, worker)
    begin(conn, first)
    settle(conn, first)
    start(conn, owner=MINA, memo=True, budget={"llm_calls": 1})
    run = worker.claim_one()
    assert begin(conn, run, 1)["verdict"] == "recorded"
    assert begin(conn, run, 2)["verdict"] == "budget_exceeded"
