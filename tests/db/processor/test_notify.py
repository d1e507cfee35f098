"""Processors tell subscribers of their events, and are woken by work."""

import json
import signal
from typing import Any

from support.processors import start_swarm, swarm_ended
from support.wait import wait_until


def heard(connection: Any, until: Any) -> Any:
    """Collect notifications until `until(payloads)` holds."""
    payloads = []

    def more() -> Any:
        payloads.extend(note.payload for note in connection.notifies(timeout=0.05))
        return until(payloads)

    wait_until(more, "notified")
    return payloads


def test_every_event_is_covered_by_a_notified_range(db: Any, processors: Any) -> None:
    listener = db.connect()
    listener.execute("listen pgswarm_event")
    swarm_id = start_swarm(db, "bench/fan_out", {"width": 5, "depth": 2})
    processors.once()
    last = db.value("select max(seq) from pgswarm.event")

    def covered(payloads: Any) -> Any:
        ranges = [json.loads(payload) for payload in payloads]
        assert all(set(one) == {"swarm_id", "from_seq", "to_seq"} and one["swarm_id"] == swarm_id for one in ranges)
        seqs = {seq for one in ranges for seq in range(one["from_seq"], one["to_seq"] + 1)}
        return seqs == set(range(1, last + 1))

    heard(listener, covered)
    listener.close()


def test_without_payloads_nobody_is_told_which_swarm_has_news(db: Any, processors: Any) -> None:
    swarm_id = start_swarm(db, "bench/fan_out", {"width": 5, "depth": 1})
    listener = db.connect()
    listener.execute("listen pgswarm_event")
    processors.start(env={"PGSWARM_NOTIFY_PAYLOAD": "none"})
    swarm_ended(db, swarm_id)
    assert [note.payload for note in listener.notifies(timeout=0.3)] == []
    listener.close()


def test_an_idle_processor_is_woken_by_work_and_works_without_being_told_too(db: Any, processors: Any) -> None:
    processors.start(lease_s=15)
    listening = """select pid from pg_stat_activity
                    where datname = current_database() and query = 'listen pgswarm_work'"""
    (listener,) = wait_until(lambda: db.rows(listening), "it listens")
    swarm_ended(db, start_swarm(db, "bench/noop"))
    db.run("select pg_terminate_backend(%(pid)s)", pid=listener["pid"])
    swarm_ended(db, start_swarm(db, "bench/noop"), within_s=5)


def test_a_processor_that_waits_holds_no_transaction_and_no_lock(db: Any, processors: Any, tmp_path: Any) -> None:
    note = tmp_path / "note"
    start_swarm(db, "outside/wait", {"seconds": 30, "note": str(note)})
    made = processors.start("--grace", "0", lease_s=15)
    wait_until(note.exists, "the action runs")
    states = """select state from pg_stat_activity
                 where datname = current_database() and application_name like 'pgswarm %%' and state <> 'idle'"""
    wait_until(lambda: not db.rows(states), "nothing is open while the action runs")
    locks = """select from pg_locks l join pg_database d on d.oid = l.database
                where d.datname = current_database() and l.locktype = 'advisory'"""
    assert db.rows(locks) == []
    made.signal(signal.SIGTERM)
    assert made.ended() == 0
