"""Every rule of `check_invariants` finds the one thing that it is there for: a check that cannot fail is no check."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, LiteralString

import pytest

from support.database import Database
from support.verbs import (
    Conn,
    Kid,
    Run,
    Worker,
    answer,
    ask,
    cancel,
    finish,
    open_questions,
    spawn,
    start,
)

pytestmark = pytest.mark.breaks_invariants

GUARDED: Final = ("node", "event", "question")


@dataclass(frozen=True)
class Break:
    """How a sound database is broken; `broken` are the rules that must say so."""

    name: str
    sql: LiteralString
    broken: set[str]
    build: str = "waiting"


def whole(conn: Conn, worker: Worker) -> Run:
    """A swarm that has ended well: root > (a that asked, b)."""
    start(conn)
    root = worker.claim_one()
    worker.does(spawn(root, Kid(directive="a"), Kid(directive="b")))
    a, b = worker.claim(2)
    worker.does(ask(a, "?"))
    answer(conn, open_questions(conn, root.swarm_id)[0]["question_id"], 1)
    worker.does(finish(b))
    worker.does(finish(worker.claim_one()))
    worker.does(finish(worker.claim_one(), "all"))
    return root


def waiting(conn: Conn, worker: Worker) -> Run:
    """A swarm in mid-life: its root waits for a running, a pending and an asking child."""
    start(conn)
    root = worker.claim_one()
    worker.does(spawn(root, Kid(directive="runs"), Kid(directive="asks"), Kid(directive="waits")))
    runs = worker.claim(2)
    asking = next(run for run in runs if run.row["directive"] != "runs")
    worker.does(ask(asking, "?"))
    return root


BUILDS: Final[dict[str, Callable[[Conn, Worker], Run]]] = {"whole": whole, "waiting": waiting}

BREAKS = [
    Break("a swarm of which nothing is left to do",
          "delete from pgswarm.question; delete from pgswarm.ready;"
          "update pgswarm.node set status = 'awaiting_children', lease_owner = null, open_children = 0",
          {"swarm_can_go_on", "fold_gives_the_row", "open_children_are_alive"}),
    Break("an asking node without a question", "delete from pgswarm.question", {"waiting_has_open_question"}),
    Break("a living node in an ended swarm",
          "update pgswarm.node set status = 'awaiting_children', outcome = null, terminated_at = null where depth = 0",
          {"terminated_swarm_is_over", "outcome_is_the_roots", "fold_gives_the_row"}, "whole"),
    Break("a swarm with another outcome than its root", "update pgswarm.swarm set outcome = 'failed'",
          {"outcome_is_the_roots"}, "whole"),
    Break("a swarm with another report than its root", "update pgswarm.swarm set report = 'lies'",
          {"outcome_is_the_roots"}, "whole"),
    Break("a move that the table does not have", "update pgswarm.event set verb = 'answer' where verb = 'claim'",
          {"legal_moves"}),
    Break("a move without a verb", "update pgswarm.event set verb = null where verb = 'claim'", {"legal_moves"}),
    Break("a kind that is not the status entered",
          "update pgswarm.event set kind = 'node.pending' where kind = 'node.waiting_user'", {"legal_moves"}),
    Break("a node made twice",
          "update pgswarm.event set kind = 'node.created' where kind = 'node.running' and node_id in"
          " (select node_id from pgswarm.node where depth = 1)", {"legal_moves"}),
    Break("an epoch that falls",
          "update pgswarm.event set data = data || '{\"lease_epoch\": 0}' where kind = 'node.waiting_user'",
          {"epochs_rise"}),
    Break("a claim under the old epoch",
          "update pgswarm.event set data = data || '{\"lease_epoch\": 0}' where verb = 'claim'", {"epochs_rise"}),
    Break("a running node that no worker knows of", "delete from pgswarm.claim", {"running_is_held"}),
    Break("a running node of another worker", "update pgswarm.claim set worker_id = gen_random_uuid()",
          {"running_is_held"}),
    Break("a gap in the events", "delete from pgswarm.event where seq = 5", {"seq_has_no_gap"}),
    Break("events that begin late", "delete from pgswarm.event where seq = 1", {"seq_has_no_gap"}),
    Break("time that runs back", "update pgswarm.event set at = at - interval '1 hour' where seq = 4",
          {"time_never_runs_back"}),
    Break("an event after the end",
          "insert into pgswarm.event select swarm_id, seq + 1, null, 'message.added', null, actor, at, nodes, '{}'"
          " from pgswarm.event where kind = 'swarm.terminated'", {"swarm_terminated_is_last"}, "whole"),
    Break("an end that is not told",
          "update pgswarm.event set kind = 'swarm.paused' where kind = 'swarm.terminated'",
          {"swarm_terminated_is_told"}, "whole"),
    Break("an end told of a swarm that lives",
          "insert into pgswarm.event select swarm_id, max(seq) + 1, null, 'swarm.terminated', null, 'x', max(at),"
          " max(nodes), '{}' from pgswarm.event group by 1", {"swarm_terminated_is_told"}),
    Break("a child that outlives its parent",
          "update pgswarm.node set terminated_at = terminated_at + interval '1 hour' where depth = 1",
          {"children_end_first"}, "whole"),
    Break("a parent that was woken twice",
          "insert into pgswarm.event select swarm_id, max(seq) + 1, root, 'node.pending', 'children_done', 'x',"
          " max(at), max(nodes), '{\"status\": \"pending\", \"lease_epoch\": 1}' from pgswarm.event"
          " cross join lateral (select root_node_id as root from pgswarm.swarm) s group by 1, root",
          {"parent_wakes_once"}),
    Break("a parent that was never woken",
          "update pgswarm.event set verb = 'retry' where verb = 'children_done'",
          {"parent_wakes_once", "legal_moves"}, "whole"),
    Break("an answer that was given twice",
          "insert into pgswarm.event select swarm_id, (select max(seq) + 1 from pgswarm.event), node_id, kind, verb,"
          " actor, (select max(at) from pgswarm.event), nodes, data from pgswarm.event"
          " where kind = 'question.answered'", {"one_answer"}, "whole"),
    Break("too many calls", "update pgswarm.swarm set spent_llm_calls = max_llm_calls + 1", {"spend_within_budget"}),
    Break("too many tokens", "update pgswarm.swarm set spent_output_tokens = max_tokens + 1", {"spend_within_budget"}),
    Break("too much money", "update pgswarm.swarm set spent_cost_usd = max_cost_usd + 1", {"spend_within_budget"}),
    Break("a reservation given back twice", "update pgswarm.swarm set reserved_tokens = -1", {"spend_within_budget"}),
    Break("too many nodes", "update pgswarm.swarm set max_nodes = 3", {"nodes_within_budget"}),
    Break("a wrong count of nodes", "update pgswarm.event set nodes = nodes + 1", {"node_count_is_right"}),
    *[
        Break(f"a row whose {column} no event tells", sql, {"fold_gives_the_row"})
        for column, sql in {
            "attempt": "update pgswarm.node set attempt = attempt + 1",
            "state": "update pgswarm.node set state = '{\"secret\": 1}' where depth = 0",
            "directive": "update pgswarm.node set directive = 'other' where depth = 1",
            "handler": "update pgswarm.node set handler = 'other'",
            "error": "update pgswarm.node set error = '{\"code\": \"x\"}'",
        }.items()
    ],
    Break("a node that no event made",
          "delete from pgswarm.event where kind = 'node.created' and seq = (select max(seq) from pgswarm.event"
          " where kind = 'node.created')", {"fold_gives_the_row", "seq_has_no_gap"}),
    Break("a pending node that is not on the ready list", "delete from pgswarm.ready", {"pending_is_ready"}),
    Break("a ready node that runs",
          "insert into pgswarm.ready select swarm_id, priority, available_at, node_id, action from pgswarm.node"
          " where status = 'running'", {"pending_is_ready"}),
    Break("a ready node of another priority", "update pgswarm.ready set priority = 2", {"pending_is_ready"}),
    Break("a ready node before its lane's head", "update pgswarm.lane set head_at = now() + interval '1 day'",
          {"ready_is_in_a_lane"}),
    Break("a ready node that its lane comes to too late", "update pgswarm.lane set next_at = 'infinity'",
          {"ready_is_in_a_lane"}),
    Break("a ready node without a lane", "delete from pgswarm.lane",
          {"ready_is_in_a_lane", "lane_is_paused_with_its_swarm"}),
    Break("a paused lane of an active swarm", "update pgswarm.lane set paused = true",
          {"lane_is_paused_with_its_swarm"}),
    Break("a lane of an ended swarm", "insert into pgswarm.lane (swarm_id) select swarm_id from pgswarm.swarm",
          {"lane_is_paused_with_its_swarm"}, "whole"),
    Break("a parent that waits for too many", "update pgswarm.node set open_children = 4 where depth = 0",
          {"open_children_are_alive"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def db(module_db: Database) -> Database:
    return module_db


@pytest.fixture
def opened(conn: Conn) -> Iterator[Conn]:
    """A transaction as the owner, without the guards; rolled back at its end."""
    conn.execute("begin")
    conn.execute("set local role pgswarm_owner")
    yield conn
    conn.execute("rollback")


def check(conn: Conn, run: Run | None = None) -> set[str]:
    rows = conn.execute("select * from pgswarm.check_invariants(%s)", [run and run.swarm_id]).fetchall()
    assert all(row["detail"] for row in rows)
    assert all(row["swarm_id"] for row in rows)
    return {row["rule"] for row in rows}


@pytest.mark.parametrize("case", BREAKS, ids=[case.name for case in BREAKS])
def test_rule_finds(opened: Conn, case: Break) -> None:
    run = BUILDS[case.build](opened, Worker(opened))
    assert check(opened, run) == set()
    for table in GUARDED:
        opened.execute(f"alter table pgswarm.{table} disable trigger user".encode())
    opened.execute("set constraints all deferred")
    opened.execute(case.sql)
    found = check(opened, run)
    assert case.broken <= found
    assert check(opened) >= case.broken


def test_every_rule_is_broken_by_some_case(db: Database) -> None:
    body = db.value("select prosrc from pg_proc where proname = 'check_invariants'")
    rules = {part.split("'", 1)[0] for part in body.split("select '")[1:]}
    assert rules - {"swarm_is_known"} == set().union(*(case.broken for case in BREAKS))  # that one is PS404


def test_sound_swarms_break_no_rule(opened: Conn) -> None:
    worker = Worker(opened)
    done, half = whole(opened, worker), waiting(opened, worker)
    assert check(opened) == set()
    cancel(opened, half.swarm_id)
    assert check(opened) == check(opened, done) == check(opened, half) == set()


def test_only_the_swarm_that_is_asked_for_is_checked(opened: Conn) -> None:
    worker = Worker(opened)
    sound, broken = whole(opened, worker), whole(opened, worker)
    opened.execute("update pgswarm.swarm set outcome = 'failed' where swarm_id = %s", [broken.swarm_id])
    assert check(opened, sound) == set()
    assert check(opened, broken) == check(opened) == {"outcome_is_the_roots"}
