"""What a bad version of an action did is done again, and nothing else is."""

import random
from uuid import UUID

import psycopg
import pytest

from support.created import make, revoke
from support.journal import begin, end
from support.past import grow, top
from support.verbs import Conn, Kid, Run, Worker, ask, call, events, finish, nodes, spawn, start, swarm

BAD = Kid("created/shout", "bad")
RERUN = "select pgswarm.rerun_action(%s, 'created/shout', %s)"


def works(worker: Worker, **reports: str) -> Run | None:
    """Finish every claimable node but `created/…` and the root by its directive; return the root when it is woken."""
    found = None
    for run in worker.claim(20):
        said = run.row["directive"]
        if said == "a goal":
            found = run
        else:
            worker.does(finish(run, reports.get(said.replace(" ", "_"), f"{said} done")))
    return found


def shape(conn: Conn, swarm_id: UUID) -> list[tuple[int, str, int, str, str | None]]:
    """Return depth, directive, version, status and report of each node, in the order of the tree."""
    rows = sorted(nodes(conn, swarm_id).values(), key=lambda row: (row["depth"], row["spawn_round"], row["position"]))
    return [(r["depth"], r["directive"], r["action_version"], r["status"], r["report"]) for r in rows]


def sound(conn: Conn) -> bool:
    return conn.execute("select * from pgswarm.check_invariants()").fetchall() == []


def test_ended_swarm_goes_on_in_a_fork_in_which_only_what_was_bad_runs_again(conn: Conn, worker: Worker) -> None:
    start(conn)
    root = worker.claim_one()
    make(conn, root.swarm_id, root.node_id, "shout", "one")
    worker.does(spawn(root, BAD, Kid(directive="good"), then="first"))
    bad, good = sorted(worker.claim(2), key=lambda run: run.row["directive"])
    worker.does(spawn(bad, Kid(directive="below")))
    begin(conn, good)
    end(conn, good, 5, 5, 0)
    worker.does(finish(good, "good done"))
    assert works(worker) is None  # what the bad one had spawned
    worker.does(finish(worker.claim_one(), "wrong"))
    root = worker.claim_one()
    worker.does(spawn(root, Kid(directive="later"), then="second"))
    assert works(worker) is None
    last = worker.claim_one()
    assert make(conn, root.swarm_id, root.node_id, "shout", "two", improves=1) == 2
    worker.does(finish(last, "all wrong"))
    before = shape(conn, root.swarm_id)

    again = call(conn, RERUN, root.swarm_id, 1)
    assert shape(conn, root.swarm_id) == before
    assert shape(conn, again) == [
        (0, "a goal", 1, "awaiting_children", None),
        (1, "bad", 2, "pending", None),
        (1, "good", 1, "terminated", "good done"),
    ]
    assert swarm(conn, again)["status"] == "active"
    assert call(conn, "select count(*) from pgswarm.llm_call where swarm_id = %s", again) == 1
    assert sound(conn)

    run = worker.claim_one()
    assert (run.swarm_id, run.row["directive"], run.row["handler"]) == (again, "bad", "main")
    worker.does(finish(run, "right"))
    woken = worker.claim_one()
    assert (woken.row["directive"], woken.row["handler"]) == ("a goal", "first")
    assert [r["report"] for r in woken.row["context"]["reports"]] == ["right", "good done"]
    worker.does(finish(woken, "all right"))
    assert swarm(conn, again)["report"] == "all right"
    assert sound(conn)


def test_while_the_parent_waits_it_is_done_in_place(conn: Conn, worker: Worker) -> None:
    start(conn)
    root = worker.claim_one()
    make(conn, root.swarm_id, root.node_id, "shout", "one")
    worker.does(spawn(root, BAD, Kid(directive="slow")))
    bad, slow = sorted(worker.claim(2), key=lambda run: run.row["directive"])
    worker.does(finish(bad, "wrong"))
    make(conn, root.swarm_id, slow.node_id, "shout", "two", improves=1)
    assert call(conn, RERUN, root.swarm_id, 1) == root.swarm_id
    run = worker.claim_one()
    assert (run.row["directive"], nodes(conn, root.swarm_id)[run.node_id]["action_version"]) == ("bad", 2)
    worker.does(finish(run, "right"))
    worker.does(finish(slow, "slow"))
    woken = worker.claim_one()
    assert [r["report"] for r in woken.row["context"]["reports"]] == ["right", "slow"]
    with pytest.raises(psycopg.Error, match="no node of this swarm"):
        call(conn, RERUN, root.swarm_id, 1)
    assert sound(conn)


def test_running_ones_and_their_questions_begin_anew_in_the_fork(conn: Conn, worker: Worker) -> None:
    """Two of them, one below the other and one below a part that is not bad itself."""
    start(conn)
    root = worker.claim_one()
    make(conn, root.swarm_id, root.node_id, "shout", "one")
    worker.does(spawn(root, BAD, Kid(directive="between")))
    bad, between = sorted(worker.claim(2), key=lambda run: run.row["directive"])
    worker.does(spawn(bad, BAD))
    worker.does(spawn(between, Kid("created/shout", "deep")))
    for run in worker.claim(2):
        worker.does(ask(run, "well?"))
    make(conn, root.swarm_id, root.node_id, "shout", "two", improves=1)
    again = call(conn, RERUN, root.swarm_id, 1)
    assert shape(conn, again) == [
        (0, "a goal", 1, "awaiting_children", None),
        (1, "bad", 2, "pending", None),
        (1, "between", 1, "awaiting_children", None),
        (2, "deep", 2, "pending", None),
    ]
    assert [e for e in events(conn, again) if e["kind"].startswith("question.")] == []
    assert sound(conn)


def test_without_a_version_that_may_run_it_is_refused(conn: Conn, worker: Worker) -> None:
    start(conn)
    root = worker.claim_one()
    make(conn, root.swarm_id, root.node_id, "shout", "one")
    worker.does(spawn(root, BAD))
    revoke(conn, root.swarm_id, "shout", 1)
    with pytest.raises(psycopg.Error, match="no version of created/shout may run"):
        call(conn, RERUN, root.swarm_id, 1)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_begins_anew_in_whatever_tree_every_invariant_holds(conn: Conn, worker: Worker, seed: int) -> None:
    """Any nodes of any tree: running, waiting, replaced or over."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    swarm_id = grow(conn, worker, seed, acts=120)
    tops = draw.sample(sorted(nodes(conn, swarm_id)), draw.choice((1, 2, 5)))
    before = shape(conn, swarm_id)
    with conn.transaction():
        conn.execute("set local role pgswarm_owner")
        again = call(conn, "select pgswarm.fork_from(%s, %s, %s)", swarm_id, top(conn, swarm_id), tops)
    assert shape(conn, swarm_id) == before
    assert conn.execute("select * from pgswarm.check_invariants(%s)", [again]).fetchall() == []
    redone = [n for n in nodes(conn, again).values() if n["copied_from"] in tops]
    assert {n["copied_from"] for n in redone}
    assert all((n["status"], n["activation"], n["open_children"]) == ("pending", 0, 0) for n in redone)
