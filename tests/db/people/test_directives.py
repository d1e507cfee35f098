"""A person changes what a node that waits is to do: an event, a fold that holds, and nothing else."""

from uuid import UUID

import psycopg
import pytest

from pgswarm.schema.errors import ConflictError, InvalidInputError, NotFoundError, translate
from support.database import Database
from support.verbs import (
    Conn,
    Kid,
    Worker,
    answer,
    ask,
    call,
    events,
    finish,
    go_on,
    node,
    nodes,
    open_questions,
    spawn,
    start,
)


def change(conn: Conn, swarm_id: UUID, node_id: UUID, directive: str) -> bool:
    return bool(
        call(
            conn,
            "select pgswarm.change_directive(swarm_id => %s, node_id => %s, directive => %s)",
            swarm_id,
            node_id,
            directive,
        )
    )


def state_at(conn: Conn, swarm_id: UUID, seq: int) -> dict[UUID, str]:
    rows = conn.execute("select * from pgswarm.state_at(swarm_id => %s, seq => %s)", [swarm_id, seq]).fetchall()
    return {row["node_id"]: row["directive"] for row in rows}


@pytest.mark.parametrize("long", [False, True])
def test_history_knows_the_directive_before_and_after(conn: Conn, worker: Worker, *, long: bool) -> None:
    swarm_id = start(conn, "first")
    run = worker.claim_one()
    worker.does(ask(run, "?"))
    before = len(events(conn, swarm_id))
    second = "second" + "!" * (9000 if long else 0)
    assert change(conn, swarm_id, run.node_id, second)
    assert not change(conn, swarm_id, run.node_id, second)
    told = events(conn, swarm_id)
    assert [(e["kind"], e["verb"]) for e in told[before:]] == [("node.waiting_user", "change_directive")]
    answer(conn, open_questions(conn, swarm_id)[0]["question_id"], 1)
    again = worker.claim_one()
    assert again.row["directive"] == second
    worker.does(go_on(again))
    worker.does(finish(worker.claim_one()))
    last = events(conn, swarm_id)[-1]["seq"]
    assert state_at(conn, swarm_id, before)[run.node_id] == "first"
    for seq in (before + 1, last):
        assert state_at(conn, swarm_id, seq)[run.node_id] == (second[:1000] + "…" if long else second)


def test_every_status_but_running_and_terminated_takes_another_directive(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    with pytest.raises(psycopg.Error) as running:
        change(conn, swarm_id, run.node_id, "other")
    assert isinstance(translate(running.value), ConflictError)
    worker.does(spawn(run, Kid()))
    (child,) = [key for key, row in nodes(conn, swarm_id).items() if row["parent_id"] == run.node_id]
    for node_id in (run.node_id, child):  # awaiting_children, pending
        assert change(conn, swarm_id, node_id, "other")
    kid = worker.claim_one()
    assert kid.row["directive"] == "other"
    worker.does(finish(kid))
    with pytest.raises(psycopg.Error) as ended:
        change(conn, swarm_id, child, "third")
    assert isinstance(translate(ended.value), ConflictError)
    assert node(conn, run)["status"] == "pending"


@pytest.mark.parametrize("directive", ["", " \n", "x" * 100_001, None])
def test_directive_that_says_nothing_or_too_much_is_refused(conn: Conn, directive: str) -> None:
    swarm_id = start(conn)
    (root,) = nodes(conn, swarm_id)
    with pytest.raises(psycopg.Error) as refused:
        change(conn, swarm_id, root, directive)
    error = translate(refused.value)
    assert isinstance(error, InvalidInputError)
    assert error.field == "directive"
    assert len(events(conn, swarm_id)) == 2


def test_node_of_another_swarm_is_not_known(conn: Conn) -> None:
    swarm_id, other = start(conn), start(conn)
    (root,) = nodes(conn, other)
    with pytest.raises(psycopg.Error) as refused:
        change(conn, swarm_id, root, "other")
    assert isinstance(translate(refused.value), NotFoundError)


def test_directive_is_not_changed_past_the_verb(db: Database, conn: Conn) -> None:
    swarm_id = start(conn)
    with pytest.raises(psycopg.Error, match="through verbs only"):
        db.run("update pgswarm.node set directive = 'x' where swarm_id = %(s)s", s=swarm_id)
