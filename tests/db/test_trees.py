"""Parents and children: waking, replacing, cancelling, and what a woken parent reads."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest

from support.verbs import (
    Act,
    Conn,
    Kid,
    Run,
    Worker,
    ask,
    cancel,
    events,
    fail,
    finish,
    go_on,
    node,
    nodes,
    pause,
    retry_node,
    spawn,
    start,
    swarm,
)


def family(conn: Conn, worker: Worker, *names: str) -> tuple[UUID, Run, dict[str, Run]]:
    """Start a swarm whose root waits for children that run."""
    swarm_id = start(conn)
    root = worker.claim_one()
    worker.does(spawn(root, *[Kid(directive=name) for name in names]))
    return swarm_id, root, {run.row["directive"]: run for run in worker.claim(len(names))}


def test_parent_waits_for_all_and_reads_every_report_in_order(conn: Conn, worker: Worker) -> None:
    _, root, kids = family(conn, worker, "a", "b", "c")
    row = node(conn, root)
    assert (row["status"], row["open_children"], row["handler"], row["attempt"]) == (
        "awaiting_children", 3, "conclude", 0,
    )  # fmt: skip
    worker.does(finish(kids["c"], "C"))
    worker.does(fail(kids["a"], "bad", "no"))
    assert node(conn, root)["open_children"] == 1
    assert worker.claim(5) == []
    cancel(conn, root.swarm_id, kids["b"].node_id)
    again = worker.claim_one()
    assert (again.node_id, again.row["handler"], again.row["activation"]) == (root.node_id, "conclude", 2)
    assert [(r["directive"], r["outcome"], r["report"]) for r in again.row["context"]["reports"]] == [
        ("a", "failed", None), ("b", "cancelled", None), ("c", "succeeded", "C"),
    ]  # fmt: skip
    assert again.row["context"]["reports"][0]["error"] == {"code": "bad", "message": "no"}


def test_all_children_in_one_batch_wake_the_parent_once(conn: Conn, worker: Worker) -> None:
    swarm_id, _, kids = family(conn, worker, "a", "b", "c")
    worker.advance(*[finish(run) for run in kids.values()])
    assert [e["verb"] for e in events(conn, swarm_id)].count("children_done") == 1
    assert len(worker.claim(5)) == 1


def test_second_set_of_children_has_its_own_reports(conn: Conn, worker: Worker) -> None:
    _, _, kids = family(conn, worker, "old")
    worker.does(finish(kids["old"], "old"))
    worker.does(spawn(worker.claim_one(), Kid(directive="new")))
    worker.does(finish(worker.claim_one(), "new"))
    root = worker.claim_one()
    assert [r["report"] for r in root.row["context"]["reports"]] == ["new"]
    worker.does(go_on(root))
    assert [r["report"] for r in worker.claim_one().row["context"]["reports"]] == ["new"]  # whatever ran since


def test_swarm_ends_with_its_root_and_takes_its_outcome_and_report(conn: Conn, worker: Worker) -> None:
    swarm_id, _, kids = family(conn, worker, "a")
    worker.does(fail(kids["a"]))
    assert swarm(conn, swarm_id)["status"] == "active"
    worker.does(finish(worker.claim_one(), "in spite of it"))
    row = swarm(conn, swarm_id)
    assert (row["status"], row["outcome"], row["report"]) == ("terminated", "succeeded", "in spite of it")
    assert row["terminated_at"] == events(conn, swarm_id)[-1]["at"]


def test_failed_root_fails_the_swarm(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    worker.does(fail(worker.claim_one()))
    assert swarm(conn, swarm_id)["outcome"] == "failed"


def test_spawn_of_an_unknown_action_or_of_nothing_fails_the_node_alone(conn: Conn, worker: Worker) -> None:
    _, _, kids = family(conn, worker, "unknown", "empty", "good")
    worker.advance(
        spawn(kids["unknown"], Kid(), Kid("nowhere/at_all")), Act(kids["empty"], "spawn"), spawn(kids["good"], Kid()),
    )  # fmt: skip
    codes = {name: node(conn, run)["error"] for name, run in kids.items()}
    assert codes["unknown"]["code"] == "unknown_action"
    assert codes["empty"]["code"] == "no_children"
    assert codes["good"] is None
    assert len(nodes(conn, kids["good"].swarm_id)) == 5


def test_children_get_the_ids_that_their_spawn_gave(conn: Conn, worker: Worker) -> None:
    given = UUID("01890000-0000-7000-8000-00000000abcd")
    swarm_id = start(conn)
    worker.does(spawn(worker.claim_one(), Kid(node_id=given), Kid()))
    assert given in nodes(conn, swarm_id)
    assert len(nodes(conn, swarm_id)) == 3


def test_last_two_children_that_end_at_one_instant_wake_the_parent_once(
    conn: Conn, worker: Worker, other: Worker
) -> None:
    rounds = 12
    ready = threading.Barrier(2)

    def ends(who: Worker, runs: list[Run]) -> None:
        for run in runs:
            ready.wait(30)
            who.does(finish(run))

    swarms = [start(conn) for _ in range(rounds)]
    for root in worker.claim(rounds, lanes=rounds):
        worker.does(spawn(root, Kid(), Kid()))
    half: dict[UUID, list[Run]] = {}
    for run in worker.claim(2 * rounds, lanes=rounds):
        half.setdefault(run.swarm_id, []).append(run)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(ends, who, [half[s][n] for s in swarms]) for n, who in enumerate((worker, other))]
        for future in both:
            future.result(60)
    for swarm_id in swarms:
        assert [e["verb"] for e in events(conn, swarm_id)].count("children_done") == 1
    assert len(worker.claim(100)) == rounds


def test_replacement_is_read_in_place_of_the_node_that_it_replaces(conn: Conn, worker: Worker) -> None:
    swarm_id, root, kids = family(conn, worker, "a", "b")
    worker.does(fail(kids["a"]))
    new = retry_node(conn, swarm_id, kids["a"].node_id)
    made, old = nodes(conn, swarm_id)[new], nodes(conn, swarm_id)[kids["a"].node_id]
    same = ("parent_id", "depth", "position", "action", "directive", "args", "priority", "spawn_round")
    assert {key: made[key] for key in same} == {key: old[key] for key in same}
    assert (made["status"], made["retry_of"], made["attempt"]) == ("pending", kids["a"].node_id, 0)
    assert node(conn, root)["open_children"] == 2
    worker.does(finish(worker.claim_one(), "better"))
    worker.does(finish(kids["b"], "fine"))
    reports = worker.claim_one().row["context"]["reports"]
    assert [r["report"] for r in reports] == ["better", "fine"]


def test_replacement_can_be_replaced(conn: Conn, worker: Worker) -> None:
    swarm_id, _, kids = family(conn, worker, "a", "b")
    worker.does(fail(kids["a"]))
    first = retry_node(conn, swarm_id, kids["a"].node_id)
    worker.does(fail(worker.claim_one()))
    retry_node(conn, swarm_id, first)
    worker.does(finish(worker.claim_one(), "third time"))
    worker.does(finish(kids["b"], "b"))
    assert [r["report"] for r in worker.claim_one().row["context"]["reports"]] == ["third time", "b"]


def test_retry_is_refused_once_it_cannot_count(conn: Conn, worker: Worker) -> None:
    swarm_id, _, kids = family(conn, worker, "a", "b")
    worker.does(finish(kids["a"]))
    retry_node(conn, swarm_id, kids["a"].node_id)
    with pytest.raises(psycopg.Error, match="replacement already") as refused:
        retry_node(conn, swarm_id, kids["a"].node_id)
    assert refused.value.sqlstate == "PS409"
    worker.does(finish(worker.claim_one()))
    worker.does(finish(kids["b"]))
    with pytest.raises(psycopg.Error, match="does not wait") as late:
        retry_node(conn, swarm_id, kids["b"].node_id)
    assert (late.value.sqlstate, "fork" in str(late.value.diag.message_hint)) == ("PS409", True)


def test_retry_of_an_earlier_sets_child_is_refused(conn: Conn, worker: Worker) -> None:
    swarm_id, _, kids = family(conn, worker, "old")
    worker.does(finish(kids["old"]))
    worker.does(spawn(worker.claim_one(), Kid(directive="new")))
    with pytest.raises(psycopg.Error, match="does not wait"):
        retry_node(conn, swarm_id, kids["old"].node_id)


def test_retry_holds_to_the_limit_of_nodes(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, budget={"nodes": 3})
    worker.does(spawn(worker.claim_one(), Kid(), Kid()))
    worker.does(finish(worker.claim(2)[0]))
    ended = next(key for key, row in nodes(conn, swarm_id).items() if row["status"] == "terminated")
    with pytest.raises(psycopg.Error, match="limit of nodes") as refused:
        retry_node(conn, swarm_id, ended)
    assert refused.value.sqlstate == "PS409"


def test_retry_in_a_paused_swarm_waits_for_its_resume(conn: Conn, worker: Worker) -> None:
    swarm_id, _, kids = family(conn, worker, "a", "b")
    worker.does(finish(kids["a"]))
    pause(conn, swarm_id)
    retry_node(conn, swarm_id, kids["a"].node_id)
    assert worker.claim(5) == []


def test_cancelled_subtree_ends_whole_its_running_nodes_are_fenced_and_the_rest_goes_on(
    conn: Conn, worker: Worker
) -> None:
    swarm_id, root, kids = family(conn, worker, "branch", "leaf")
    worker.does(spawn(kids["branch"], Kid(directive="runs"), Kid(directive="asks"), Kid(directive="waits")))
    below = {run.row["directive"]: run for run in worker.claim(2)}
    runs, asks = below.values()
    worker.does(ask(asks, "?"))
    assert cancel(conn, swarm_id, kids["branch"].node_id)
    assert not cancel(conn, swarm_id, kids["branch"].node_id)
    rows = nodes(conn, swarm_id)
    outcomes = {row["directive"]: row["outcome"] for row in rows.values() if row["depth"]}
    assert outcomes == {"branch": "cancelled", "leaf": None, "runs": "cancelled", "asks": "cancelled",
                        "waits": "cancelled"}  # fmt: skip
    assert worker.fences(finish(runs))
    assert worker.claim(5) == []
    assert (node(conn, root)["status"], node(conn, root)["open_children"]) == ("awaiting_children", 1)
    worker.does(finish(kids["leaf"]))
    assert worker.claim_one().node_id == root.node_id


def test_cancelled_last_child_wakes_its_parent(conn: Conn, worker: Worker) -> None:
    swarm_id, root, kids = family(conn, worker, "a", "b")
    worker.does(finish(kids["b"]))
    cancel(conn, swarm_id, kids["a"].node_id)
    assert worker.claim_one().node_id == root.node_id


@pytest.mark.parametrize("pausing", [False, True])
def test_cancelled_swarm_ends_in_every_state_of_its_nodes(conn: Conn, worker: Worker, *, pausing: bool) -> None:
    swarm_id, root, kids = family(conn, worker, "runs", "asks", "ended")
    worker.does(ask(kids["asks"], "?"))
    worker.does(finish(kids["ended"], "kept"))
    if pausing:
        pause(conn, swarm_id)
    assert cancel(conn, swarm_id)
    assert not cancel(conn, swarm_id)
    assert not pause(conn, swarm_id)
    row = swarm(conn, swarm_id)
    assert (row["status"], row["outcome"], row["paused_reason"]) == ("terminated", "cancelled", None)
    assert nodes(conn, swarm_id)[kids["ended"].node_id]["outcome"] == "succeeded"
    assert node(conn, root)["open_children"] == 0
    for table in ("ready", "lane"):
        assert conn.execute(f"select from pgswarm.{table}".encode()).fetchall() == []
