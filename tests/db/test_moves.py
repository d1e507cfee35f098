"""Every status against every verb: what the table allows happens, all else changes nothing and writes no event."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import DictRow

from pgswarm.schema.states import MOVES, Status, Verb, legal_pairs
from support.database import Database
from support.verbs import (
    OTHER,
    Act,
    Conn,
    Kid,
    Run,
    Worker,
    answer,
    ask,
    call,
    cancel,
    events,
    fail,
    finish,
    go_on,
    node,
    nodes,
    open_questions,
    reap,
    release,
    retry,
    spawn,
    start,
    tick,
)

FAR_S: Final = 10_000.0  # past every lease, deadline and expiry of these tests
OWN: Final = {
    Verb.ASK: lambda run: ask(run, "and?"),
    Verb.SPAWN: lambda run: spawn(run, Kid()),
    Verb.CONTINUE: go_on,
    Verb.RETRY: retry,
    Verb.RELEASE: release,
    Verb.FINISH: finish,
    Verb.FAIL: fail,
}
"""What only the worker that holds a node can do."""


@dataclass
class Scene:
    """A node in a given status, below a root that waits for it and for a sibling that nobody works."""

    db: Database
    conn: Conn
    worker: Worker
    run: Run

    def row(self) -> DictRow:
        return node(self.conn, self.run)

    def trace(self) -> tuple[DictRow, int]:
        """Return everything that must not change: the row, and how many events there are."""
        return self.row(), len(events(self.conn, self.run.swarm_id))


@pytest.fixture(scope="module")
def db(module_db: Database) -> Database:
    """One database for all: each case has a swarm of its own, which ends with it."""
    return module_db


@pytest.fixture
def scene(db: Database, conn: Conn, worker: Worker) -> Iterator[Callable[[Status], Scene]]:
    """Return what makes a node of some status."""
    used: list[UUID] = []

    def make(status: Status) -> Scene:
        swarm_id = start(conn)
        used.append(swarm_id)
        worker.does(spawn(worker.claim_one(), Kid(), Kid(OTHER, "its sibling")))
        child = next(row for row in nodes(conn, swarm_id).values() if row["action"] != OTHER and row["depth"])
        made = Scene(db, conn, worker, Run(swarm_id, child["node_id"], 1))
        if status is not Status.PENDING:
            (claimed,) = worker.claim(1, patterns=["test/%"])
            acts = {
                Status.WAITING_USER: ask(claimed, {"prompt": "well?", "expires_in_s": 60}),
                Status.AWAITING_CHILDREN: spawn(claimed, Kid(OTHER, "below")),
                Status.TERMINATED: finish(claimed),
            }
            if status in acts:
                worker.does(acts[status])
            made.run = claimed
        assert made.row()["status"] == status
        return made

    yield make
    for swarm_id in used:
        cancel(conn, swarm_id)


def do(scene: Scene, verb: Verb) -> None:
    """Try a verb on the scene's node, as whoever may call it would."""
    run, conn = scene.run, scene.conn
    match verb:
        case Verb.CLAIM:
            scene.worker.claim(1, patterns=["test/%"])
        case Verb.CANCEL:
            cancel(conn, run.swarm_id, run.node_id)
        case Verb.ANSWER:
            for row in conn.execute("select * from pgswarm.question where node_id = %s", [run.node_id]).fetchall():
                answer(conn, row["question_id"], "yes")
        case Verb.EXPIRE:
            scene.db.clock.advance(FAR_S)
            reap(conn)
            tick(conn)
        case Verb.CHILDREN_DONE:
            if below := [k for k, v in nodes(conn, run.swarm_id).items() if v["parent_id"] == run.node_id]:
                cancel(conn, run.swarm_id, below[0])
        case _:
            scene.worker.advance(OWN[verb](run))


LEGAL = [(before, verb) for before, verbs in MOVES.items() for verb in verbs]
ILLEGAL = [(s, v) for s in Status for v in Verb if v not in MOVES[s]]


@pytest.mark.parametrize(("before", "verb"), LEGAL, ids=[f"{s}-{v}" for s, v in LEGAL])
def test_legal_verb_leads_to_the_status_of_the_table(
    scene: Callable[[Status], Scene], before: Status, verb: Verb
) -> None:
    it = scene(before)
    seen = len(events(it.conn, it.run.swarm_id))
    do(it, verb)
    after = MOVES[before][verb]
    assert it.row()["status"] == after
    written = [e for e in events(it.conn, it.run.swarm_id)[seen:] if e["node_id"] == it.run.node_id]
    assert (f"node.{after}", verb) in [(e["kind"], e["verb"]) for e in written]


@pytest.mark.parametrize(("before", "verb"), ILLEGAL, ids=[f"{s}-{v}" for s, v in ILLEGAL])
def test_illegal_verb_changes_nothing(scene: Callable[[Status], Scene], before: Status, verb: Verb) -> None:
    it = scene(before)
    trace = it.trace()
    do(it, verb)
    assert it.trace() == trace


@pytest.mark.parametrize("verb", OWN)
def test_write_of_an_old_epoch_is_fenced_and_counted(
    scene: Callable[[Status], Scene], other: Worker, verb: Verb
) -> None:
    it = scene(Status.RUNNING)
    it.worker.stop()
    (again,) = other.claim(1, patterns=["test/%"])
    assert again.epoch == it.run.epoch + 1
    trace = it.trace()
    assert it.worker.fences(OWN[verb](it.run))
    assert it.trace() == trace
    query = "select fenced_writes from pgswarm.worker where worker_id = %s"
    assert call(it.conn, query, it.worker.worker_id) == 1
    assert call(it.conn, query, other.worker_id) == 0


def test_act_without_an_epoch_is_fenced(scene: Callable[[Status], Scene]) -> None:
    it = scene(Status.WAITING_USER)
    params = Run(it.run.swarm_id, it.run.node_id, None)  # type: ignore[arg-type]  # what a broken worker may send
    trace = it.trace()
    for verb in OWN.values():
        it.worker.advance(verb(params))
        assert it.trace() == trace


def test_act_of_an_unknown_verb_is_refused_and_names_those_that_are(scene: Callable[[Status], Scene]) -> None:
    it = scene(Status.RUNNING)
    for verb in ("cancel", "answer", "expire", "claim", "children_done", "dance"):
        with pytest.raises(psycopg.Error, match="finish, fail, ask") as refused:
            it.worker.advance(Act(it.run, verb))
        assert refused.value.sqlstate == "PS422"


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
def test_guard_refuses_every_pair_that_no_verb_makes(
    scene: Callable[[Status], Scene], before: Status, after: Status
) -> None:
    it = scene(before)
    legal = (before, after) in legal_pairs()
    ended, runs = after is Status.TERMINATED, after is Status.RUNNING
    it.conn.execute("begin")
    it.conn.execute("set local role pgswarm_owner")
    try:
        it.conn.execute(
            "update pgswarm.node set status = %s, outcome = %s, terminated_at = %s, lease_owner = %s, open_children = 0"
            " where node_id = %s",
            [
                after,
                "failed" if ended else None,
                it.row()["created_at"] if ended else None,
                it.worker.worker_id if runs else None,
                it.run.node_id,
            ],
        )
    except psycopg.Error as error:
        assert error.sqlstate == "PS405", error
        assert not legal
    else:
        assert legal or before is after is Status.AWAITING_CHILDREN
    finally:
        it.conn.execute("rollback")


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.PENDING])
def test_guard_refuses_a_node_that_is_not_born_pending(conn: Conn, status: Status) -> None:
    swarm_id = start(conn, action=OTHER)
    conn.execute("set role pgswarm_owner")
    with pytest.raises(psycopg.Error, match="made pending") as refused:
        conn.execute(
            "insert into pgswarm.node (swarm_id, node_id, action, directive, status, available_at, created_at,"
            " updated_at) values (%s, gen_random_uuid(), 'test/work', 'x', %s, now(), now(), now())",
            [swarm_id, status],
        )
    conn.execute("reset role")
    assert refused.value.sqlstate == "PS405"
    cancel(conn, swarm_id)
