"""Answers by any channel: the first commit wins, time is up when it is up."""

import threading
from concurrent.futures import ThreadPoolExecutor

from psycopg.types.json import Jsonb

from support.database import Database
from support.verbs import Conn, Worker, answer, ask, call, connect, events, node, open_questions, start


def link(conn: Conn, question_id: object, token: str, expires_in_s: float = 60) -> None:
    conn.execute(
        "select * from pgswarm.create_answer_link(question_id => %s, token_hash => sha256(%s), expires_in_s => %s)",
        [question_id, token.encode(), expires_in_s],
    )


def by_link(conn: Conn, token: str, value: object) -> str:
    return str(
        call(
            conn,
            "select pgswarm.answer_by_link(token_hash => sha256(%s), answer => %s)",
            token.encode(),
            Jsonb(value),
        )
    )


def test_hundred_answers_at_once_by_both_channels_are_one(db: Database, conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    worker.does(ask(run, "?"))
    question = open_questions(conn, swarm_id)[0]["question_id"]
    link(conn, question, "token")
    ready = threading.Barrier(10)

    def give(place: int) -> list[str]:
        with connect(db.url) as own:
            ready.wait(30)
            return [by_link(own, "token", 1) if place % 2 else answer(own, question, 1) for _ in range(10)]

    with ThreadPoolExecutor(10) as pool:
        results = [
            result for future in [pool.submit(give, place) for place in range(10)] for result in future.result(60)
        ]
    assert sorted(set(results)) == ["accepted", "already_answered"]
    assert results.count("accepted") == 1
    told = [(e["kind"], e["verb"]) for e in events(conn, swarm_id)]
    assert told.count(("question.answered", "answer")) == told.count(("node.pending", "answer")) == 1


def test_question_whose_time_is_up_is_closed_by_whoever_answers_too_late(
    db: Database, conn: Conn, worker: Worker
) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    worker.does(ask(run, {"prompt": "?", "default_answer": "tea", "expires_in_s": 60}))
    question = open_questions(conn, swarm_id)[0]["question_id"]
    link(conn, question, "token", 3600)
    db.clock.advance(60)
    assert by_link(conn, "token", "milk") == "closed"  # no processor has looked yet
    assert answer(conn, question, "milk") == "closed"
    assert node(conn, run)["status"] == "pending"
    (given,) = worker.claim_one().row["context"]["answers"]
    assert (given["answer"], given["expired"]) == ("tea", True)


def test_default_that_expired_is_told_from_an_answer(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn)
    worker.does(ask(worker.claim_one(), {"prompt": "a?", "expires_in_s": 1}, "b?"))
    first, second = conn.execute("select question_id from pgswarm.question order by position").fetchall()
    db.clock.advance(2)
    assert answer(conn, first["question_id"], None) == "closed"
    assert answer(conn, second["question_id"], None) == "accepted"
    a, b = worker.claim_one().row["context"]["answers"]
    assert (a["answer"], a.get("expired"), b["answer"], b.get("expired")) == (None, True, None, None)


def test_link_answers_for_the_account_that_made_it_and_leaves_the_session_as_it_was(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    worker.does(ask(worker.claim_one(), "?"))
    account = "0198f3a5-9999-7000-8000-000000000000"
    conn.execute("select set_config('pgswarm.account', %s, false)", [account])
    conn.execute("insert into pgswarm.account (account_id, username, role) values (%s, 'mina', 'admin')", [account])
    link(conn, open_questions(conn, swarm_id)[0]["question_id"], "token")
    conn.execute("reset pgswarm.account")
    with conn.transaction():
        assert by_link(conn, "token", "blue") == "accepted"
        assert call(conn, "select current_setting('pgswarm.account', true)") == ""
    told = {e["kind"]: e for e in events(conn, swarm_id)}
    assert told["question.answered"]["actor"] == told["answer_link.created"]["actor"] == account
    assert told["question.answered"]["data"]["answered_by"].startswith("link:")
    assert "token_hash" not in told["answer_link.created"]["data"]
