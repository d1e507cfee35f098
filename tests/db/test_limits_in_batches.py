"""Several spawns of a swarm in one batch: only children that would really be made count towards its limit of nodes."""

from dataclasses import replace

from support.verbs import Conn, Kid, Run, Worker, finish, nodes, spawn, start, swarm


def pair(conn: Conn, worker: Worker, **limits: int) -> tuple[Run, Run]:
    """Return two running nodes of a swarm that has three."""
    start(conn, budget=limits)
    worker.does(spawn(worker.claim_one(), Kid(), Kid()))
    one, two = worker.claim(2)
    return one, two


def test_children_of_a_fenced_spawn_do_not_count_against_another(conn: Conn, worker: Worker) -> None:
    one, two = pair(conn, worker, nodes=6)
    stale = replace(one, epoch=one.epoch - 1)
    done = worker.advance(spawn(stale, *[Kid()] * 3), spawn(two, *[Kid()] * 3))
    assert done.fenced == [(one.swarm_id, one.node_id)]
    assert swarm(conn, one.swarm_id)["status"] == "active"
    assert len(nodes(conn, one.swarm_id)) == 6


def test_children_of_a_spawn_that_fails_do_not_count_against_another(conn: Conn, worker: Worker) -> None:
    one, two = pair(conn, worker, nodes=6, children=3)
    worker.advance(spawn(one, *[Kid()] * 4), spawn(two, *[Kid()] * 3))
    rows = nodes(conn, one.swarm_id)
    assert rows[one.node_id]["error"]["code"] == "limit_children"
    assert (swarm(conn, one.swarm_id)["status"], len(rows)) == ("active", 6)


def test_spawns_that_last_are_counted_and_no_others(conn: Conn, worker: Worker) -> None:
    one, two = pair(conn, worker, depth=2)
    (below,) = worker.advance(spawn(two, Kid()), claims=1).runs
    stale = replace(one, epoch=one.epoch + 1)
    runs, refused = [one, stale, one, below], ["depth", "depth", "limit_children", "depth"]
    query = "select pgswarm.lasting_spawns(%s::uuid[], %s::uuid[], %s::integer[], %s::text[], %s::integer[]) as counted"
    keys = ([run.swarm_id for run in runs], [run.node_id for run in runs], [run.epoch for run in runs])
    (row,) = conn.execute(query, [*keys, refused, [5, 6, 7, 8]]).fetchall()
    assert row["counted"] == [5, 0, 0, 0]
    worker.does(finish(one))
    (row,) = conn.execute(query, [*keys, refused, [5, 6, 7, 8]]).fetchall()
    assert row["counted"] == [0, 0, 0, 0]
