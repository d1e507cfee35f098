"""What happens to the nodes of a worker that dies, stands still, blocks, or is told to go."""

import signal
from typing import Any

from support.processors import start_swarm, swarm_ended
from support.wait import wait_until


def lines(note: Any) -> Any:
    return note.read_text().splitlines() if note.exists() else []


def worker_of(db: Any, made: Any) -> Any:
    return db.row("select * from pgswarm.worker where pid = %(pid)s", pid=made.pid)


def running(db: Any) -> Any:
    return db.value("select count(*) from pgswarm.node where status = 'running'")


def claims(db: Any) -> Any:
    """Return how often each node was claimed for each of its activations; a claim given back unused does not count."""
    return db.rows(
        """select node_id,
                  (data ->> 'activation')::integer + (verb = 'release')::integer as activation,
                  count(*) filter (where verb = 'claim') - count(*) filter (where verb = 'release') as times
             from pgswarm.event where verb in ('claim', 'release') group by 1, 2"""
    )


def test_a_killed_processors_node_is_run_again_by_another(db: Any, processors: Any, tmp_path: Any) -> None:
    note = tmp_path / "note"
    swarm_id = start_swarm(db, "outside/wait", {"seconds": 0.5, "note": str(note)})
    first = processors.start()
    wait_until(lambda: lines(note), "the first runs it")
    first.kill()
    processors.start()
    assert swarm_ended(db, swarm_id)["report"] == "attempt 2"
    assert [line.split()[-2:] for line in lines(note) if "ends" in line] == [["attempt", "2"]]


def test_a_zombies_late_writes_are_fenced_and_counted(db: Any, processors: Any, tmp_path: Any) -> None:
    note = tmp_path / "note"
    swarm_id = start_swarm(db, "outside/wait", {"seconds": 1, "note": str(note)})
    zombie = processors.start()
    wait_until(lambda: lines(note), "the zombie runs it")
    zombie.signal(signal.SIGSTOP)
    processors.start()
    assert swarm_ended(db, swarm_id)["report"] == "attempt 2"
    assert worker_of(db, zombie)["fenced_writes"] == 0
    zombie.signal(signal.SIGCONT)
    wait_until(lambda: worker_of(db, zombie)["fenced_writes"] == 1, "its late write was refused and counted")
    assert swarm_ended(db, swarm_id)["report"] == "attempt 2"
    # It is a worker again, under another id.
    wait_until(
        lambda: len(db.rows("select from pgswarm.worker where pid = %(pid)s", pid=zombie.pid)) == 2,
        "it registers anew",
    )


def test_an_action_that_blocks_the_loop_for_three_leases_keeps_its_node(
    db: Any, processors: Any, tmp_path: Any
) -> None:
    note = tmp_path / "note"
    burning = start_swarm(db, "outside/wait", {"seconds": 3, "how": "burn", "note": str(note)})
    first = processors.start()
    wait_until(lambda: lines(note), "it burns")
    processors.start()
    assert swarm_ended(db, burning)["report"] == "attempt 1"
    assert worker_of(db, first)["stopped_at"] is None


def test_two_processors_never_run_the_same_activation(db: Any, processors: Any) -> None:
    for _ in range(2):
        processors.start("--concurrency", "16", lease_s=15)
    wait_until(lambda: db.value("select count(*) from pgswarm.worker") == 2, "both are there")
    swarm_id = start_swarm(db, "bench/fan_out", {"width": 300, "depth": 1, "sleep_ms": 5})
    swarm_ended(db, swarm_id)
    assert {row["times"] for row in claims(db)} == {1}
    workers = db.value("select count(distinct data ->> 'lease_owner') from pgswarm.event where verb = 'claim'")
    assert workers == 2


def test_a_parent_wakes_once_though_its_last_children_end_together_in_different_processors(
    db: Any, processors: Any
) -> None:
    swarm_ids = [start_swarm(db, "bench/fan_out", {"width": 3, "depth": 3, "sleep_ms": 40}) for _ in range(3)]
    for _ in range(3):
        processors.start("--concurrency", "5", lease_s=15)
    for swarm_id in swarm_ids:
        assert swarm_ended(db, swarm_id)["outcome"] == "succeeded"
    wakes = db.rows("select node_id, count(*) as times from pgswarm.event where verb = 'children_done' group by 1")
    assert len(wakes) == 3 * (1 + 3 + 9)
    assert {row["times"] for row in wakes} == {1}


def test_paused_stopped_started_elsewhere_and_resumed_it_goes_on(db: Any, processors: Any) -> None:
    first = [processors.start("--concurrency", "4", lease_s=15) for _ in range(2)]
    wait_until(lambda: db.value("select count(*) from pgswarm.worker") == 2, "both are there", within_s=60)
    swarm_id = start_swarm(db, "bench/fan_out", {"width": 60, "depth": 1, "sleep_ms": 100})
    wait_until(
        lambda: db.value("select count(distinct data ->> 'lease_owner') from pgswarm.event where verb = 'claim'") == 2,
        "both work",
    )
    db.run("select pgswarm.pause_swarm(%(id)s)", id=swarm_id)
    for made in first:
        made.signal(signal.SIGTERM)
    assert [made.ended() for made in first] == [0, 0]
    assert running(db) == 0
    before = db.value("select count(*) from pgswarm.node where status = 'terminated'")
    assert before < 61
    processors.once()
    assert db.value("select count(*) from pgswarm.node where status = 'terminated'") == before
    db.run("select pgswarm.resume_swarm(%(id)s)", id=swarm_id)
    processors.once()
    assert swarm_ended(db, swarm_id)["outcome"] == "succeeded"
    assert {row["times"] for row in claims(db)} == {1}


def test_sigterm_lets_actions_end_and_claims_nothing_more(db: Any, processors: Any, tmp_path: Any) -> None:
    note = tmp_path / "note"
    going = start_swarm(db, "outside/wait", {"seconds": 1.5, "note": str(note)})
    made = processors.start(lease_s=15)
    wait_until(lambda: lines(note), "it runs")
    made.signal(signal.SIGTERM)
    wait_until(lambda: worker_of(db, made)["draining"], "it drains")
    late = start_swarm(db, "bench/noop")
    assert made.ended() == 0
    assert swarm_ended(db, going)["report"] == "attempt 1"
    assert db.value("select status from pgswarm.node where swarm_id = %(id)s", id=late) == "pending"
    assert worker_of(db, made)["stopped_reason"] == "stopped"


def test_sigterm_gives_back_what_does_not_end_within_the_grace(db: Any, processors: Any, tmp_path: Any) -> None:
    note = tmp_path / "note"
    swarm_id = start_swarm(db, "outside/wait", {"seconds": 60, "note": str(note)})
    made = processors.start("--grace", "0.2", lease_s=15)
    wait_until(lambda: lines(note), "it runs")
    made.signal(signal.SIGTERM)
    assert made.ended(10) == 0
    node = db.row("select * from pgswarm.node where swarm_id = %(id)s", id=swarm_id)
    assert (node["status"], node["attempt"], node["activation"]) == ("pending", 0, 0)


def test_a_second_signal_ends_it_at_once(db: Any, processors: Any, tmp_path: Any) -> None:
    note = tmp_path / "note"
    start_swarm(db, "outside/wait", {"seconds": 60, "note": str(note)})
    made = processors.start("--grace", "60", lease_s=15)
    wait_until(lambda: lines(note), "it runs")
    made.signal(signal.SIGTERM)
    wait_until(lambda: worker_of(db, made)["draining"], "it drains")
    made.signal(signal.SIGINT)
    assert made.ended(10) == 128 + signal.SIGINT


def test_a_poison_node_fails_after_its_attempts_and_its_siblings_go_on(db: Any, processors: Any) -> None:
    poison = start_swarm(db, "bench/crash", {"times": 99})
    siblings = [start_swarm(db, "bench/noop") for _ in range(6)]
    slow = start_swarm(db, "bench/fan_out", {"width": 6, "depth": 1, "sleep_ms": 700})

    def keep_one_alive() -> None:
        if not processors.started or processors.started[-1].process.poll() is not None:
            processors.start(lease_s=0.5)

    ended = swarm_ended(db, poison, 90, keep_one_alive)
    node = db.row("select * from pgswarm.node where swarm_id = %(id)s", id=poison)
    assert (ended["outcome"], node["attempt"], node["error"]["code"]) == ("failed", 5, "max_attempts")
    for swarm_id in [*siblings, slow]:
        assert swarm_ended(db, swarm_id, 60, keep_one_alive)["outcome"] == "succeeded"
    assert db.value("select count(*) from pgswarm.node where outcome = 'failed'") == 1


def test_a_node_that_crashed_its_process_once_succeeds_at_the_next(db: Any, processors: Any) -> None:
    swarm_id = start_swarm(db, "bench/crash", {"times": 1})
    first = processors.start()
    assert first.ended() == -signal.SIGKILL
    processors.start()
    assert swarm_ended(db, swarm_id)["report"] == "succeeded at attempt 2"
