"""Questions to people: asked, answered once, expired, closed; the node goes on when none is open any more."""

import threading
from concurrent.futures import ThreadPoolExecutor

from support.database import Database
from support.verbs import (
    MINA,
    Act,
    Conn,
    Worker,
    answer,
    as_account,
    ask,
    cancel,
    connect,
    events,
    finish,
    go_on,
    node,
    open_questions,
    pause,
    start,
    swarm,
    tick,
)


def test_asked_question_is_a_row_in_the_inbox(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, "plan a trip")
    run = worker.claim_one()
    worker.does(ask(run, {"prompt": "Where to?", "choices": ["sea", "hills"], "expires_in_s": 60}, then="go"))
    (row,) = conn.execute("select * from pgswarm.inbox").fetchall()
    assert (row["swarm_id"], row["node_id"], row["goal"], row["prompt"], row["choices"]) == (
        swarm_id, run.node_id, "plan a trip", "Where to?", ["sea", "hills"],
    )  # fmt: skip
    assert (row["expires_at"] - row["asked_at"]).total_seconds() == 60
    held = node(conn, run)
    assert (held["status"], held["handler"], held["attempt"], held["lease_owner"]) == ("waiting_user", "go", 0, None)


def test_node_goes_on_with_the_last_answer_and_reads_them_in_the_order_asked(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    worker.does(ask(run, "first?", "second?"))
    first, second = open_questions(conn, swarm_id)
    assert answer(conn, second["question_id"], {"b": 2}) == "accepted"
    assert node(conn, run)["status"] == "waiting_user"
    assert answer(conn, first["question_id"], None) == "accepted"  # JSON null is an answer
    again = worker.claim_one()
    assert again.row["handler"] == "conclude"
    assert [(a["prompt"], a["answer"]) for a in again.row["context"]["answers"]] == [
        ("first?", None), ("second?", {"b": 2}),
    ]  # fmt: skip


def test_question_is_answered_once(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, owner=MINA)
    worker.does(ask(worker.claim_one(), "well?", "and?"))
    question = open_questions(conn, swarm_id)[0]["question_id"]
    as_account(conn, MINA)
    assert answer(conn, question, 1) == "accepted"
    seen = len(events(conn, swarm_id))
    assert answer(conn, question, 2) == "already_answered"
    assert len(events(conn, swarm_id)) == seen
    row = conn.execute("select * from pgswarm.question where question_id = %s", [question]).fetchall()[0]
    assert (row["answer"], row["answered_by"], row["closed_reason"]) == (1, str(MINA), "answered")


def test_of_two_answers_at_once_one_is_accepted(db: Database, conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    worker.does(ask(worker.claim_one(), *["?"] * 20))
    questions = [q["question_id"] for q in open_questions(conn, swarm_id)]
    ready = threading.Barrier(2)

    def answers(value: int) -> list[str]:
        with connect(db.url) as own:
            ready.wait(30)
            return [answer(own, question, value) for question in questions]

    with ThreadPoolExecutor(2) as pool:
        both = [future.result(60) for future in [pool.submit(answers, value) for value in (1, 2)]]
    assert {tuple(sorted(pair)) for pair in zip(*both, strict=True)} == {("accepted", "already_answered")}
    told = [(e["kind"], e["verb"]) for e in events(conn, swarm_id)]
    assert told.count(("question.answered", "answer")) == 20
    assert told.count(("node.pending", "answer")) == 1


def test_last_two_answers_at_once_wake_the_node_once(db: Database, conn: Conn, worker: Worker) -> None:
    swarms = [start(conn) for _ in range(15)]
    for run in worker.claim(15, lanes=15):
        worker.does(ask(run, "one?", "two?"))
    ready = threading.Barrier(2)

    def answers(place: int) -> None:
        with connect(db.url) as own:
            for swarm_id in swarms:
                question = pairs[swarm_id][place]
                ready.wait(30)
                assert answer(own, question, place) == "accepted"

    pairs = {s: [q["question_id"] for q in open_questions(conn, s)] for s in swarms}
    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(answers, place) for place in (0, 1)]:
            future.result(60)
    assert len(worker.claim(100)) == 15


def test_expired_question_takes_its_default_and_wakes_the_node(db: Database, conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    worker.does(ask(run, {"prompt": "?", "default_answer": "tea", "expires_in_s": 60}, {"prompt": "!"}))
    asked, stays = open_questions(conn, swarm_id)
    db.clock.advance(59)
    assert tick(conn).ranges == []
    db.clock.advance(2)
    assert tick(conn).ranges
    assert node(conn, run)["status"] == "waiting_user"  # the other question is open still
    assert answer(conn, asked["question_id"], "milk") == "closed"
    assert answer(conn, stays["question_id"], "sugar") == "accepted"
    context = worker.claim_one().row["context"]
    assert [a["answer"] for a in context["answers"]] == ["tea", "sugar"]
    assert ("question.expired", "expire") in [(e["kind"], e["verb"]) for e in events(conn, swarm_id)]


def test_expiry_of_the_last_question_wakes_the_node_by_the_verb_expire(
    db: Database, conn: Conn, worker: Worker
) -> None:
    swarm_id = start(conn)
    worker.does(ask(worker.claim_one(), {"prompt": "?", "expires_in_s": 1}, {"prompt": "?", "expires_in_s": 1}))
    pause(conn, swarm_id)  # time goes on for a paused swarm too
    db.clock.advance(2)
    tick(conn)
    told = [(e["kind"], e["verb"]) for e in events(conn, swarm_id)][-3:]
    assert told == [("question.expired", "expire")] * 2 + [("node.pending", "expire")]
    assert len({e["at"] for e in events(conn, swarm_id)[-3:]}) == 1


def test_question_of_a_cancelled_node_is_closed(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    worker.does(ask(worker.claim_one(), "?"))
    question = open_questions(conn, swarm_id)[0]["question_id"]
    cancel(conn, swarm_id)
    assert answer(conn, question, 1) == "closed"
    assert conn.execute("select from pgswarm.inbox").fetchall() == []
    assert [(e["kind"], e["verb"]) for e in events(conn, swarm_id)][-3:] == [
        ("question.closed", "cancel"), ("node.terminated", "cancel"), ("swarm.terminated", None),
    ]  # fmt: skip


def test_ask_without_a_question_fails_the_node_which_nobody_could_wake(conn: Conn, worker: Worker) -> None:
    swarm_id, calm = start(conn), start(conn)
    runs = {run.swarm_id: run for run in worker.claim(2)}
    worker.advance(Act(runs[swarm_id], "ask", handler="main"), ask(runs[calm], "?"))
    assert swarm(conn, swarm_id)["outcome"] == "failed"
    assert node(conn, runs[swarm_id])["error"]["code"] == "no_questions"
    assert node(conn, runs[calm])["status"] == "waiting_user"


def test_answers_are_those_of_the_last_questions(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    for value in (1, 2):
        worker.does(ask(worker.claim_one(), f"{value}?"))
        answer(conn, open_questions(conn, swarm_id)[0]["question_id"], value)
    worker.does(go_on(worker.claim_one()))
    run = worker.claim_one()
    assert [a["answer"] for a in run.row["context"]["answers"]] == [2]
    worker.does(finish(run))
