"""`pgswarm fork`, `copy` and `diff` as a person and a program use them."""

from uuid import UUID

import pytest

from support.database import Database
from support.past import copy, top
from support.running import Ended, pgswarm
from support.verbs import Kid, Worker, ask, fail, finish, pause, register, release, spawn, start


@pytest.fixture
def worker(db: Database) -> Worker:
    register(db.conn)
    return Worker(db.conn)


def run(db: Database, *arguments: str, code: int = 0) -> Ended:
    return pgswarm(*arguments, code=code, PGSWARM_DATABASE_URL=db.url)


def test_fork_goes_on_from_a_past_event_and_says_what_it_is(db: Database, worker: Worker) -> None:
    swarm_id = start(db.conn)
    worker.does(ask(worker.claim_one(), "Which?"))
    asked = top(db.conn, swarm_id)
    db.run("select pgswarm.cancel_swarm(%(s)s)", s=swarm_id)
    (made,) = run(db, "fork", str(swarm_id), "--at", str(asked), "--json").events
    assert (made["forked_from"], made["forked_at_seq"], made["open_questions"]) == (str(swarm_id), asked, 1)
    told = run(db, "fork", str(swarm_id), "--at", str(asked)).out
    new = told.split()[0]
    assert f"pgswarm inbox {new}" in told
    assert f"1 node, as it was after event {asked}" in told
    ended = run(db, "fork", str(swarm_id)).out
    assert "It has ended, as its original had by then: cancelled" in ended


def test_copy_of_a_paused_swarm_is_paused_and_says_so(db: Database, worker: Worker) -> None:
    del worker
    swarm_id = start(db.conn)
    pause(db.conn, swarm_id)
    told = run(db, "copy", str(swarm_id)).out
    assert f"pgswarm resume {told.split()[0]}" in told


def test_diff_reads_well_and_is_json_for_programs(db: Database, worker: Worker) -> None:
    here = start(db.conn)
    worker.does(spawn(worker.claim_one(), Kid(directive="write"), Kid(directive="check")))
    there = copy(db.conn, here)
    while runs := worker.claim(9):
        for claimed in runs:
            worker.does(
                fail(claimed)
                if (claimed.swarm_id, claimed.row["directive"]) == (there, "write")
                else finish(claimed, f"{claimed.row['directive']} done")
            )
    told = run(db, "diff", str(here), str(there)).out
    first = told.index("They first part at")
    assert told.index("write  [status, report]") > first
    assert "2 nodes are the same, 1 differ, 0 are only in" in told
    assert "in common" in told
    (found,) = run(db, "diff", str(here), str(there), "--json").events
    assert (found["same"], found["changed"]) == (2, 1)
    assert found["first"]["there"]["outcome"] == "failed"
    few = run(db, "diff", str(here), str(there), "--limit", "0").out
    assert "They first part at" in few
    same = run(db, "diff", str(here), str(copy(db.conn, here))).out
    assert "They first part" not in same


def test_what_is_not_there_ends_with_two(db: Database, worker: Worker) -> None:
    swarm_id = start(db.conn)
    worker.does(release(worker.claim_one()))
    refused = run(db, "fork", str(swarm_id), "--at", "99", code=2)
    assert "at_seq must be from 1 to 4, not 99" in refused.err
    assert "there is no swarm" in run(db, "copy", str(UUID(int=7)), code=2).err
    assert "there is no swarm" in run(db, "diff", str(swarm_id), str(UUID(int=7)), code=2).err
