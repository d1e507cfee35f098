"""What handlers return, right and wrong, through a real processor and database."""

import json
from typing import Any

from support.command import ME
from support.processors import start_swarm, swarm_ended
from support.wait import wait_until


def root(db: Any, swarm_id: Any) -> Any:
    return db.row(
        "select n.* from pgswarm.node n join pgswarm.swarm s on s.root_node_id = n.node_id where s.swarm_id = %(id)s",
        id=swarm_id,
    )


def answer_all(db: Any, answers: Any) -> None:
    asked = db.rows("select question_id, prompt from pgswarm.question where closed_at is null order by position")
    assert len(asked) == len(answers)
    for question, answer in zip(asked, answers, strict=True):
        db.run(
            "select pgswarm.answer_question(%(id)s, %(answer)s)", id=question["question_id"], answer=json.dumps(answer)
        )


def test_state_reports_and_answers_last_through_every_kind_of_waiting(db: Any, processors: Any) -> None:
    swarm_id = start_swarm(db, "outside/journey")
    processors.once()
    answer_all(db, ["a", {"b": None}])
    processors.once()
    assert swarm_ended(db, swarm_id)["report"] == (
        "main; spawned ['one', 'two']; continued 2; slept; "
        "answered [('First?', 'a'), ('Second?', {'b': None})]; reports 2"
    )


WRONG = {
    "none": ("bad_outcome", "returned NoneType"),
    "nul": ("bad_value", "report contains a NUL"),
    "surrogate": ("bad_value", "report contains a lone surrogate"),
    "handler": ("unknown_handler", "'nowhere'"),
    "unknown action": ("unknown_action", "no/such"),
    "no children": ("no_children", "Spawn has no children"),
    "state": ("bad_value", "state is not JSON"),
    "raise nul": ("exception", "a\\0b\\ud800"),
    "exit": ("exception", "3"),
    "fail": ("my_code", "why it failed"),
}


def test_what_is_wrong_with_an_outcome_fails_its_node_with_a_code_and_a_remedy(db: Any, processors: Any) -> None:
    swarm_ids = {what: start_swarm(db, "outside/wrong", {"what": what}) for what in WRONG}
    beside = start_swarm(db, "outside/wrong")
    processors.once()
    for what, (code, words) in WRONG.items():
        node = root(db, swarm_ids[what])
        assert (node["outcome"], node["error"]["code"]) == ("failed", code), what
        assert words in node["error"]["message"], what
        assert node["report"] == ("what there is" if what == "fail" else None), what
    assert root(db, beside)["outcome"] == "succeeded"


def test_a_child_with_arguments_off_schema_is_a_failed_report(db: Any, processors: Any) -> None:
    swarm_id = start_swarm(db, "outside/wrong", {"what": "child args"})
    processors.once()
    assert swarm_ended(db, swarm_id)["report"] == "failed: invalid_args"


def test_an_action_past_its_timeout_is_tried_again_and_then_fails(db: Any, processors: Any) -> None:
    swarm_id = start_swarm(db, "outside/short", {"seconds": 60})
    processors.start()
    swarm_ended(db, swarm_id)
    node = root(db, swarm_id)
    assert (node["attempt"], node["error"]["code"]) == (2, "timeout")


def test_a_cancelled_swarm_stops_its_running_handlers(db: Any, processors: Any, tmp_path: Any) -> None:
    note = tmp_path / "note"
    swarm_id = start_swarm(db, "outside/wait", {"seconds": 4, "note": str(note)})
    made = processors.start("--concurrency", "1", "--log", "debug", lease_s=15)
    wait_until(note.exists, "the handler runs")
    db.run("select pgswarm.cancel_swarm(%(id)s)", id=swarm_id)
    other = start_swarm(db, "bench/noop")  # there is one slot only: it is free as soon as the handler was stopped
    swarm_ended(db, other, within_s=3.5)
    made.signal(15)
    assert made.ended() == 0
    assert len(note.read_text().splitlines()) == 1


def test_only_the_wanted_actions_are_claimed(db: Any, processors: Any) -> None:
    noop, chain = start_swarm(db, "bench/noop"), start_swarm(db, "bench/chain", {"length": 2})
    processors.once("--actions", "bench/no*")
    assert (root(db, noop)["status"], root(db, chain)["status"]) == ("terminated", "pending")
    processors.once("--actions", "x/*", "--actions", "bench/*")
    assert root(db, chain)["status"] == "terminated"


def test_a_node_of_an_action_that_a_processor_lacks_waits_for_one_that_has_it(db: Any, processors: Any) -> None:
    db.run("""select pgswarm.register_actions('[{"action_id": "far/away"}]')""")
    far, near = start_swarm(db, "far/away"), start_swarm(db, "bench/noop")
    processors.once()
    assert root(db, near)["status"] == "terminated"
    node = root(db, far)
    assert (node["status"], node["attempt"]) == ("pending", 0)


def test_a_package_that_cannot_be_imported_is_reported_and_takes_nothing_with_it(db: Any, processors: Any) -> None:
    swarm_id = start_swarm(db, "outside/wrong")
    processors.once()
    assert root(db, swarm_id)["outcome"] == "succeeded"
    said = processors.started[0].said()
    assert "swarm_broken" in said
    assert "its own dependency is missing" in said


def test_a_greedy_swarm_leaves_a_slot_for_another(db: Any, processors: Any) -> None:
    greedy = start_swarm(db, "bench/fan_out", {"width": 40, "depth": 1, "sleep_ms": 60_000})
    made = processors.start("--concurrency", "4", lease_s=15)
    wait_until(
        lambda: db.value("select count(*) from pgswarm.node where status = 'running'") == 3,
        "the greedy swarm has all slots but the reserved one",
    )
    swarm_ended(db, start_swarm(db, "bench/noop"), within_s=5)
    db.run("select pgswarm.cancel_swarm(%(id)s)", id=greedy)
    made.signal(15)
    assert made.ended() == 0


def test_an_act_that_the_database_refuses_fails_its_node_only(db: Any, processors: Any) -> None:
    db.run("alter table pgswarm.node add constraint refused check (report <> 'refused by the database')")
    good = [start_swarm(db, "bench/noop") for _ in range(3)]
    bad = start_swarm(db, "outside/wrong", {"what": "refused"})
    processors.once()
    assert {root(db, swarm_id)["outcome"] for swarm_id in good} == {"succeeded"}
    assert root(db, bad)["error"]["code"] == "commit_refused"


def test_what_a_handler_notes_stays_with_its_node_without_secrets_and_goes_along_into_a_fork(
    db: Any, processors: Any
) -> None:
    swarm_id = start_swarm(db, "outside/noting")
    processors.start("--once", "--log", "error", env={"SOME_API_KEY": "hunter2-hunter2"}, lease_s=15).ended()
    node = root(db, swarm_id)
    assert node["error"]["code"] == "stopped"
    told = [(note["level"], note["text"]) for note in node["state"]["pgswarm.notes"]]
    assert told == [("info", "left out a.txt: the key is …"), ("warning", "state is {} %")]
    fork = db.value("select pgswarm.copy_swarm(swarm_id => %(id)s)", id=swarm_id)
    assert root(db, fork)["state"] == node["state"]
    shown = ME.pgswarm("show", str(swarm_id), str(node["node_id"]), PGSWARM_DATABASE_URL=db.url)
    assert "notes\n  1. left out a.txt: the key is …\n  2. warning: state is {} %\n" in shown
    assert "pgswarm.notes" not in shown
