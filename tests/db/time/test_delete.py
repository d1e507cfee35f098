"""Deleting a swarm that others were forked from."""

import psycopg
import pytest

from support.journal import begin, end
from support.past import copy
from support.verbs import Conn, Run, Worker, cancel, start


def test_swarm_is_kept_while_a_fork_of_it_lives(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    begin(conn, run)
    end(conn, run, 30, 20, 0.25)
    fork_id = copy(conn, swarm_id)
    cancel(conn, swarm_id)
    with pytest.raises(psycopg.Error, match="a fork of swarm") as refused:
        conn.execute("select pgswarm.delete_swarm(swarm_id => %s)", [swarm_id])
    assert (refused.value.sqlstate, refused.value.diag.message_detail) == ("PS409", "swarm_id")
    assert "cancel" in (refused.value.diag.message_hint or "")
    of_fork: Run = worker.claim_one()
    assert of_fork.swarm_id == fork_id
    assert begin(conn, of_fork)["verdict"] == "recorded"
    cancel(conn, fork_id)
    conn.execute("select pgswarm.delete_swarm(swarm_id => %s)", [swarm_id])
    left = conn.execute("select swarm_id from pgswarm.swarm").fetchall()
    assert left == [{"swarm_id": fork_id}]
