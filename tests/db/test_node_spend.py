"""What nodes spent, by themselves and with all below them."""

import pytest

from support.journal import begin, drop, end
from support.verbs import Conn, Kid, Run, Worker, spawn, start


def spend(conn: Conn, run: Run) -> tuple[int, ...]:
    (row,) = conn.execute("select * from pgswarm.node_spend(%s, %s)", [run.swarm_id, run.node_id]).fetchall()
    return (row["llm_calls"], row["tokens"], row["subtree_nodes"], row["subtree_llm_calls"],
            row["subtree_input_tokens"], row["subtree_output_tokens"])  # fmt: skip


def test_spend_of_a_node_and_of_its_subtree(conn: Conn, worker: Worker) -> None:
    start(conn)
    root = worker.claim_one()
    begin(conn, root, usd=1)
    end(conn, root, 10, 5, 0.25)
    worker.advance(spawn(root, Kid(), Kid()))
    left, right = worker.claim_one(), worker.claim_one()
    for run in (left, right):
        begin(conn, run, usd=1)
    end(conn, left, 3, 2, 0.5)
    drop(conn, right, 7)  # its answer was lost, and was perhaps paid
    assert spend(conn, root) == (1, 15, 3, 3, 20, 7)
    assert spend(conn, left) == (1, 5, 1, 1, 3, 2)
    rows = conn.execute("select * from pgswarm.node_spend(%s)", [root.swarm_id]).fetchall()
    found = {row["of_node"]: float(row["subtree_cost_usd"]) for row in rows}
    assert found == {
        root.node_id: pytest.approx(1.45), left.node_id: pytest.approx(0.5), right.node_id: pytest.approx(0.7)
    }  # fmt: skip
