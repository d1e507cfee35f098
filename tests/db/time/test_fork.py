"""Forks: the whole tree at a past event, with new ids; what was paid or done is not paid or done again."""

import random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.database import Database
from support.journal import begin, books, drop, end
from support.past import Row, copy, expected_fork, fork, grow, rows_of, top
from support.verbs import (
    Conn,
    Kid,
    Run,
    Worker,
    add_message,
    answer,
    ask,
    call,
    cancel,
    events,
    fail,
    finish,
    go_on,
    open_questions,
    pause,
    resume,
    retry,
    spawn,
    start,
    swarm,
    tick,
)


def seen(nodes: dict[str, Row]) -> dict[str, Row]:
    """Return what a fork must have in common with the fold: times of its own making left out."""
    return {
        key: {name: value for name, value in row.items() if name not in {"updated_at", "lease_expires_at"}}
        for key, row in nodes.items()
    }


def frozen(conn: Conn, swarm_id: UUID) -> list[Any]:
    """Return everything of a swarm that its fork must leave alone."""
    return [
        conn.execute(query, [swarm_id]).fetchall()
        for query in (
            "select * from pgswarm.swarm where swarm_id = %s",
            "select * from pgswarm.node where swarm_id = %s order by node_id",
            "select * from pgswarm.event where swarm_id = %s order by seq",
            "select * from pgswarm.question where swarm_id = %s order by question_id",
            "select * from pgswarm.llm_call where swarm_id = %s order by node_id, activation, call_no",
            "select * from pgswarm.effect where swarm_id = %s order by node_id, key",
            "select * from pgswarm.ready where swarm_id = %s order by node_id",
        )
    ]


@pytest.mark.parametrize("seed", [11, 12])
def test_fork_at_any_event_is_the_fold_with_new_ids(conn: Conn, worker: Worker, seed: int) -> None:
    swarm_id = grow(conn, worker, seed)
    before = frozen(conn, swarm_id)
    last = top(conn, swarm_id)
    draw = random.Random(seed)  # noqa: S311 - no secret
    for seq in [1, 2, last, *draw.sample(range(3, last), 12)]:
        fork_id = fork(conn, swarm_id, seq)
        row = swarm(conn, fork_id)
        assert row["forked_from"] == swarm_id
        to_seq = row["forked_at_seq"]
        at = {e["seq"]: e["at"] for e in before[2]}
        assert to_seq >= seq
        assert at[to_seq] == at[seq]  # the same verb
        assert to_seq == last or at[to_seq + 1] > at[to_seq]  # and its last event
        assert seen(rows_of(conn, fork_id)) == seen(expected_fork(conn, swarm_id, fork_id, to_seq))
        assert str(row["root_node_id"]) in rows_of(conn, fork_id)
        _events_are_those_of_a_birth(conn, swarm_id, fork_id, to_seq)
    assert frozen(conn, swarm_id) == before


def _events_are_those_of_a_birth(conn: Conn, swarm_id: UUID, fork_id: UUID, to_seq: int) -> None:
    told_of = events(conn, fork_id)
    kinds = [event["kind"] for event in told_of]
    nodes = len(rows_of(conn, fork_id))
    assert kinds[0] == "swarm.created"
    assert kinds[1 : nodes + 1] == ["node.created"] * nodes
    assert all(kind.startswith("question.") for kind in kinds[nodes + 1 :])
    parents = [event["data"]["parent_id"] for event in told_of[1 : nodes + 1]]
    made = [str(event["node_id"]) for event in told_of[1 : nodes + 1]]
    assert all(parent is None or made.index(parent) < number for number, parent in enumerate(parents))
    by_then = {}
    for event in events(conn, swarm_id)[:to_seq]:
        if event["kind"].startswith("question."):
            by_then[event["data"]["question_id"]] = event["data"]
    was_open = sorted(data["prompt"] for data in by_then.values() if data["closed_at"] is None)
    assert sorted(question["prompt"] for question in open_questions(conn, fork_id)) == was_open
    assert len([kind for kind in kinds if kind == "question.asked"]) == len(was_open)


def test_fork_of_a_fork_and_copy_of_an_end(conn: Conn, worker: Worker) -> None:
    swarm_id = grow(conn, worker, 14, acts=100)
    first = fork(conn, swarm_id, top(conn, swarm_id) // 2)
    second = copy(conn, first)
    assert swarm(conn, second)["forked_from"] == first
    assert seen(rows_of(conn, second)) == seen(expected_fork(conn, first, second, top(conn, first)))
    cancel(conn, first)
    ended = copy(conn, first)
    row = swarm(conn, ended)
    assert (row["status"], row["outcome"]) == ("terminated", "cancelled")
    assert [event["kind"] for event in events(conn, ended)][-1] == "swarm.terminated"
    assert worker.claim(100, patterns=["nothing"]) == []


def test_each_goes_on_by_itself(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    root = worker.claim_one()
    worker.does(spawn(root, Kid(directive="a"), Kid(directive="b")))
    worker.does(finish(worker.claim_one(), "one"))
    fork_id = copy(conn, swarm_id)
    cancel(conn, swarm_id)
    before = frozen(conn, swarm_id)
    (b,) = worker.claim(9)
    assert b.swarm_id == fork_id
    worker.does(finish(b, "two"))
    (top_run,) = worker.claim(9)
    assert top_run.row["handler"] == "conclude"
    assert sorted(report["report"] for report in top_run.row["context"]["reports"]) == ["one", "two"]
    worker.does(finish(top_run, "both"))
    assert swarm(conn, fork_id)["report"] == "both"
    assert frozen(conn, swarm_id) == before


def test_open_question_is_answered_in_the_fork_alone(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    worker.does(ask(worker.claim_one(), "first?", "second?"))
    first, second = open_questions(conn, swarm_id)
    answer(conn, first["question_id"], "yes")
    fork_id = copy(conn, swarm_id)
    (there,) = open_questions(conn, fork_id)
    assert there["prompt"] == "second?"
    assert answer(conn, there["question_id"], "no") == "accepted"
    (run,) = worker.claim(9)
    assert run.swarm_id == fork_id
    assert [a["answer"] for a in run.row["context"]["answers"]] == ["yes", "no"]  # the answer given before is kept
    assert [q["question_id"] for q in open_questions(conn, swarm_id)] == [second["question_id"]]


def test_question_that_has_expired_since_is_open_for_as_long_as_it_was(
    db: Database, conn: Conn, worker: Worker
) -> None:
    swarm_id = start(conn)
    asked_at = db.clock.freeze()
    worker.does(ask(worker.claim_one(), {"prompt": "?", "expires_in_s": 60, "default_answer": 1}))
    seq = top(conn, swarm_id)
    db.clock.advance(3_600)
    tick(conn)
    assert open_questions(conn, swarm_id) == []
    fork_id = fork(conn, swarm_id, seq)
    (question,) = open_questions(conn, fork_id)
    assert question["asked_at"] >= asked_at
    db.clock.advance(59)
    tick(conn)
    assert len(open_questions(conn, fork_id)) == 1
    db.clock.advance(2)
    tick(conn)
    assert open_questions(conn, fork_id) == []
    assert worker.claim(9)


def test_messages_by_then_are_read_in_the_fork(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    add_message(conn, swarm_id, None, "before")
    seq = top(conn, swarm_id)
    add_message(conn, swarm_id, None, "after")
    fork_id = fork(conn, swarm_id, seq)
    runs = {run.swarm_id: run for run in worker.claim(9)}
    assert [m["content"] for m in runs[fork_id].row["context"]["messages"]] == ["before"]
    assert [m["content"] for m in runs[swarm_id].row["context"]["messages"]] == ["before", "after"]


def fork_run(worker: Worker, fork_id: UUID) -> Run:
    """Claim the fork's one node."""
    (run,) = [run for run in worker.claim(20) if run.swarm_id == fork_id]
    return run


@pytest.mark.parametrize("tried", [False, True])
def test_finished_call_of_an_activation_that_runs_again_is_not_sent_again(
    conn: Conn, worker: Worker, *, tried: bool
) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    begin(conn, run, no=1)
    end(conn, run, 30, 20, 0.25)
    begin(conn, run, no=2)  # under way: its answer is not the fork's
    if tried:
        worker.does(retry(run, delay_s=0))
    paid = books(conn, run)
    fork_id = copy(conn, swarm_id)
    again = copy(conn, fork_id)
    of_fork = fork_run(worker, fork_id)
    assert books(conn, of_fork)[1:4] == paid[1:4]
    assert books(conn, of_fork)[4:] == (0, 0.0)
    assert begin(conn, of_fork, no=1) == {"verdict": "recorded", "response": {"said": 1}}
    assert begin(conn, of_fork, no=2)["verdict"] == "call"
    assert books(conn, of_fork)[2] == paid[2]
    whole = conn.execute("select * from pgswarm.llm_call_whole where swarm_id = %s", [again]).fetchall()
    assert [(c["response"], c["source_swarm_id"]) for c in whole] == [({"said": 1}, swarm_id)]  # not of the one between


def test_call_after_the_moment_is_not_the_forks(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    seq = top(conn, swarm_id)
    worker.does(go_on(run))
    later = worker.claim_one()
    begin(conn, later)
    end(conn, later, 30, 20, 0.25)
    fork_id = fork(conn, swarm_id, seq)
    assert swarm(conn, fork_id)["spent_llm_calls"] == 0
    assert begin(conn, fork_run(worker, fork_id))["verdict"] == "call"


def test_call_between_an_event_and_the_next_is_the_forks(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    seq = top(conn, swarm_id)
    begin(conn, run)
    end(conn, run, 30, 20, 0.25)
    worker.does(finish(run))
    fork_id = fork(conn, swarm_id, seq)
    row = swarm(conn, fork_id)
    assert (row["spent_llm_calls"], row["spent_input_tokens"], row["spent_output_tokens"]) == (1, 30, 20)
    assert begin(conn, fork_run(worker, fork_id))["verdict"] == "recorded"


def test_lost_and_dropped_sends_count_as_in_the_original(db: Database, conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    begin(conn, run, tokens=100, usd=1)
    db.clock.advance(60)
    conn.execute("select * from pgswarm.reap()")
    heir = Worker(conn).claim_one()
    begin(conn, heir, tokens=100, usd=1)
    end(conn, heir, 10, 10, 0.5)
    begin(conn, heir, no=2)
    drop(conn, heir, 7, no=2)
    calls, tokens_in, tokens_out, usd, reserved_tokens, reserved_usd = books(conn, heir)
    row = swarm(conn, copy(conn, swarm_id))
    assert row["spent_llm_calls"] == calls
    assert row["spent_input_tokens"] + row["spent_output_tokens"] == tokens_in + tokens_out + reserved_tokens
    assert float(row["spent_cost_usd"]) == usd + reserved_usd


def test_call_whose_original_is_gone_is_sent_again(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    begin(conn, run)
    end(conn, run, 30, 20, 0.25)
    fork_id = copy(conn, swarm_id)
    conn.execute("delete from pgswarm.llm_call where swarm_id = %s", [swarm_id])
    of_fork = fork_run(worker, fork_id)
    assert begin(conn, of_fork)["verdict"] == "call"
    end(conn, of_fork, 1, 1, 0.1)
    assert begin(conn, of_fork)["verdict"] == "recorded"


def effect(conn: Conn, run: Run, key: str) -> tuple[str, Any]:
    (row,) = conn.execute(
        "select * from pgswarm.begin_effect(swarm_id => %s, node_id => %s, epoch => %s, effect_key => %s)",
        [run.swarm_id, run.node_id, run.epoch, key],
    ).fetchall()
    return row["verdict"], row["result"]


def end_effect(conn: Conn, run: Run, key: str) -> None:
    conn.execute(
        "select pgswarm.end_effect(swarm_id => %s, node_id => %s, effect_key => %s, result => %s)",
        [run.swarm_id, run.node_id, key, Jsonb({"id": 7})],
    )


def test_effect_that_is_done_is_not_done_again_and_one_in_doubt_is_asked_about(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    seq = top(conn, swarm_id)
    effect(conn, run, "done")
    end_effect(conn, run, "done")
    effect(conn, run, "begun")
    effect(conn, run, "done since")
    worker.does(go_on(run))
    end_effect(conn, run, "done since")
    effect(conn, worker.claim_one(), "later")
    fork_id = fork(conn, swarm_id, seq)
    there = fork_run(worker, fork_id)
    assert effect(conn, there, "done") == ("done", {"id": 7})
    assert effect(conn, there, "begun") == ("ambiguous", None)
    assert effect(conn, there, "done since") == ("done", {"id": 7})
    assert effect(conn, there, "later") == ("go", None)
    left = conn.execute("select key, state from pgswarm.effect where swarm_id = %s", [swarm_id]).fetchall()
    assert {(row["key"], row["state"]) for row in left} >= {("begun", "intended"), ("later", "intended")}


def test_budget_and_pause_are_those_of_the_moment(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, budget={"nodes": 5}, share=3)
    pause(conn, swarm_id)
    paused = top(conn, swarm_id)
    resume(conn, swarm_id)
    call(conn, "select pgswarm.raise_budget(%s, '{\"nodes\": 9}')", swarm_id)
    first, second = fork(conn, swarm_id, paused), copy(conn, swarm_id)
    assert [swarm(conn, s)["status"] for s in (first, second)] == ["paused", "active"]
    assert [swarm(conn, s)["max_nodes"] for s in (first, second)] == [5, 9]
    assert {run.swarm_id for run in worker.claim(9)} == {swarm_id, second}
    assert resume(conn, first)
    root = fork_run(worker, first)
    worker.advance(spawn(root, *[Kid()] * 5))
    assert swarm(conn, first)["paused_reason"] == "budget_exceeded"


def test_ids_that_a_handler_keeps_are_those_of_the_fork(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    entry = call(
        conn,
        "select pgswarm.save_entry(swarm_id => %s, node_id => null, name => 'a.txt', kind => 'text',"
        " description => '', folder => '', content => 'x')",
        swarm_id,
    )
    run = worker.claim_one()
    other = UUID(int=2**100)
    worker.does(
        go_on(run, state={"file": str(entry), "node": str(run.node_id), "other": str(other), "text": f"see {entry}"})
    )
    fork_id = copy(conn, swarm_id)
    (node,) = rows_of(conn, fork_id).values()
    (copied,) = conn.execute("select entry_id from pgswarm.space_entry where swarm_id = %s", [fork_id]).fetchall()
    assert copied["entry_id"] != entry
    assert node["state"]["file"] == str(copied["entry_id"])
    assert node["state"]["node"] == node["node_id"]
    assert node["state"]["other"] == str(other)


def test_failed_retried_and_sleeping_nodes_are_as_they_were(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    worker.does(spawn(worker.claim_one(), Kid(directive="fails"), Kid(directive="retries"), Kid(directive="sleeps")))
    for run in worker.claim(9):
        act = {"fails": fail(run), "retries": retry(run, delay_s=30), "sleeps": go_on(run, delay_s=500)}
        worker.does(act[run.row["directive"]])
    fork_id = copy(conn, swarm_id)
    here, there = (
        {row["directive"]: row for row in rows_of(conn, s).values() if row["depth"]} for s in (swarm_id, fork_id)
    )
    for name in here:
        same = ("status", "outcome", "error", "available_at", "handler", "activation", "lease_epoch", "created_at")
        assert [here[name][column] for column in same] == [there[name][column] for column in same]
    assert worker.claim(9) == []  # both wait for their time


@pytest.mark.parametrize("seq", [0, -1, 3, 2**60, None])
def test_event_that_there_is_not_cannot_be_forked_at(conn: Conn, seq: int | None) -> None:
    swarm_id = start(conn)
    with pytest.raises(psycopg.Error) as refused:
        fork(conn, swarm_id, seq)
    assert (refused.value.sqlstate, refused.value.diag.message_detail) == ("PS422", "at_seq")
    assert "1 to 2" in str(refused.value)


def test_long_texts_are_whole_in_the_fork(conn: Conn, worker: Worker) -> None:
    goal, report = "g" * 5_000, "r" * 50_000
    swarm_id = start(conn, goal)
    worker.does(spawn(worker.claim_one(), Kid(directive="d" * 2_000)))
    worker.does(finish(worker.claim_one(), report))
    worker.does(finish(worker.claim_one(), report))
    fork_id = copy(conn, swarm_id)
    texts = ("goal", "goal_blob", "report", "report_blob")
    assert [swarm(conn, swarm_id)[name] for name in texts] == [swarm(conn, fork_id)[name] for name in texts]
    here, there = (
        {
            row["depth"]: [row[name] for name in ("directive", "directive_blob", "report", "report_blob")]
            for row in rows_of(conn, one).values()
        }
        for one in (swarm_id, fork_id)
    )
    assert here == there
    assert [len(here[0][0]), len(here[1][0]), len(here[1][2])] == [5_000, 2_000, 1_001]
