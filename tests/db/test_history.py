"""The past: `state_at` gives the nodes as they were, and long texts are kept whole."""

import json
from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from support.verbs import (
    Act,
    Conn,
    Kid,
    Worker,
    add_message,
    ask,
    call,
    events,
    finish,
    node,
    nodes,
    open_questions,
    retry,
    spawn,
    start,
    swarm,
)

SILENT = {"updated_at", "lease_expires_at"}


def state_at(conn: Conn, swarm_id: UUID, seq: int) -> dict[UUID, DictRow]:
    rows = conn.execute("select * from pgswarm.state_at(swarm_id => %s, seq => %s)", [swarm_id, seq]).fetchall()
    return {row["node_id"]: row for row in rows}


def shown(rows: dict[UUID, DictRow]) -> dict[UUID, dict[str, Any]]:
    """Return what a fold must know: all but what changes silently."""
    return {
        key: {
            column: value
            for column, value in row.items()
            if column not in SILENT and not (column == "open_children" and row["status"] == "awaiting_children")
        }
        for key, row in rows.items()
    }


def test_state_at_each_event_is_what_the_rows_were(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    past: dict[int, dict[UUID, dict[str, Any]]] = {}

    def note() -> None:
        past[events(conn, swarm_id)[-1]["seq"]] = shown(nodes(conn, swarm_id))

    note()
    root = worker.claim_one()
    note()
    worker.does(spawn(root, Kid(directive="a"), Kid(directive="b")))
    note()
    a, b = worker.claim(2)
    note()
    worker.does(Act(a, "continue", handler="x", state={"n": 1}))
    note()
    worker.does(retry(b))
    note()
    for run in worker.claim(2):
        worker.does(finish(run, "done"))
        note()
    worker.does(finish(worker.claim_one(), "all"))
    note()
    for seq, rows in past.items():
        assert shown(state_at(conn, swarm_id, seq)) == rows


@pytest.mark.parametrize("seq", [0, -5, 1])
def test_before_the_first_node_there_is_none(conn: Conn, seq: int) -> None:
    assert state_at(conn, start(conn), seq) == {}


def test_above_the_top_is_the_newest(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    worker.does(finish(worker.claim_one()))
    assert shown(state_at(conn, swarm_id, 2**62)) == shown(nodes(conn, swarm_id))


def texts(size: int) -> str:
    return "ä" + "x" * (size - 2)  # `size` bytes in UTF-8


@pytest.mark.parametrize("size", [1024, 1025, 8192, 8193])
@pytest.mark.parametrize("field", ["goal", "directive", "report", "prompt", "content"])
def test_long_text_is_cut_in_the_row_from_8_kb_and_in_the_event_from_1_kb(
    conn: Conn, worker: Worker, field: str, size: int
) -> None:
    whole = texts(size)
    assert len(whole.encode()) == size
    swarm_id = start(conn, whole if field == "goal" else "short")
    run = worker.claim_one()
    match field:
        case "goal":
            row, frame = swarm(conn, swarm_id), events(conn, swarm_id)[0]["data"]
        case "directive":
            worker.does(spawn(run, Kid(directive=whole)))
            row, frame = list(nodes(conn, swarm_id).values())[1], events(conn, swarm_id)[-1]["data"]
        case "report":
            worker.does(finish(run, whole))
            row, frame = node(conn, run), events(conn, swarm_id)[-2]["data"]
            assert swarm(conn, swarm_id)["report"] == row["report"]
        case "prompt":
            worker.does(ask(run, whole))
            (row,), frame = open_questions(conn, swarm_id), events(conn, swarm_id)[-1]["data"]
        case _:
            add_message(conn, swarm_id, None, whole)
            (row,), frame = conn.execute("select * from pgswarm.message").fetchall(), events(conn, swarm_id)[-1]["data"]
    cut = whole[:1000] + "…"
    assert row[field] == (whole if size <= 8192 else cut)
    assert frame[field] == (whole if size <= 1024 else cut)
    assert (row[f"{field}_blob"] is None) == (size <= 1024)
    assert frame[f"{field}_blob"] == row[f"{field}_blob"]
    if size > 1024:
        assert call(conn, "select pgswarm.full_text(%s)", row[f"{field}_blob"]) == whole


def test_handlers_get_the_whole_text(conn: Conn, worker: Worker) -> None:
    goal, part, report, prompt, message = (texts(9_000 + n) for n in range(5))
    swarm_id = start(conn, goal)
    root = worker.claim_one()
    assert root.row["directive"] == goal
    worker.does(spawn(root, Kid(directive=part)))
    run = worker.claim_one()
    assert run.row["directive"] == part
    worker.does(finish(run, report))
    again = worker.claim_one()
    assert [(r["directive"], r["report"]) for r in again.row["context"]["reports"]] == [(part, report)]
    worker.does(ask(again, prompt))
    add_message(conn, swarm_id, None, message)
    conn.execute("select pgswarm.answer_question(%s, '1')", [open_questions(conn, swarm_id)[0]["question_id"]])
    context = worker.claim_one().row["context"]
    assert context["answers"][0]["prompt"] == prompt
    assert context["messages"][0]["content"] == message


def test_text_that_ends_in_an_ellipsis_by_itself_is_not_taken_for_a_cut_one(conn: Conn, worker: Worker) -> None:
    goal = "x" * 2_000 + "…"
    start(conn, goal)
    assert worker.claim_one().row["directive"] == goal


def test_same_text_is_kept_once(conn: Conn) -> None:
    for _ in range(3):
        start(conn, "x" * 5_000)
    assert len(conn.execute("select from pgswarm.blob").fetchall()) == 1
    assert call(conn, "select pgswarm.full_text('nothing')") is None


def test_event_of_a_long_directive_is_small(conn: Conn) -> None:
    swarm_id = start(conn, "x" * 100_000)
    assert all(len(json.dumps(e["data"])) < 5_000 for e in events(conn, swarm_id))
