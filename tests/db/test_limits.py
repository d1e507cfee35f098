"""Limits: reached, they pause the swarm or fail the node; raised, it goes on; never are they passed."""

from typing import Any

import psycopg
import pytest

from pgswarm.schema.states import Verb
from support.database import Database
from support.journal import begin, end
from support.verbs import (
    BENCH,
    Act,
    Conn,
    Kid,
    Run,
    Worker,
    ask,
    events,
    finish,
    go_on,
    node,
    nodes,
    open_questions,
    pause,
    raise_budget,
    resume,
    spawn,
    start,
    swarm,
    tick,
)


def paused_by(conn: Conn, run: Run) -> tuple[str, str | None]:
    row = swarm(conn, run.swarm_id)
    return row["status"], row["paused_reason"]


OVER = ("paused", "budget_exceeded")


def test_spawn_past_the_limit_of_nodes_pauses_the_swarm_and_releases_what_runs(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, budget={"nodes": 4})
    worker.does(spawn(worker.claim_one(), Kid(), Kid()))
    one, two = worker.claim(2)
    worker.does(spawn(one, Kid(), Kid()))
    assert paused_by(conn, one) == OVER
    last = events(conn, swarm_id)[-1]
    assert (last["kind"], last["data"]["limit"], last["data"]["status"]) == ("swarm.budget_exceeded", "nodes", "paused")
    rows = [row for row in nodes(conn, swarm_id).values() if row["depth"]]
    assert [(row["status"], row["attempt"]) for row in rows] == [("pending", 0)] * 2
    assert worker.fences(finish(two))
    assert worker.claim(5) == []


def test_raised_and_resumed_swarm_goes_on_with_the_same_activation(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, budget={"nodes": 2})
    run = worker.claim_one()
    worker.does(Act(run, Verb.SPAWN, kids=[Kid(), Kid()], handler="conclude", state={"half": True}))
    raise_budget(conn, swarm_id, nodes=3)
    assert worker.claim(5) == []  # raised is not yet resumed
    assert resume(conn, swarm_id)
    again = worker.claim_one()
    assert [again.row[key] for key in ("handler", "state", "activation", "attempt")] == ["main", None, 1, 1]
    worker.does(spawn(again, Kid(), Kid()))
    assert len(worker.claim(5)) == 2
    kinds = [e["kind"] for e in events(conn, swarm_id)]
    assert [k for k in kinds if k.startswith("swarm.")] == [
        "swarm.created", "swarm.budget_exceeded", "swarm.budget_raised", "swarm.resumed",
    ]  # fmt: skip


def test_resumed_but_not_raised_swarm_pauses_again(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, budget={"nodes": 1})
    for _ in range(2):
        run = worker.claim_one()
        worker.does(spawn(run, Kid()))
        assert paused_by(conn, run) == OVER
        resume(conn, swarm_id)


def test_swarm_paused_by_a_person_is_paused_by_its_limit_all_the_same(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, budget={"nodes": 1})
    run = worker.claim_one()
    pause(conn, swarm_id)
    worker.does(spawn(run, Kid()))
    assert paused_by(conn, run) == OVER
    assert node(conn, run)["status"] == "pending"


def test_exactly_the_limit_of_nodes_is_allowed(conn: Conn, worker: Worker) -> None:
    start(conn, budget={"nodes": 3})
    run = worker.claim_one()
    worker.does(spawn(run, Kid(), Kid()))
    assert paused_by(conn, run) == ("active", None)


def test_two_spawns_in_one_batch_do_not_pass_the_limit_together(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, budget={"nodes": 5})
    worker.does(spawn(worker.claim_one(), Kid(), Kid()))
    one, two = worker.claim(2)
    worker.advance(spawn(one, Kid(), Kid()), spawn(two, Kid(), Kid()))
    assert paused_by(conn, one) == OVER
    assert len(nodes(conn, swarm_id)) <= 5


def test_bench_is_exempt_from_the_limits_of_nodes(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, action=BENCH, budget={"nodes": 1, "depth": 0, "children": 1, "activations": 1})
    worker.does(spawn(worker.claim_one(), *[Kid(BENCH)] * 5))
    for run in worker.claim(5):
        worker.does(go_on(run))
    worker.does(spawn(worker.claim(5)[0], Kid(BENCH)))
    assert swarm(conn, swarm_id)["status"] == "active"
    assert len(nodes(conn, swarm_id)) == 7


def test_bench_nodes_leave_the_whole_limit_to_the_others(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, budget={"nodes": 2})
    worker.does(spawn(worker.claim_one(), *[Kid(BENCH)] * 5, Kid(directive="real")))
    assert swarm(conn, swarm_id)["status"] == "active"
    for run in worker.claim(6):
        worker.does(finish(run))
    run = worker.claim_one()
    worker.does(spawn(run, Kid()))
    assert paused_by(conn, run) == OVER


@pytest.mark.parametrize(
    ("limit", "most"), [("depth", {"depth": 1}), ("children", {"children": 2}), ("activations", {"activations": 2})]
)
def test_node_over_a_limit_of_its_own_fails_and_the_swarm_goes_on(
    conn: Conn, worker: Worker, limit: str, most: dict[str, int]
) -> None:
    start(conn, budget=most)
    root = worker.claim_one()
    worker.does(spawn(root, Kid(directive="at the limit"), Kid()))
    run, _ = worker.claim(2)
    if limit == "activations":
        worker.does(go_on(run))
        run = worker.claim_one()
        worker.does(go_on(run))
    elif limit == "children":
        worker.does(spawn(run, Kid(), Kid(), Kid()))
    else:
        worker.does(spawn(run, Kid()))
    row = node(conn, run)
    assert (row["status"], row["outcome"], row["error"]["code"]) == ("terminated", "failed", f"limit_{limit}")
    assert swarm(conn, run.swarm_id)["status"] == "active"
    assert node(conn, root)["open_children"] == 1


def test_last_allowed_activation_may_finish(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, budget={"activations": 2})
    worker.does(go_on(worker.claim_one()))
    worker.does(finish(worker.claim_one()))
    assert swarm(conn, swarm_id)["outcome"] == "succeeded"


def test_ask_past_the_activations_writes_no_question(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, budget={"activations": 1})
    worker.does(ask(worker.claim_one(), "?"))
    assert swarm(conn, swarm_id)["outcome"] == "failed"
    assert open_questions(conn, swarm_id) == []


def test_swarm_past_its_duration_is_paused_and_goes_on_when_it_is_raised(
    db: Database, conn: Conn, worker: Worker
) -> None:
    swarm_id = start(conn, budget={"duration_s": 60})
    start(conn)
    run = next(run for run in worker.claim(2) if run.swarm_id == swarm_id)
    db.clock.advance(59)
    tick(conn)
    assert paused_by(conn, run) == ("active", None)
    db.clock.advance(2)
    tick(conn)
    assert paused_by(conn, run) == OVER
    assert events(conn, swarm_id)[-1]["data"]["limit"] == "duration_s"
    assert worker.fences(finish(run))
    raise_budget(conn, swarm_id, duration_s=120)
    resume(conn, swarm_id)
    tick(conn)
    assert [r.swarm_id for r in worker.claim(5)] == [swarm_id]


def test_swarm_past_its_duration_is_not_claimed_even_before_the_tick(db: Database, conn: Conn, worker: Worker) -> None:
    start(conn, budget={"duration_s": 60})
    db.clock.advance(61)
    assert worker.claim(5) == []


@pytest.mark.parametrize("limit", ["nodes", "llm_calls", "tokens", "cost_usd"])
def test_limit_cannot_be_set_below_what_is_used(conn: Conn, worker: Worker, limit: str) -> None:
    swarm_id = start(conn, budget={limit: 100})
    run = worker.claim_one()
    assert begin(conn, run, tokens=20, usd=3)["verdict"] == "call"
    end(conn, run, 10, 5, 2)
    worker.does(spawn(run, Kid(), Kid()))
    used: dict[str, Any] = {"nodes": 3, "llm_calls": 1, "tokens": 15, "cost_usd": 2}
    with pytest.raises(psycopg.Error, match="cannot be") as refused:
        raise_budget(conn, swarm_id, **{limit: used[limit] - (1 if limit != "cost_usd" else 0.5)})
    assert (refused.value.sqlstate, refused.value.diag.message_detail) == ("PS422", f"budget.{limit}")
    raise_budget(conn, swarm_id, **{limit: used[limit] or 1})
