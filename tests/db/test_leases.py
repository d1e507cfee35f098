"""Who may write a running node, until when, and what becomes of it when its worker dies."""

import pytest

from support.database import Database
from support.verbs import (
    MAX_ATTEMPTS,
    TIMEOUT_S,
    Conn,
    Kid,
    Worker,
    call,
    call_rows,
    cancel,
    finish,
    go_on,
    node,
    nodes,
    pause,
    reap,
    release,
    resume,
    retry,
    spawn,
    start,
)


def settled(conn: Conn) -> int:
    """Reap until nothing is left to; return how many calls gave something."""
    return next(calls for calls in range(100) if not reap(conn).ranges)


def test_attempts_and_activations_are_counted(conn: Conn, worker: Worker) -> None:
    start(conn)
    seen = []
    for act in (retry, release, go_on, retry, go_on):
        run = worker.claim_one()
        seen.append((run.row["attempt"], run.row["activation"], run.epoch))
        worker.does(act(run))
    row = node(conn, run)
    assert seen == [(1, 1, 1), (2, 1, 2), (2, 1, 3), (1, 2, 4), (2, 2, 5)]
    assert (row["attempt"], row["activation"], row["lease_epoch"]) == (0, 2, 5)


def test_released_first_attempt_is_as_if_never_claimed_but_for_the_epoch(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    (before,) = nodes(conn, swarm_id).values()
    worker.does(release(worker.claim_one()))
    (after,) = nodes(conn, swarm_id).values()
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"lease_epoch", "available_at", "updated_at"}


def test_attempts_run_out_and_the_last_error_is_kept(conn: Conn, worker: Worker) -> None:
    start(conn)
    for _ in range(MAX_ATTEMPTS):
        run = worker.claim_one()
        worker.does(retry(run))
    row = node(conn, run)
    assert (row["status"], row["outcome"]) == ("terminated", "failed")
    assert row["error"] == {"code": "boom", "message": "try again", "attempts": MAX_ATTEMPTS}


def test_node_that_kills_its_workers_fails_when_its_attempts_are_used(db: Database, conn: Conn) -> None:
    start(conn)
    for _ in range(MAX_ATTEMPTS):
        run = Worker(conn).claim_one()
        db.clock.advance(60)
        assert settled(conn) == 1
    row = node(conn, run)
    assert (row["outcome"], row["error"]["code"], row["error"]["attempts"]) == ("failed", "max_attempts", MAX_ATTEMPTS)


def test_lease_that_lives_is_not_taken(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn)
    run = worker.claim_one()
    for _ in range(3):
        db.clock.advance(10)
        assert worker.heartbeat()
        assert reap(conn).ranges == []
    worker.does(finish(run))


def test_expired_lease_is_taken_over_and_the_late_write_is_fenced(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn)
    late = worker.claim_one()
    db.clock.advance(16)
    assert settled(conn) == 1
    heir = Worker(conn)
    run = heir.claim_one()
    assert (run.node_id, run.epoch, run.row["attempt"]) == (late.node_id, 2, 2)
    assert worker.fences(finish(late, "late"))
    assert not worker.heartbeat()
    heir.does(finish(run, "in time"))
    assert node(conn, run)["report"] == "in time"


def test_lease_past_its_time_that_nobody_took_still_writes(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn)
    run = worker.claim_one()
    db.clock.advance(16)
    worker.does(finish(run))


def test_many_dead_workers_without_work_do_not_hide_one_with_work(db: Database, conn: Conn) -> None:
    for _ in range(5):
        Worker(conn, lease_s=1)
    start(conn)
    Worker(conn).claim_one()
    for _ in range(5):
        Worker(conn, lease_s=1)
    db.clock.advance(60)
    assert settled(conn) == 1


def test_activation_past_its_own_deadline_is_taken_from_a_living_worker(
    db: Database, conn: Conn, worker: Worker
) -> None:
    start(conn)
    start(conn)
    slow = worker.claim_one()
    db.clock.advance(TIMEOUT_S / 2)
    worker.heartbeat()
    young = worker.claim_one()
    db.clock.advance(TIMEOUT_S / 2 + 1)
    worker.heartbeat()
    assert reap(conn, grace_s=2).ranges == []  # its worker may still end it by itself
    db.clock.advance(2)
    worker.heartbeat()
    assert settled(conn) == 1
    assert (node(conn, slow)["status"], node(conn, young)["status"]) == ("pending", "running")
    assert worker.fences(finish(slow))
    worker.does(finish(young))


def test_of_one_claim_only_what_is_past_its_deadline_is_taken(db: Database, conn: Conn, worker: Worker) -> None:
    conn.execute("""select pgswarm.register_actions(specs => '[{"action_id": "quick/work", "timeout_s": 10}]')""")
    start(conn)
    start(conn, action="quick/work")
    runs = {run.row["action"]: run for run in worker.claim(2)}
    assert len({run.claim_id for run in runs.values()}) == 1
    db.clock.advance(13)
    worker.heartbeat()
    assert settled(conn) == 1
    assert node(conn, runs["quick/work"])["status"] == "pending"
    worker.does(finish(runs["test/work"]))


def test_stopped_worker_gives_back_what_it_holds_without_a_used_attempt(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    worker.does(spawn(worker.claim_one(), *[Kid() for _ in range(5)]))
    runs = worker.claim(3) + worker.claim(2)
    worker.stop()
    rows = [row for row in nodes(conn, swarm_id).values() if row["depth"]]
    assert {(row["status"], row["attempt"], row["activation"]) for row in rows} == {("pending", 0, 0)}
    assert all(worker.fences(finish(run)) for run in runs)
    assert conn.execute("select from pgswarm.claim").fetchall() == []
    assert not worker.heartbeat()


def test_claim_of_a_worker_that_was_declared_dead_meanwhile_is_taken_over(db: Database, conn: Conn) -> None:
    """The claim began before the worker was declared dead and commits after it."""
    start(conn)
    with db.connect(autocommit=False) as own:
        late = Worker(own)
        own.commit()
        late.claim_one()
        db.clock.advance(60)
        assert reap(conn).ranges == []
        own.commit()
    assert settled(conn) == 1


@pytest.mark.parametrize("known", [True, False])
def test_claims_of_an_unacknowledged_commit_are_released(conn: Conn, worker: Worker, *, known: bool) -> None:
    start(conn)
    run = worker.claim_one()
    claims = [run.claim_id] if known else []
    call_rows(
        conn, "select * from pgswarm.reconcile(worker_id => %s, claim_ids => %s::bigint[])", worker.worker_id, claims
    )
    assert node(conn, run)["status"] == ("running" if known else "pending")


def test_after_a_failover_a_worker_gives_back_what_it_does_not_have(conn: Conn, worker: Worker) -> None:
    """It had finished one of a claim's nodes, which the server that took over does not know."""
    start(conn)
    start(conn)
    kept, forgotten = worker.claim(2)
    query = "select * from pgswarm.reconcile(worker_id => %s, claim_ids => %s::bigint[], node_ids => %s)"
    call_rows(conn, query, worker.worker_id, [kept.claim_id], [kept.node_id])
    assert [node(conn, run)["status"] for run in (kept, forgotten)] == ["running", "pending"]


def test_still_held_names_the_acts_that_did_not_commit(conn: Conn, worker: Worker, other: Worker) -> None:
    start(conn)
    start(conn)
    sent, unsent = worker.claim(2)
    worker.does(finish(sent))
    query = "select * from pgswarm.still_held(worker_id => %s, swarm_ids => %s, node_ids => %s, epochs => %s)"
    keys = (
        [r.swarm_id for r in (sent, unsent)],
        [r.node_id for r in (sent, unsent)],
        [r.epoch for r in (sent, unsent)],
    )
    held = conn.execute(query, [worker.worker_id, *keys]).fetchall()
    assert [row["node_id"] for row in held] == [unsent.node_id]
    assert conn.execute(query, [other.worker_id, *keys]).fetchall() == []


def test_done_claims_are_forgotten(conn: Conn, worker: Worker) -> None:
    start(conn)
    run = worker.claim_one()
    worker.advance(finish(run), done_claims=[run.claim_id])
    assert conn.execute("select from pgswarm.claim").fetchall() == []


def test_another_workers_claim_is_not_forgotten(conn: Conn, worker: Worker, other: Worker) -> None:
    start(conn)
    run = worker.claim_one()
    other.advance(done_claims=[run.claim_id])
    assert len(conn.execute("select from pgswarm.claim").fetchall()) == 1


def test_paused_swarm_with_a_dead_worker_goes_on_after_resume(db: Database, conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    worker.claim_one()
    pause(conn, swarm_id)
    db.clock.advance(60)
    assert settled(conn) == 1
    heir = Worker(conn)
    assert heir.claim(5) == []
    resume(conn, swarm_id)
    assert heir.claim_one().row["attempt"] == 2


def test_cancelled_node_leaves_its_worker_nothing_to_take_over(db: Database, conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    cancel(conn, swarm_id)
    assert worker.fences(finish(run))
    db.clock.advance(60)
    assert settled(conn) == 0
    assert node(conn, run)["outcome"] == "cancelled"
    assert conn.execute("select from pgswarm.claim").fetchall() == []


def test_worker_that_stopped_long_ago_is_forgotten(db: Database, conn: Conn, worker: Worker) -> None:
    worker.stop()
    db.clock.advance(23 * 3600)
    conn.execute("select pgswarm.tick()")
    count = "select count(*) from pgswarm.worker where worker_id = %s"
    assert call(conn, count, worker.worker_id) == 1
    db.clock.advance(2 * 3600)
    conn.execute("select pgswarm.tick()")
    assert call(conn, count, worker.worker_id) == 0
