"""What functions tell the planner."""

from typing import Any

from support.database import Database
from support.verbs import Conn, Kid, Worker, call, finish, spawn, start


def test_function_that_forbids_a_plan_also_forbids_to_compile_it(db: Database) -> None:
    """A forbidden step costs 10,000,000,000 in the planner's eyes, far above where it compiles: 300 ms each time."""
    compiled = db.rows(
        """
        select p.proname from pg_proc p
        where p.pronamespace = 'pgswarm'::regnamespace
          and exists (select from unnest(p.proconfig) c where c like 'enable\\_%=off')
          and not 'jit=off' = any (p.proconfig)
        """
    )
    assert compiled == []


def nodes_walked(conn: Conn) -> Any:
    """Return how many rows of `node` have been read by walks of the whole table."""
    conn.execute("select pg_stat_force_next_flush()")
    return call(conn, "select seq_tup_read from pg_stat_user_tables where relid = 'pgswarm.node'::regclass")


def test_no_step_walks_the_table_of_nodes_after_an_analyze_of_the_empty_tables(db: Database, conn: Conn) -> None:
    """A plan is made once, for the rows that were there: a walk of 0 rows looks cheap, and is one of 100,000 later."""
    db.run("analyze")
    worker = Worker(conn)
    for _ in range(2):
        start(conn)
    for run in worker.claim(2, fresh=2):
        worker.does(spawn(run, *[Kid() for _ in range(400)]))
    before = nodes_walked(conn)
    held = worker.claim(100)
    while held:
        held = worker.advance(*[finish(run) for run in held], claims=100, fresh=20).runs
    assert nodes_walked(conn) == before


def node_rows_read(conn: Conn) -> Any:
    """Return how many rows of `node` have been read by now, in whatever way."""
    conn.execute("select pg_stat_force_next_flush()")
    return call(
        conn,
        "select seq_tup_read + idx_tup_fetch from pg_stat_user_tables where relid = 'pgswarm.node'::regclass",
    )


def test_tree_of_one_swarm_reads_the_nodes_of_that_swarm_only(db: Database, conn: Conn) -> None:
    worker = Worker(conn)
    small, *others = [start(conn) for _ in range(5)]
    for run in worker.claim(5, fresh=5):
        worker.does(spawn(run, *[Kid() for _ in range(5 if run.swarm_id == small else 500)]))
    db.run("analyze")
    before = node_rows_read(conn)
    rows = conn.execute("select * from pgswarm.node_tree where swarm_id = %s", [small]).fetchall()
    assert len(rows) == 6
    assert node_rows_read(conn) - before <= 2 * len(rows)
    assert len(others) == 4
