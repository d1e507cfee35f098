"""The load actions do exactly what the contract says."""

import json
from typing import Any

import pytest

from support.processors import Processors, register_actions, start_swarm, swarm_ended

pytestmark = pytest.mark.xdist_group("bench_actions")  # one worker makes what all of them look at, once

FANS = [(10, 1, 11), (3, 3, 40), (1, 5, 6), (7, 0, 1)]


def nodes(db: Any, swarm_id: Any) -> Any:
    return db.rows("select * from pgswarm.node where swarm_id = %(id)s order by depth, position", id=swarm_id)


RUNS: dict[str, tuple[str, dict[str, Any]]] = {
    "noop": ("bench/noop", {}),
    **{f"{width} {depth}": ("bench/fan_out", {"width": width, "depth": depth}) for width, depth, _ in FANS},
    "chain": ("bench/chain", {"length": 7}),
    "flaky": ("bench/flaky", {"failures": 3}),
    "hopeless": ("bench/flaky", {"failures": 99}),
    "none": ("bench/fan_out", {"width": 0}),
    "too many": ("bench/fan_out", {"width": 5_000, "depth": 3}),
}


@pytest.fixture(scope="module")
def ran(module_db: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The swarms of these runs, which one processor has worked off."""
    register_actions(module_db)
    processors = Processors(module_db, tmp_path_factory.mktemp("bench"))
    swarm_ids = {name: start_swarm(module_db, *run) for name, run in RUNS.items()}
    try:
        processors.once()
    finally:
        processors.end()
    return swarm_ids


def test_noop_is_one_node_with_an_empty_report(module_db: Any, ran: Any) -> None:
    (node,) = nodes(module_db, ran["noop"])
    assert (node["outcome"], node["report"], node["activation"]) == ("succeeded", "", 1)


@pytest.mark.parametrize(("width", "depth", "count"), FANS)
def test_fan_out_makes_the_sum_of_the_powers_of_its_width(
    module_db: Any, ran: Any, width: Any, depth: Any, count: Any
) -> None:
    made = nodes(module_db, ran[f"{width} {depth}"])
    assert len(made) == count
    assert {node["outcome"] for node in made} == {"succeeded"}
    assert max(node["depth"] for node in made) == depth


def test_only_the_leaves_of_fan_out_sleep_and_side_by_side(db: Any, processors: Any) -> None:
    swarm_id = start_swarm(db, "bench/fan_out", {"width": 20, "depth": 1, "sleep_ms": 300})
    processors.once()
    took = db.value(
        "select extract(epoch from max(at) - min(at) filter (where verb = 'claim')) from pgswarm.event"
        " where swarm_id = %(id)s",
        id=swarm_id,
    )
    assert 0.3 <= took < 20 * 0.3


def test_a_chain_has_its_length(module_db: Any, ran: Any) -> None:
    assert [node["depth"] for node in nodes(module_db, ran["chain"])] == list(range(7))


def test_ask_reports_the_answers_in_the_order_of_the_questions(db: Any, processors: Any) -> None:
    swarm_id = start_swarm(db, "bench/ask", {"questions": 3})
    processors.once()
    asked = db.rows("select question_id, prompt from pgswarm.question order by position desc")
    assert len(asked) == 3
    for question in asked:
        db.run(
            "select pgswarm.answer_question(%(id)s, %(answer)s)",
            id=question["question_id"],
            answer=json.dumps(question["prompt"].lower()),
        )
    processors.once()
    assert json.loads(swarm_ended(db, swarm_id)["report"]) == ["question 1?", "question 2?", "question 3?"]


def test_flaky_raises_as_often_as_told_and_comes_back_within_100_ms(module_db: Any, ran: Any) -> None:
    (node,) = nodes(module_db, ran["flaky"])
    assert (node["outcome"], node["attempt"], node["activation"]) == ("succeeded", 4, 1)
    waits = module_db.rows(
        """select (data ->> 'available_at')::timestamptz - at as wait
             from pgswarm.event where swarm_id = %(id)s and verb = 'retry'""",
        id=ran["flaky"],
    )
    assert len(waits) == 3
    assert all(0 < row["wait"].total_seconds() <= 0.1 for row in waits)


def test_flaky_beyond_its_attempts_fails_with_the_exception(module_db: Any, ran: Any) -> None:
    (node,) = nodes(module_db, ran["hopeless"])
    assert (node["outcome"], node["attempt"]) == ("failed", 5)
    assert node["error"]["code"] == "exception"
    assert node["error"]["type"] == "RuntimeError"
    assert node["error"]["message"] == "attempt 5 fails, as it was asked to"


@pytest.mark.parametrize("run", ["none", "too many"])
def test_arguments_out_of_bounds_fail_the_node_by_name(module_db: Any, ran: Any, run: str) -> None:
    (node,) = nodes(module_db, ran[run])
    assert node["error"]["code"] == "invalid_args"
    assert "width" in node["error"]["message"]
