"""What is claimed, in which order, and how it is shared out."""

import collections
from collections.abc import Sequence
from uuid import UUID

from support.database import Database
from support.verbs import (
    OTHER,
    Conn,
    Kid,
    Worker,
    answer,
    ask,
    call,
    finish,
    go_on,
    node,
    open_questions,
    pause,
    reap,
    resume,
    retry,
    spawn,
    start,
)


def waiting(conn: Conn, count: int, *, kids: int = 0, shares: Sequence[float] = ()) -> list[UUID]:
    """Start swarms; with `kids`, each has that many nodes to claim. Nothing else may be claimable yet."""
    made = [start(conn, share=share) for share in shares or [1] * count]
    if kids:
        worker = Worker(conn)
        for run in worker.claim(count, lanes=count):
            worker.does(spawn(run, *[Kid() for _ in range(kids)]))
    return made


def test_claim_gives_what_a_handler_needs(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, "say it", args={"n": 1})
    run = worker.claim_one()
    got, row = run.row, node(conn, run)
    assert (got["swarm_id"], got["action"], got["directive"], got["args"], got["handler"], got["context"]) == (
        swarm_id, "test/work", "say it", {"n": 1}, "main", None,
    )  # fmt: skip
    assert (got["attempt"], got["activation"], got["lease_epoch"], got["max_attempts"], got["timeout_s"]) == (
        1, 1, 1, 3, 600,
    )  # fmt: skip
    assert got["waited_ms"] >= 0
    assert (row["status"], row["lease_owner"], row["attempt"], row["activation"]) == ("running", worker.worker_id, 1, 1)
    assert (row["lease_expires_at"] - row["updated_at"]).total_seconds() <= 600


def test_two_workers_never_claim_one_node(conn: Conn, worker: Worker, other: Worker) -> None:
    start(conn)
    assert len(worker.claim(5) + other.claim(5)) == 1


def test_claim_leaves_a_swarm_whose_lock_is_held(db: Database, conn: Conn, worker: Worker) -> None:
    busy, free = waiting(conn, 2)
    with db.connect(autocommit=False) as own:
        own.execute("select pgswarm.lock_swarms(array[%s::uuid])", [busy])
        assert [run.swarm_id for run in worker.claim(5)] == [free]
        assert worker.advance(claims=5).idle == [0]
    assert [run.swarm_id for run in worker.claim(5)] == [busy]


def test_lower_priority_number_goes_first_whatever_came_first(conn: Conn, worker: Worker) -> None:
    start(conn)
    worker.does(spawn(worker.claim_one(), *[Kid(directive=str(p), priority=p) for p in (2, 0, 1, 2, 0)]))
    assert [worker.claim_one().row["directive"] for _ in range(5)] == ["0", "0", "1", "2", "2"]


def test_child_has_its_parents_priority_unless_it_says_another(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, priority=2)
    worker.does(spawn(worker.claim_one(), Kid(directive="same"), Kid(directive="own", priority=0)))
    rows = conn.execute("select directive, priority from pgswarm.node where swarm_id = %s and depth = 1", [swarm_id])
    assert {row["directive"]: row["priority"] for row in rows.fetchall()} == {"same": 2, "own": 0}


def test_priority_out_of_range_is_brought_into_it(conn: Conn, worker: Worker) -> None:
    start(conn)
    worker.does(spawn(worker.claim_one(), Kid(directive="last", priority=9), Kid(directive="first", priority=-9)))
    assert [worker.claim_one().row["directive"] for _ in range(2)] == ["first", "last"]


def test_only_actions_that_fit_the_patterns_are_claimed(conn: Conn, worker: Worker) -> None:
    start(conn, action=OTHER)
    assert worker.advance(claims=5, patterns=["test/%"]).idle == [1]
    assert len(worker.claim(5, patterns=["test/%", "other/%"])) == 1


def test_worker_of_few_actions_finds_its_work_among_many_swarms_at_once(conn: Conn, worker: Worker) -> None:
    for _ in range(150):
        start(conn, action=OTHER)
    swarm_id = start(conn)
    (run,) = worker.claim(8, lanes=2, patterns=["test/%"])
    assert run.swarm_id == swarm_id
    nothing = worker.advance(claims=8, lanes=2, patterns=["test/%"])
    assert (nothing.runs, nothing.idle) == ([], [1])


def test_slots_kept_for_idle_swarms_take_nothing_else_for_a_worker_of_few_actions(
    conn: Conn, worker: Worker, other: Worker
) -> None:
    waiting(conn, 1, kids=2)
    (run,) = other.claim(1)
    assert worker.claim(0, fresh=2, patterns=["test/%"]) == []
    other.does(finish(run))
    assert len(worker.claim(0, fresh=2, patterns=["test/%"])) == 1


def test_node_that_sleeps_is_claimed_when_its_time_has_come(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn)
    worker.does(go_on(worker.claim_one(), delay_s=30, state={"n": 1}))
    done = worker.advance(claims=5)
    assert done.runs == []
    assert 20 < done.idle[0] <= 30
    db.clock.advance(20)
    assert worker.claim(5) == []
    db.clock.advance(10)
    run = worker.claim_one()
    assert (run.row["handler"], run.row["state"], run.row["attempt"], run.row["activation"]) == (
        "again", {"n": 1}, 1, 2,
    )  # fmt: skip


def test_retry_waits_as_long_as_it_was_told(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn)
    worker.does(retry(worker.claim_one(), delay_s=50))
    assert worker.claim(5) == []
    db.clock.advance(50)
    assert worker.claim_one().row["attempt"] == 2


def test_sleeping_node_does_not_hide_one_that_is_ready(conn: Conn, worker: Worker) -> None:
    start(conn)
    worker.does(spawn(worker.claim_one(), Kid(directive="sleeps"), Kid(directive="ready")))
    for run in worker.claim(2):
        worker.does(go_on(run, delay_s=100 if run.row["directive"] == "sleeps" else None))
    assert worker.claim_one().row["directive"] == "ready"
    assert 50 < worker.advance(claims=5).idle[0] <= 100


def test_paused_swarm_gives_nothing_and_goes_on_where_it_was(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    worker.does(spawn(worker.claim_one(), Kid(), Kid()))
    running = worker.claim_one()
    assert pause(conn, swarm_id)
    assert not pause(conn, swarm_id)
    assert worker.claim(5) == []
    worker.does(ask(running, "still?"))  # what runs is kept
    assert answer(conn, open_questions(conn, swarm_id)[0]["question_id"], 1) == "accepted"
    assert worker.claim(5) == []
    assert resume(conn, swarm_id)
    assert not resume(conn, swarm_id)
    assert len(worker.claim(5)) == 2


def test_claim_is_spread_over_swarms(conn: Conn, worker: Worker) -> None:
    waiting(conn, 4, kids=20)
    got = collections.Counter(run.swarm_id for run in worker.claim(20, lanes=4))
    assert sorted(got.values()) == [5, 5, 5, 5]


def test_swarms_are_drawn_by_their_shares(conn: Conn, worker: Worker) -> None:
    large, _ = waiting(conn, 2, kids=250, shares=[9, 1])
    got = collections.Counter(worker.claim(1, lanes=1)[0].swarm_id == large for _ in range(200))
    assert 160 <= got[True] <= 195  # 180 expected; six standard deviations of 4.2 below, and not all


def test_fresh_slots_go_to_swarms_with_nothing_running(conn: Conn, worker: Worker, other: Worker) -> None:
    greedy = waiting(conn, 1, kids=50)[0]
    other.claim(10)
    calm = start(conn)
    runs = worker.advance(claims=0, fresh=5).runs
    assert [run.swarm_id for run in runs] == [calm]
    worker.does(finish(runs[0]))
    assert worker.advance(claims=0, fresh=5).runs == []
    assert worker.claim_one().swarm_id == greedy


def test_fresh_slots_come_on_top_of_the_others(conn: Conn, worker: Worker) -> None:
    waiting(conn, 5)
    assert len({run.swarm_id for run in worker.advance(claims=1, lanes=1, fresh=2).runs}) == 3


def test_swarm_with_released_work_is_fresh_again(conn: Conn, worker: Worker, other: Worker) -> None:
    start(conn)
    other.claim_one()
    assert worker.advance(fresh=1).runs == []
    other.stop()
    assert len(worker.advance(fresh=1).runs) == 1


def test_more_says_that_work_is_left(conn: Conn, worker: Worker) -> None:
    waiting(conn, 3)
    assert worker.advance(claims=2).more
    assert worker.claim(2)
    done = worker.advance(claims=2)
    assert (done.more, done.idle) == (False, [None])


def test_worker_that_drains_or_has_stopped_claims_nothing(conn: Conn, worker: Worker, other: Worker) -> None:
    start(conn)
    call(conn, "select pgswarm.drain_worker(worker_id => %s)", worker.worker_id)
    other.stop()
    assert worker.claim(5) + other.claim(5) == []


def test_every_pending_node_is_claimed_in_the_end(db: Database, conn: Conn, worker: Worker) -> None:
    """Claims of every width, releases and sleeps, until nothing is left: the head of a lane passes nobody over."""
    db.clock.freeze()
    waiting(conn, 3, kids=40)
    finished = 0
    for turn in range(400):
        runs = worker.claim(1 + turn % 7, lanes=1 + turn % 3)
        for place, run in enumerate(runs):
            if run.row["activation"] == 1 and place % 3 == 0 and run.row["depth"]:
                worker.does(go_on(run, delay_s=place % 2))
            else:
                worker.does(finish(run))
                finished += 1
        db.clock.advance(0.2)
        reap(conn)
    assert finished == 3 * 41
    assert conn.execute("select from pgswarm.ready").fetchall() == []
