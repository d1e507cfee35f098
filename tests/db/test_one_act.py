"""One act alone goes its own way through the database: it leaves what it leaves in a batch, and waits in no queue."""

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import pytest
from psycopg.errors import LockNotAvailable

from support.database import Database
from support.verbs import (
    BENCH,
    OTHER,
    WORK,
    Act,
    Conn,
    Kid,
    Run,
    Worker,
    add_message,
    call,
    connect,
    events,
    fail,
    finish,
    go_on,
    node,
    nodes,
    pause,
    release,
    retry,
    spawn,
    start,
    swarm,
)

LONG: Final = "long " * 3000
ACTS: Final[dict[str, Callable[[Run], Act]]] = {
    "finish": finish,
    "finish with a long report": lambda run: finish(run, LONG),
    "finish without a report": lambda run: finish(run, None),
    "spawn one": lambda run: spawn(run, Kid(directive="a", args={"x": 1}, priority=2)),
    "spawn one beyond all priorities": lambda run: spawn(run, Kid(priority=9)),
    "spawn one that is long": lambda run: spawn(run, Kid(directive=LONG)),
    "spawn one that counts for nothing": lambda run: spawn(run, Kid(BENCH)),
    "spawn three": lambda run: spawn(run, Kid(directive="a"), Kid(OTHER), Kid(BENCH, priority=0)),
    "spawn none": spawn,
    "spawn what is not known": lambda run: spawn(run, Kid("no/such")),
    "spawn too many": lambda run: spawn(run, *[Kid(directive=str(number)) for number in range(6)]),
    "continue": go_on,
    "continue later with a state": lambda run: go_on(run, delay_s=60, state={"n": 1}),
    "fail": fail,
    "retry": lambda run: retry(run, delay_s=1),
    "release": release,
    "an old epoch": lambda run: finish(Run(run.swarm_id, run.node_id, run.epoch - 1)),
}
BUDGET: Final = {"children": 5, "nodes": 20}
UUID_TEXT: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def plain(value: Any, names: dict[str, str]) -> Any:
    """Return a value with ids by the order of their appearance and moments left out, to compare two swarms."""
    if isinstance(value, dict):
        return {key: plain(item, names) for key, item in value.items() if not key.endswith("_at") or item is None}
    if isinstance(value, UUID) or (isinstance(value, str) and UUID_TEXT.fullmatch(value)):
        return names.setdefault(str(value), f"id {len(names)}")
    return "a moment" if isinstance(value, datetime) else value


def picture(conn: Conn, swarm_id: UUID) -> list[Any]:
    """Return everything that a swarm is made of, comparable with another's."""
    names: dict[str, str] = {}
    queued = conn.execute(
        "select r.node_id, r.priority, r.action from pgswarm.ready r where r.swarm_id = %s order by 2, 1",
        [swarm_id],
    ).fetchall()
    rows: Sequence[Any] = [*events(conn, swarm_id), *nodes(conn, swarm_id).values(), swarm(conn, swarm_id), *queued]
    return [{**plain(row, names), "at": None} for row in rows]


def family(conn: Conn, worker: Worker, where: str) -> Run:
    """Start a swarm and return the run that acts: the root, its only child, or one of two."""
    start(conn, budget=BUDGET)
    root = worker.claim_one()
    if where == "root":
        return root
    worker.does(spawn(root, *[Kid(directive=name) for name in ("a", "b")[: 1 if where == "only child" else 2]]))
    return worker.claim(2)[0]


@pytest.mark.parametrize("where", ["root", "only child", "one of two"])
@pytest.mark.parametrize("name", ACTS)
def test_act_alone_leaves_what_it_leaves_in_a_batch(conn: Conn, worker: Worker, name: str, where: str) -> None:
    alone, among = (family(conn, worker, where) for _ in range(2))
    start(conn)
    beside = worker.claim_one()
    one = worker.advance(ACTS[name](alone))
    many = worker.advance(ACTS[name](among), finish(beside))
    assert picture(conn, alone.swarm_id) == picture(conn, among.swarm_id)
    assert len(one.fenced) == len(many.fenced)
    assert [r[1:] for r in one.ranges if r[0] == alone.swarm_id] == [
        r[1:] for r in many.ranges if r[0] == among.swarm_id
    ]


def test_worker_with_nothing_else_to_do_goes_straight_on(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    root = worker.claim_one()
    down = worker.advance(spawn(root, Kid(directive="a")), claims=5)
    (child,) = down.runs
    assert (child.row["directive"], child.row["attempt"], child.row["activation"]) == ("a", 1, 1)
    assert not down.more
    up = worker.advance(finish(child, "A"), claims=5)
    (again,) = up.runs
    assert (again.node_id, again.row["handler"]) == (root.node_id, "conclude")
    assert [r["report"] for r in again.row["context"]["reports"]] == ["A"]
    worker.does(finish(again))
    assert [event["kind"] for event in events(conn, swarm_id)] == [
        "swarm.created", "node.created", "node.running", "node.awaiting_children", "node.created", "node.running",
        "node.terminated", "node.pending", "node.running", "node.terminated", "swarm.terminated",
    ]  # fmt: skip
    moments = [event["at"] for event in events(conn, swarm_id)]
    assert moments == sorted(moments)
    assert down.ranges == [(swarm_id, 4, 6)]


def test_what_is_said_meanwhile_is_read_on_the_straight_way_too(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    root = worker.claim_one()
    add_message(conn, swarm_id, None, "mind the gap")
    (child,) = worker.advance(spawn(root, Kid()), claims=1).runs
    assert [m["content"] for m in child.row["context"]["messages"]] == ["mind the gap"]


def test_work_of_others_is_not_passed_over(conn: Conn, worker: Worker) -> None:
    start(conn)
    root = worker.claim_one()
    waiting = start(conn)
    runs = worker.advance(spawn(root, Kid(directive="a")), claims=5).runs
    assert {run.swarm_id for run in runs} == {root.swarm_id, waiting}


@pytest.mark.parametrize("why", ["paused", "draining", "stopped", "another kind", "later", "no room", "out of time"])
def test_nothing_goes_straight_on_that_may_not_be_claimed(db: Database, conn: Conn, worker: Worker, why: str) -> None:
    start(conn, budget={"duration_s": 60})
    root = worker.claim_one()
    act = go_on(root, delay_s=60) if why == "later" else spawn(root, Kid())
    if why == "paused":
        pause(conn, root.swarm_id)
    if why == "draining":
        conn.execute("select pgswarm.drain_worker(worker_id => %s)", [worker.worker_id])
    if why == "stopped":  # declared dead a moment ago: what it holds is taken over next
        conn.execute("update pgswarm.worker set stopped_at = pgswarm.clock(), stopped_reason = 'expired'")
    if why == "out of time":
        db.clock.advance(61)
    patterns = ["other/%"] if why == "another kind" else None
    assert worker.advance(act, claims=0 if why == "no room" else 5, patterns=patterns).runs == []
    assert [n["status"] for n in nodes(conn, root.swarm_id).values()][-1] == "pending"
    queued = conn.execute("select count(*) as n from pgswarm.ready where swarm_id = %s", [root.swarm_id]).fetchone()
    assert queued == {"n": 1}


LIMITED: Final[dict[str, tuple[dict[str, int], Callable[[Run], Act]]]] = {
    "activations": ({"activations": 2}, go_on),
    "depth": ({"depth": 1}, lambda run: spawn(run, Kid())),
    "nodes": ({"nodes": 2}, lambda run: spawn(run, Kid())),
    "children": ({"children": 1}, lambda run: spawn(run, Kid(), Kid())),
}


@pytest.mark.parametrize("limit", LIMITED)
def test_limit_stops_an_act_alone_as_it_does_in_a_batch(conn: Conn, worker: Worker, limit: str) -> None:
    budget, act = LIMITED[limit]
    alone, among = (only_child(conn, worker, budget) for _ in range(2))
    start(conn)
    beside = worker.claim_one()
    worker.advance(act(alone))
    worker.advance(act(among), finish(beside))
    assert picture(conn, alone.swarm_id) == picture(conn, among.swarm_id)
    assert len(nodes(conn, alone.swarm_id)) == 2
    if limit == "nodes":
        assert swarm(conn, alone.swarm_id)["paused_reason"] == "budget_exceeded"
    else:
        assert node(conn, alone)["error"]["code"] == f"limit_{limit}"


def only_child(conn: Conn, worker: Worker, budget: dict[str, int]) -> Run:
    """Start a swarm with limits of its own and return the run of its root's only child."""
    start(conn, budget=budget)
    (run,) = worker.advance(spawn(worker.claim_one(), Kid()), claims=1).runs
    if "activations" in budget:
        (run,) = worker.advance(go_on(run), claims=1).runs
    return run


@pytest.mark.parametrize("first", [finish, go_on, lambda run: go_on(run, delay_s=60)], ids=["finish", "go on", "later"])
def test_act_that_was_committed_is_refused_when_it_comes_again(
    conn: Conn, worker: Worker, first: Callable[[Run], Act]
) -> None:
    start(conn)
    run = worker.claim_one()
    worker.does(first(run))
    before = picture(conn, run.swarm_id)
    assert worker.fences(finish(run, "again"))
    assert picture(conn, run.swarm_id) == before


def test_time_does_not_run_back_with_the_clock(db: Database, conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    root = worker.claim_one()
    db.clock.advance(-100)
    (child,) = worker.advance(spawn(root, Kid()), claims=1).runs
    (again,) = worker.advance(finish(child), claims=1).runs
    worker.does(finish(again))
    moments = [event["at"] for event in events(conn, swarm_id)]
    assert len(moments) == 11
    assert moments == sorted(moments)


def test_long_texts_of_an_act_alone_are_kept_whole(conn: Conn, worker: Worker) -> None:
    start(conn)
    (child,) = worker.advance(spawn(worker.claim_one(), Kid(directive=LONG + "to do")), claims=1).runs
    worker.does(finish(child, LONG + "done"))
    found = node(conn, child)
    for name, text in (("directive", LONG + "to do"), ("report", LONG + "done")):
        assert call(conn, "select pgswarm.full_text(%s)", found[f"{name}_blob"]) == text


def test_act_alone_waits_for_who_has_the_swarm(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn)
    run = worker.claim_one()
    other = connect(db.url)
    with closing(other), other.transaction():
        other.execute("select pgswarm.lock_swarms(%s)", [[run.swarm_id]])
        conn.execute("set lock_timeout = '50ms'")
        with pytest.raises(LockNotAvailable):
            worker.advance(finish(run))
    conn.execute("reset lock_timeout")
    worker.does(finish(run))


def test_wide_spawn_has_its_children_in_order_with_events_without_a_gap(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    root = worker.claim_one()
    worker.does(spawn(root, *[Kid(WORK, directive=str(number)) for number in range(2500)]))
    rows = conn.execute(
        "select position, directive from pgswarm.node where parent_id = %s order by position", [root.node_id]
    ).fetchall()
    assert [(row["position"], row["directive"]) for row in rows] == [(n, str(n)) for n in range(2500)]
    created = [event for event in events(conn, swarm_id) if event["seq"] > 4]
    assert [event["seq"] for event in created] == list(range(5, 2505))
    assert [event["data"]["position"] for event in created] == list(range(2500))
    assert node(conn, root)["open_children"] == 2500
