"""Effects: begun at most once for each key; where nobody knows what happened, a person must say."""

from typing import Any

from psycopg.types.json import Jsonb

from support.database import Database
from support.verbs import Conn, Run, Worker, cancel, go_on, reap, start


def begin(conn: Conn, run: Run, key: str = "mail") -> tuple[str, Any]:
    (row,) = conn.execute(
        "select * from pgswarm.begin_effect(swarm_id => %s, node_id => %s, epoch => %s, effect_key => %s)",
        [run.swarm_id, run.node_id, run.epoch, key],
    ).fetchall()
    return row["verdict"], row["result"]


def end(conn: Conn, run: Run, result: Any, key: str = "mail") -> None:
    conn.execute(
        "select pgswarm.end_effect(swarm_id => %s, node_id => %s, effect_key => %s, result => %s)",
        [run.swarm_id, run.node_id, key, Jsonb(result)],
    )


def settle(conn: Conn, run: Run, *, happened: bool, result: Any = None) -> None:
    conn.execute(
        "select pgswarm.settle_effect(swarm_id => %s, node_id => %s, effect_key => 'mail', happened => %s,"
        " result => %s)",
        [run.swarm_id, run.node_id, happened, Jsonb(result)],
    )


def crash(db: Database, conn: Conn) -> Run:
    """Let the worker die; return the run of its heir."""
    db.clock.advance(60)
    reap(conn)
    return Worker(conn).claim_one()


def test_effect_that_is_done_is_not_done_again(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn)
    run = worker.claim_one()
    assert begin(conn, run) == ("go", None)
    end(conn, run, {"id": 7})
    assert begin(conn, run) == ("done", {"id": 7})
    assert begin(conn, run, "another key") == ("go", None)
    heir = crash(db, conn)
    assert begin(conn, heir) == ("done", {"id": 7})


def test_effect_lasts_over_the_activations_of_its_node(conn: Conn, worker: Worker) -> None:
    start(conn)
    run = worker.claim_one()
    begin(conn, run)
    end(conn, run, 1)
    worker.does(go_on(run))
    assert begin(conn, worker.claim_one()) == ("done", 1)


def test_effect_that_was_begun_and_not_ended_is_ambiguous(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn)
    run = worker.claim_one()
    begin(conn, run)
    heir = crash(db, conn)
    assert begin(conn, heir) == ("ambiguous", None)
    assert begin(conn, heir) == ("ambiguous", None)  # until a person has said
    assert conn.execute("select state from pgswarm.effect").fetchall() == [{"state": "ambiguous"}]


def test_person_says_that_it_happened(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn)
    begin(conn, worker.claim_one())
    heir = crash(db, conn)
    begin(conn, heir)
    settle(conn, heir, happened=True, result={"seen": True})
    assert begin(conn, heir) == ("done", {"seen": True})


def test_person_says_that_it_did_not_happen(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn)
    begin(conn, worker.claim_one())
    heir = crash(db, conn)
    begin(conn, heir)
    settle(conn, heir, happened=False)
    assert begin(conn, heir) == ("go", None)


def test_settling_what_is_not_ambiguous_changes_nothing(conn: Conn, worker: Worker) -> None:
    start(conn)
    run = worker.claim_one()
    begin(conn, run)
    end(conn, run, 1)
    settle(conn, run, happened=False)
    settle(conn, run, happened=True, result=2)
    assert begin(conn, run) == ("done", 1)


def test_end_that_comes_late_settles_it_once(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn)
    late = worker.claim_one()
    begin(conn, late)
    heir = crash(db, conn)
    begin(conn, heir)
    end(conn, late, "it did")
    end(conn, heir, "again")
    assert begin(conn, heir) == ("done", "it did")


def test_effect_of_a_node_that_is_not_the_callers_is_fenced(db: Database, conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    late = worker.claim_one()
    heir = crash(db, conn)
    assert begin(conn, late) == ("fenced", None)
    cancel(conn, swarm_id)
    assert begin(conn, heir) == ("fenced", None)
    assert conn.execute("select from pgswarm.effect").fetchall() == []
