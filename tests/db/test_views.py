"""What people read with plain SQL."""

from psycopg import sql
from psycopg.rows import DictRow

from support.database import Database
from support.journal import begin, end
from support.verbs import (
    MINA,
    Conn,
    Kid,
    Worker,
    as_account,
    ask,
    cancel,
    fail,
    finish,
    nodes,
    pause,
    retry,
    retry_node,
    spawn,
    start,
)


def rows(conn: Conn, view: str) -> list[DictRow]:
    return conn.execute(sql.SQL("select * from pgswarm.{}").format(sql.Identifier(view))).fetchall()


def test_overview_counts_nodes_by_status(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, "the goal")
    worker.does(spawn(worker.claim_one(), *[Kid() for _ in range(4)]))
    asks, ends, _runs = worker.claim(3)
    worker.does(ask(asks, "?", "?"))
    begin(conn, ends, tokens=10)
    end(conn, ends, 3, 2, 0.5)
    worker.does(finish(ends))
    (row,) = rows(conn, "swarm_overview")
    assert (row["swarm_id"], row["goal"], row["status"], row["nodes"], row["open_questions"]) == (
        swarm_id, "the goal", "active", 5, 2,
    )  # fmt: skip
    counts = ["pending", "running", "waiting_user", "awaiting_children", "terminated"]
    assert [row[status] for status in counts] == [1] * 5
    assert (row["input_tokens"], row["output_tokens"], float(row["cost_usd"])) == (3, 2, 0.5)
    assert row["last_event_at"] > row["created_at"]


def test_tree_is_read_in_the_order_of_its_paths(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, "root")
    worker.does(spawn(worker.claim_one(), *[Kid(directive=str(n)) for n in range(12)]))
    runs = {run.row["directive"]: run for run in worker.claim(12)}
    worker.does(spawn(runs["2"], Kid(directive="2.0"), Kid(directive="2.1")))
    worker.does(fail(runs["1"]))
    retry_node(conn, swarm_id, runs["1"].node_id)
    tree = conn.execute("select * from pgswarm.node_tree where swarm_id = %s order by path", [swarm_id]).fetchall()
    order = ["root", "0", "1", "1", "2", "2.0", "2.1", *map(str, range(3, 12))]
    assert [row["directive"] for row in tree] == order
    assert [row["outcome"] for row in tree][2:4] == ["failed", None]
    assert {row["directive"]: row["subtree_nodes"] for row in tree if row["directive"] in {"root", "2", "3"}} == {
        "root": 16, "2": 3, "3": 1,
    }  # fmt: skip
    assert all(tree[0]["path"] < row["path"] for row in tree[1:])


def test_replacement_stands_after_all_that_was_below_the_failed_one(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, "root")
    worker.does(spawn(worker.claim_one(), Kid(directive="a"), Kid(directive="b")))
    runs = {run.row["directive"]: run for run in worker.claim(2)}
    worker.does(spawn(runs["a"], Kid(directive="a.0")))
    worker.does(finish(worker.claim_one()))
    worker.does(fail(worker.claim_one()))
    retry_node(conn, swarm_id, runs["a"].node_id)
    tree = conn.execute("select * from pgswarm.node_tree where swarm_id = %s order by path", [swarm_id]).fetchall()
    assert [row["directive"] for row in tree] == ["root", "a", "a.0", "a", "b"]
    assert [row["subtree_nodes"] for row in tree] == [5, 2, 1, 1, 1]


def test_tree_adds_up_the_cost_below(conn: Conn, worker: Worker) -> None:
    start(conn, "root")
    root = worker.claim_one()
    worker.does(spawn(root, Kid(directive="child")))
    child = worker.claim_one()
    for run, cost in ((child, 0.25), (child, 0.5)):
        begin(conn, run, no := 1 if cost == 0.25 else 2)
        end(conn, run, 1, 1, cost, no=no)
    assert {row["directive"]: float(row["subtree_cost_usd"]) for row in rows(conn, "node_tree")} == {
        "root": 0.75, "child": 0.75,
    }  # fmt: skip
    (spend,) = rows(conn, "spend")
    assert (spend["action"], spend["model"], spend["llm_calls"], float(spend["cost_usd"])) == (
        "test/work", "m", 2, 0.75,
    )  # fmt: skip


def test_inbox_holds_open_questions_only(conn: Conn, worker: Worker) -> None:
    stays, ends = start(conn), start(conn)
    for run in worker.claim(2):
        worker.does(ask(run, "?"))
    cancel(conn, ends)
    assert [row["swarm_id"] for row in rows(conn, "inbox")] == [stays]


def test_stuck_names_what_an_operator_should_look_at(db: Database, conn: Conn) -> None:
    db.clock.advance(-2 * 24 * 3600)  # all this happened two days ago
    old = Worker(conn)
    asked, held, waits, tried, paused = (start(conn, goal) for goal in ("asked", "held", "waits", "tried", "paused"))
    runs = {run.swarm_id: run for run in old.claim(5)}
    old.does(ask(runs[asked], "?"))
    for swarm_id in (waits, paused, tried):
        old.does(retry(runs[swarm_id]))
    again = {run.swarm_id: run for run in old.claim(3)}
    old.does(retry(again[tried]))
    pause(conn, paused)
    db.clock.reset()
    start(conn, "new")
    reasons = {row["swarm_id"]: row["reason"] for row in rows(conn, "stuck")}
    assert reasons.keys() == {asked, held, waits, tried}
    assert "question" in reasons[asked]
    assert "worker is dead" in reasons[held]
    assert "worker is dead" in reasons[waits]
    assert "try again" in reasons[tried]


def test_throughput_counts_the_last_hour(db: Database, conn: Conn, worker: Worker) -> None:
    db.clock.advance(-2 * 3600)
    start(conn)
    db.clock.reset()
    start(conn)
    for run in worker.claim(2):
        worker.does(finish(run))
    found = rows(conn, "throughput")
    sums = {key: sum(row[key] for row in found) for key in ("nodes_created", "activations", "nodes_terminated")}
    assert sums == {"nodes_created": 1, "activations": 2, "nodes_terminated": 2}


def test_rows_can_be_read_by_the_role_of_the_api(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, owner=MINA)
    worker.does(ask(worker.claim_one(), "?"))
    as_account(conn, MINA)
    conn.execute("set role pgswarm_api")
    for view in ("swarm_overview", "node_tree", "inbox", "stuck", "spend", "throughput"):
        rows(conn, view)
    assert len(nodes(conn, swarm_id)) == 1
    conn.execute("reset role")
