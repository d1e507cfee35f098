"""What the events say: kinds, order, time, and that folding them gives the rows."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import DictRow

from support.database import Database
from support.verbs import (
    BENCH,
    Conn,
    Kid,
    Run,
    Worker,
    answer,
    ask,
    cancel,
    connect,
    events,
    fail,
    finish,
    go_on,
    nodes,
    open_questions,
    pause,
    reap,
    release,
    resume,
    retry,
    spawn,
    start,
    swarm,
)

UNCHANGING = {
    "swarm_id", "node_id", "parent_id", "depth", "position", "action", "action_version", "directive",
    "directive_blob", "args", "max_attempts", "timeout_s", "spawn_round", "retry_of", "created_at", "copied_from",
    "directive_changed_at",  # it and the directive are told from the moment on when a person changes them
}  # fmt: skip


def story(conn: Conn, swarm_id: UUID) -> list[tuple[str, str | None]]:
    return [(e["kind"], e["verb"]) for e in events(conn, swarm_id)]


def columns(conn: Conn, table: str) -> set[str]:
    rows = conn.execute(
        "select column_name as name from information_schema.columns where table_schema = 'pgswarm' and table_name = %s",
        [table],
    )
    return {row["name"] for row in rows.fetchall()}


def whole_life(conn: Conn, worker: Worker) -> UUID:
    """Lead a swarm through every verb but those of dead workers."""
    swarm_id = start(conn)
    worker.does(spawn(worker.claim_one(), Kid(), Kid()))
    first, second = worker.claim(2)
    worker.does(ask(first, "why?"))
    answer(conn, open_questions(conn, swarm_id)[0]["question_id"], {"because": 1})
    worker.does(retry(second))
    worker.does(release(worker.claim_one()))
    pause(conn, swarm_id)
    resume(conn, swarm_id)
    for run in worker.claim(2):
        worker.does(go_on(run, state={"half": True}))
    last, failing = worker.claim(2)
    worker.does(fail(failing))
    worker.does(finish(last))
    worker.does(finish(worker.claim_one(), "all of it"))
    assert swarm(conn, swarm_id)["status"] == "terminated"
    return swarm_id


def test_kinds_and_verbs_of_a_life_in_their_order(conn: Conn, worker: Worker) -> None:
    swarm_id = whole_life(conn, worker)
    assert story(conn, swarm_id) == [
        ("swarm.created", None), ("node.created", "spawn"), ("node.running", "claim"),
        ("node.awaiting_children", "spawn"), ("node.created", "spawn"), ("node.created", "spawn"),
        ("node.running", "claim"), ("node.running", "claim"),
        ("node.waiting_user", "ask"), ("question.asked", "ask"), ("question.answered", "answer"),
        ("node.pending", "answer"),
        ("node.pending", "retry"), ("node.running", "claim"), ("node.pending", "release"),
        ("swarm.paused", None), ("swarm.resumed", None),
        ("node.running", "claim"), ("node.running", "claim"),
        ("node.pending", "continue"), ("node.pending", "continue"), ("node.running", "claim"),
        ("node.running", "claim"), ("node.terminated", "fail"), ("node.terminated", "finish"),
        ("node.pending", "children_done"), ("node.running", "claim"), ("node.terminated", "finish"),
        ("swarm.terminated", None),
    ]  # fmt: skip


def test_seq_has_no_gap_and_time_rises_from_verb_to_verb(conn: Conn, worker: Worker) -> None:
    told = events(conn, whole_life(conn, worker))
    assert [e["seq"] for e in told] == list(range(1, len(told) + 1))
    ats = [e["at"] for e in told]
    assert ats == sorted(ats)
    assert len(set(ats)) == 19  # one for each call: see `whole_life`; each batch of claims is one verb


def test_time_rises_even_when_the_clock_is_set_back(db: Database, conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    db.clock.advance(-3600)
    worker.does(finish(run))
    ats = [e["at"] for e in events(conn, swarm_id)]
    assert ats == sorted(ats)
    assert len(set(ats)) == 3


def test_created_event_is_the_whole_row_and_later_ones_every_column_that_changes(conn: Conn, worker: Worker) -> None:
    told = [e for e in events(conn, whole_life(conn, worker)) if e["kind"].startswith("node.")]
    whole = columns(conn, "node")
    assert whole >= UNCHANGING
    for e in told:
        assert set(e["data"]) == (whole if e["kind"] == "node.created" else whole - UNCHANGING)


def test_events_of_swarms_and_questions_hold_the_whole_row(conn: Conn, worker: Worker) -> None:
    told = events(conn, whole_life(conn, worker))
    for e in told:
        if e["kind"].startswith("swarm."):
            assert set(e["data"]) == columns(conn, "swarm") - {"request_hash"}
        if e["kind"].startswith("question."):
            assert set(e["data"]) == columns(conn, "question")
    last = told[-1]["data"]
    assert (last["status"], last["outcome"], last["report"]) == ("terminated", "succeeded", "all of it")


def as_json(conn: Conn, swarm_id: UUID) -> dict[str, dict[str, Any]]:
    rows = conn.execute("select to_jsonb(n) as row from pgswarm.node n where swarm_id = %s", [swarm_id]).fetchall()
    return {row["row"]["node_id"]: row["row"] for row in rows}


def test_folding_the_events_gives_the_rows(conn: Conn, worker: Worker) -> None:
    swarm_id = whole_life(conn, worker)
    folded: dict[str, dict[str, Any]] = {}
    for e in events(conn, swarm_id):
        if e["kind"].startswith("node."):
            folded.setdefault(str(e["node_id"]), {}).update(e["data"])
    silent = {"updated_at", "lease_expires_at"}
    rows = as_json(conn, swarm_id)
    assert folded.keys() == rows.keys()
    for key, row in rows.items():
        assert {k: v for k, v in folded[key].items() if k not in silent} == {
            k: v for k, v in row.items() if k not in silent
        }


def test_takeover_is_two_events(db: Database, conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    worker.claim_one()
    db.clock.advance(60)
    heir = Worker(conn)
    reap(conn)
    heir.claim_one()
    pending, running = events(conn, swarm_id)[-2:]
    assert (pending["kind"], pending["verb"]) == ("node.pending", "expire")
    assert (pending["data"]["lease_owner"], pending["data"]["attempt"], pending["data"]["lease_epoch"]) == (None, 1, 1)
    assert (running["kind"], running["verb"]) == ("node.running", "claim")
    assert (running["data"]["lease_owner"], running["data"]["attempt"], running["data"]["lease_epoch"]) == (
        str(heir.worker_id), 2, 2,
    )  # fmt: skip


def deep(conn: Conn, worker: Worker) -> tuple[UUID, dict[str, Run]]:
    """Make root > (left > (a, b), right), all that can be running."""
    swarm_id = start(conn)
    root = worker.claim_one()
    worker.does(spawn(root, Kid(directive="left"), Kid(directive="right")))
    runs = {run.row["directive"]: run for run in worker.claim(2)}
    worker.does(spawn(runs["left"], Kid(directive="a"), Kid(directive="b")))
    runs |= {run.row["directive"]: run for run in worker.claim(2)}
    return swarm_id, {"root": root, **runs}


def test_cancelled_tree_ends_deepest_first_at_one_moment_and_the_swarm_last(conn: Conn, worker: Worker) -> None:
    swarm_id, _ = deep(conn, worker)
    seen = len(events(conn, swarm_id))
    cancel(conn, swarm_id)
    told = events(conn, swarm_id)[seen:]
    rows = nodes(conn, swarm_id)
    assert [e["kind"] for e in told] == ["node.terminated"] * 5 + ["swarm.terminated"]
    assert [rows[e["node_id"]]["depth"] for e in told[:-1]] == [2, 2, 1, 1, 0]
    assert len({e["at"] for e in told}) == 1
    assert {e["verb"] for e in told[:-1]} == {"cancel"}


def test_one_batch_tells_ends_deepest_first_then_births_then_wakes_then_questions(conn: Conn, worker: Worker) -> None:
    swarm_id, runs = deep(conn, worker)
    seen = len(events(conn, swarm_id))
    worker.advance(
        spawn(runs["right"], Kid(directive="new")), finish(runs["a"]), finish(runs["b"]),
    )  # fmt: skip
    told = events(conn, swarm_id)[seen:]
    assert [(e["kind"], e["verb"]) for e in told] == [
        ("node.terminated", "finish"), ("node.terminated", "finish"), ("node.awaiting_children", "spawn"),
        ("node.created", "spawn"), ("node.pending", "children_done"),
    ]  # fmt: skip
    assert len({e["at"] for e in told}) == 1


def test_events_of_an_exceeded_limit_have_the_moment_of_the_verb_that_reached_it(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, budget={"nodes": 3})
    worker.does(spawn(worker.claim_one(), Kid(), Kid()))
    one, _ = worker.claim(2)
    seen = len(events(conn, swarm_id))
    worker.does(spawn(one, Kid()))
    told = events(conn, swarm_id)[seen:]
    assert [(e["kind"], e["verb"]) for e in told] == [
        ("node.pending", "release"), ("node.pending", "release"), ("swarm.budget_exceeded", None),
    ]  # fmt: skip
    assert len({e["at"] for e in told}) == 1


def test_node_count_of_an_event_leaves_bench_out(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    worker.does(spawn(worker.claim_one(), Kid(BENCH), Kid(), Kid(BENCH)))
    assert events(conn, swarm_id)[-1]["nodes"] == 2


def listen(conn: Conn) -> None:
    conn.execute("listen pgswarm_event")
    conn.execute("listen pgswarm_work")


def heard(conn: Conn) -> list[tuple[str, str]]:
    return [(n.channel, n.payload) for n in conn.notifies(timeout=5, stop_after=2)]


def test_start_notifies_the_range_of_its_events_and_of_work(db: Database, conn: Conn) -> None:
    with connect(db.url) as listener:
        listen(listener)
        swarm_id = start(conn)
        payload = f'{{"swarm_id" : "{swarm_id}", "from_seq" : 1, "to_seq" : 2}}'
        assert heard(listener) == [("pgswarm_event", payload), ("pgswarm_work", "")]


def test_notification_names_no_swarm_where_that_is_turned_off(db: Database, conn: Conn) -> None:
    with connect(db.url) as listener:
        listen(listener)
        conn.execute("set pgswarm.notify_payload = 'none'")
        start(conn)
        assert heard(listener) == [("pgswarm_event", ""), ("pgswarm_work", "")]


def test_rolled_back_verb_leaves_no_event_and_no_gap(db: Database, conn: Conn) -> None:
    swarm_id = start(conn)
    with db.connect(autocommit=False) as own:
        pause(own, swarm_id)
        own.rollback()
    pause(conn, swarm_id)
    assert story(conn, swarm_id)[2:] == [("swarm.paused", None)]
    assert events(conn, swarm_id)[-1]["seq"] == 3


def test_second_verb_on_a_swarm_waits_for_the_first_to_commit(db: Database, conn: Conn) -> None:
    swarm_id = start(conn)
    with db.connect(autocommit=False) as own:
        pause(own, swarm_id)
        conn.execute("set lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            cancel(conn, swarm_id)
        own.commit()
    assert cancel(conn, swarm_id)
    told: list[DictRow] = events(conn, swarm_id)
    assert [e["seq"] for e in told] == list(range(1, len(told) + 1))


def test_nothing_comes_after_the_end_also_where_retention_took_the_events(conn: Conn) -> None:
    swarm_id = start(conn)
    assert conn.execute("select pgswarm.next_event_at(%s) as at", [swarm_id]).fetchone()
    cancel(conn, swarm_id)
    with pytest.raises(psycopg.Error, match="nothing comes after its end"):
        conn.execute("select pgswarm.next_event_at(%s)", [swarm_id])
    with conn.transaction(force_rollback=True):
        conn.execute("set local session_replication_role = replica")
        conn.execute("delete from pgswarm.event where swarm_id = %s", [swarm_id])
        with pytest.raises(psycopg.Error, match="nothing comes after its end"):
            conn.execute("select pgswarm.next_event_at(%s)", [swarm_id])
