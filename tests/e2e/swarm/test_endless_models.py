"""Models that never stop: spawning, asking, planning, reviewing, repairing, drafting, walking, and all at once.

Under a small budget the budget ends them; under one that nobody reaches each action ends at its own bound. One
processor works them all, each a swarm of its own; the models are told apart by their names at a little server.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from support.database import Database
from support.model_server import ModelServer
from support.processors import Processors, register_actions, start_swarm
from support.spaces import save
from support.wait import wait_until

pytestmark = pytest.mark.xdist_group("endless models")  # one worker makes the stage, once
SMALL: Final = {"nodes": 40, "llm_calls": 60, "depth": 40, "activations": 30}
LARGE: Final = {"nodes": 1_500, "llm_calls": 600, "depth": 100, "activations": 300}
ENDS_WITHIN_S: Final = 90
MANAGER: Final = "swarm/decompose_directive"
FAILS: Final = {"action": "files/list", "code": "broken", "message": "It broke."}
CASE: Final = {
    "name": "a case", "handler": "main", "directive": "try it", "args": "", "state": "", "reports": [], "answers": [],
    "files": [], "expect": "finish", "report_contains": ["well"], "output": "",
}  # fmt: skip
DRAFT: Final = {
    "questions": [], "name": "say_well", "description": "Says well.", "language": "python", "inputs": [], "outputs": [],
    "dependencies": [], "tests": [CASE],
}  # fmt: skip
OUR_OWN: Final = ("swarm/", "action/", "code/", "conversation/", "data/", "files/", "memory/", "text/")
Says = Callable[[int, Mapping[str, Any]], Any]


def chosen(data: Mapping[str, Any]) -> str:
    """Return the first way that a step of a walk can take."""
    ways = [choice["name"] for choice in data["choices"]] or data["moves"]
    return str(ways[0])


def nearly(n: int, _data: Mapping[str, Any], **more: Any) -> Any:
    """Never complete."""
    return {"complete": False, "reason": "no", "left": f"do it again ({n})", "questions": [], **more}


ENDLESS: Final[Mapping[str, Says]] = {
    "route": lambda _, __: {"action": "files/list", "arguments": [], "reason": "short"},
    "decompose": lambda n, _: {"questions": [], "parts": [f"part {n}"]},
    "plan": lambda n, _: {"questions": [], "stages": [{"steps": [f"step {n}"]}]},
    "review_plan": lambda n, _: {"confirmed": False, "reason": "no", "stages": [{"steps": [f"better {n}"]}]},
    "review_branch": nearly,
    "review_overall": nearly,
    "consolidate": lambda n, _: {"report": f"so far: {n}"},
    "determine_unknowns": lambda n, _: {"unknowns": [{"question": f"What of {n}?", "where": "user"}]},
    "handle_failure": lambda n, _: {
        "decision": "retry", "advice": f"try {n}", "action": "", "question": "", "reason": ""
    },
    "ask_user": lambda n, _: {"title": "Ask", "questions": [f"What about {n}?"]},
    "converse": lambda n, _: {"settled": [], "asks": [f"And what about {n}?"], "context": ""},
    "interview": lambda n, _: {"questions": [f"And {n}?"], "expertise": "", "involvement": "always", "notes": ""},
    "oracle_texts": lambda _, __: {"known": False, "answer": ""},
    "oracle_assume": lambda _, __: {"important": True, "answer": ""},
    "write": lambda n, _: {"questions": [f"For whom, {n}?"], "title": "", "text": ""},
    "summarise": lambda n, _: {"summary": f"{n}"},
    "analyse_code": lambda n, _: {"questions": [f"With {n}?"], "plan": "a script"},
    "write_code": lambda n, _: {"code": f"# the rest of the code goes here\nx = {n}\n"},
    "describe_code": lambda n, _: {
        "name": f"x{n}", "kind": "script", "description": "x", "parameters": [], "dependencies": []
    },
    "plan_test": lambda _, __: {"how": "as_is", "reason": "", "questions": [], "packages": []},
    "write_harness": lambda n, _: {"code": f"raise SystemExit({n} and 1)\n", "inputs": []},
    "repair_code": lambda n, _: {"code": f"n = {n}\nraise SystemExit(1)\n", "harness": "", "give_up": False,
                                 "reason": ""},
    "edit_file": lambda n, _: {"questions": [], "edits": [{"old": f"nowhere {n}", "new": "x"}]},
    "create_action": lambda n, _: {**DRAFT, "code": f"def main(node):\n    return Finish('bad {n}')\n"},
    "walk_action": lambda _, data: {"choice": chosen(data), "reason": ""},
    "arguments": lambda _, __: {"fits": False, "arguments": [], "reason": "no"},
    "find_place": lambda _, data: {"choice": chosen(data), "reason": ""},
    "file_entry": lambda _, data: {"choice": chosen(data), "reason": "", "new_name": "", "new_description": ""},
    "find_quotes": lambda n, data: {
        "quotes": [{"passage": 1, "text": data["passages"][0]["text"].split()[0]}],
        "answer": "", "open": [f"Which ferry, {n}?"],
    },
    "query_table": lambda _, __: {"columns": ["name"]},
    "tidy_level": lambda _, __: {"groups": [], "merges": [], "reason": ""},
}  # fmt: skip


def picks(action: str) -> Says:
    return lambda _, __: {"action": action, "arguments": [], "reason": "that"}


def what_fails(_n: int, data: Mapping[str, Any]) -> Any:
    """Choose an action that fails without arguments, another each time: what has failed is not offered again."""
    offered = [each["action"] for each in data["actions"]]
    failing = ("code/run_python", "code/test_python", "data/describe_table")
    return {"action": next(each for each in failing if each in offered), "arguments": [], "reason": "that"}


def three(n: int, _data: Mapping[str, Any]) -> Any:
    return {"questions": [], "parts": [f"part {n}.{part}" for part in range(3)]}


def asks_back(n: int, data: Mapping[str, Any]) -> Any:
    return nearly(n, data, questions=[f"Is it good, {n}?"])


def any_action(_n: int, data: Mapping[str, Any]) -> Any:
    """Any action of ours that is offered, at random; none at all now and then."""
    ours = [each["action"] for each in data["actions"] if each["action"].startswith(OUR_OWN)]
    return {"action": random.choice([*ours, None]), "arguments": [], "reason": "why not"}  # noqa: S311 - no secret


def mixed(task: str) -> Says:
    """What never stops, at random: one of the ways of this task, or no answer at all."""
    ways: Mapping[str, list[Says]] = {
        "route": [any_action],
        "decompose": [three, ENDLESS["decompose"], lambda n, _: {"questions": [f"What, {n}?"], "parts": []}],
        "plan": [ENDLESS["plan"], lambda n, _: {"questions": [f"What, {n}?"], "stages": []}],
        "review_branch": [nearly, asks_back],
        "review_overall": [nearly, asks_back],
    }
    return random.choice([*ways.get(task, [ENDLESS[task]]) * 3, lambda n, _: {"nothing": n}])  # noqa: S311 - not a secret


def answer_to(choices: list[str] | None) -> str:
    """Answer like somebody who wants to be asked, and for whom nothing works."""
    if not choices:
        return "never mind"
    return choices[0] if "Ask me" in choices[0] else choices[-1]


@dataclass(frozen=True)
class Kind:
    """A model, the action that it works in, and how that ends: the code of a failure, None for a report."""

    action: str
    ends: str | None
    args: Mapping[str, Any] = field(default_factory=dict)
    says: Mapping[str, Says] = field(default_factory=dict)
    asked: int | None = None
    """How often the questions that matter are put to the model, the first of `says` or the action's own."""
    counts: str = ""
    """The task that is counted."""


BOUNDED: Final = {
    # a level of managers below this one, whose router may order no further manager
    "spawns": Kind(MANAGER, "rounds_exhausted", {"level": 5, "max_rounds": 2}, {"route": picks(MANAGER)}),
    "reviews": Kind(MANAGER, "rounds_exhausted", counts="review_overall", asked=5),
    "asks back": Kind(MANAGER, "rounds_exhausted", {"max_rounds": 1}, {
        "review_branch": asks_back, "review_overall": asks_back,
    }),
    "plans": Kind("swarm/plan", "rounds_exhausted", {"find_unknowns": False, "max_rounds": 2},
                  counts="review_plan", asked=6),
    "looks for unknowns": Kind("swarm/determine_unknowns", None, counts="determine_unknowns", asked=1),
    "tries again": Kind("swarm/handle_failure", "no_such_file", {"failure": FAILS}, {
        "route": what_fails,
    }, counts="handle_failure", asked=2),
    "asks what to do": Kind("swarm/handle_failure", "broken", {"failure": FAILS}, {"handle_failure": lambda n, _: {
        "decision": "ask_user", "advice": "", "action": "", "question": f"And now, {n}?", "reason": "",
    }}, counts="handle_failure", asked=3),
    "talks": Kind("conversation/ask_user", "no_answer", counts="converse", asked=6),
    "asks first": Kind("text/write_text", "no_answer", counts="write", asked=4),
    "leaves code out": Kind("code/write_python", "no_code", counts="write_code", asked=3),
    "repairs code": Kind("code/test_python", "test_failed", {"code": "raise SystemExit(1)\n"},
                         counts="repair_code", asked=3),
    "drafts": Kind("action/create", "tests_failed", counts="create_action", asked=4),
    "searches": Kind("memory/retrieve", None, counts="find_quotes", asked=5),
    "is off schema": Kind(MANAGER, "model_off_schema", says={"decompose": lambda n, _: {"nothing": n}},
                          counts="decompose", asked=3),
}  # fmt: skip
MIX: Final = Kind(MANAGER, None, {"level": 5, "max_rounds": 2})
SPAWNS: Final = Kind(MANAGER, None, says={"route": picks(MANAGER), "decompose": three})
SMALL_NAMES: Final = {"spawns, small": SPAWNS, "all, small": Kind(MANAGER, None)}
KINDS: Final = {**BOUNDED, "all": MIX, **SMALL_NAMES}


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    """A server whose models are called by what they never stop doing; `all` draws anew for each request."""
    made = ModelServer()

    def script(server: ModelServer, body: dict[str, Any]) -> Any:
        asked = json.loads(body["messages"][1]["content"])
        name, task = body["model"], asked["task"]
        says = mixed(task) if name.startswith("all") else KINDS[name].says.get(task, ENDLESS[task])
        return server.says(says(len(server.requests), asked))

    made.script = script
    yield made
    made.close()


@pytest.fixture(scope="module")
def ended(
    module_db: Database, model: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, dict[str, Any]]]:
    """What became of each model's swarm."""
    db = module_db
    register_actions(db)
    ids = {}
    for name, kind in KINDS.items():
        budget = SMALL if name in SMALL_NAMES else LARGE
        ids[name] = start_swarm(db, kind.action, dict(kind.args), budget=budget, model=name, create="ask")
    searched = UUID(ids["searches"])
    for number in range(8):
        save(db.conn, searched, f"references/{number}.md", f"test of ferry {number}", kind="markdown")
    # with a table in it, memory is walked
    save(db.conn, searched, "references/t", None, kind="sql_table", fields={"connection": "none", "table": "t"})

    def all_ended() -> bool:
        for row in db.rows("select question_id, choices from pgswarm.question where closed_at is null"):
            db.run(
                "select pgswarm.answer_question(%(id)s, %(a)s)",
                id=row["question_id"],
                a=Jsonb(answer_to(row["choices"])),
            )
        return not db.rows("select from pgswarm.swarm where status = 'active'")

    processors = Processors(db, tmp_path_factory.mktemp("endless"))
    try:
        env = {"OPENAI_BASE_URL": model.url, "PGSWARM_MODEL": "all", "PGSWARM_MODEL_BACKOFF_S": "0.01"}
        processors.start(env=env, lease_s=15)
        with suppress(AssertionError):  # the tests name those that go on
            wait_until(all_ended, "every model has come to its end", within_s=ENDS_WITHIN_S)
        yield {name: _row(db, swarm_id) for name, swarm_id in ids.items()}
    finally:
        processors.end()


def _row(db: Database, swarm_id: str) -> dict[str, Any]:
    row = db.row(
        "select s.status, s.outcome, s.paused_reason, s.spent_llm_calls as calls, n.error, n.report,"
        " (select count(*) from pgswarm.node k where k.swarm_id = s.swarm_id) as nodes"
        " from pgswarm.swarm s join pgswarm.node n on n.node_id = s.root_node_id where s.swarm_id = %(id)s",
        id=swarm_id,
    )
    asked = db.rows("select prompt from pgswarm.llm_call where swarm_id = %(id)s", id=swarm_id)
    actions = db.rows("select distinct action from pgswarm.node where swarm_id = %(id)s", id=swarm_id)
    tasks = Counter(each["prompt"].partition("@")[0] for each in asked)
    return {**row, "tasks": tasks, "actions": sorted(each["action"] for each in actions)}


@pytest.mark.parametrize("name", BOUNDED)
def test_a_model_that_never_stops_ends_at_the_bound_of_the_action(ended: dict[str, dict[str, Any]], name: str) -> None:
    kind, found = BOUNDED[name], ended[name]
    assert (found["status"], found["paused_reason"]) == ("terminated", None), str(found)
    assert (found["error"] or {}).get("code") == kind.ends, str(found)
    assert found["outcome"] == ("failed" if kind.ends else "succeeded")
    if kind.asked is not None:
        assert found["tasks"][kind.counts] == kind.asked, str(found)


def test_whatever_the_mix_it_ends_by_the_bounds_of_the_actions(ended: dict[str, dict[str, Any]]) -> None:
    found = ended["all"]
    assert (found["status"], found["paused_reason"]) == ("terminated", None), str(found)
    assert found["outcome"] == "succeeded" or found["error"]["code"], str(found)


@pytest.mark.parametrize("name", SMALL_NAMES)
def test_models_that_never_stop_do_not_pass_a_small_budget(ended: dict[str, dict[str, Any]], name: str) -> None:
    found = ended[name]
    assert found["paused_reason"] == "budget_exceeded" or (found["outcome"] == "failed" and found["error"]["code"])
    assert found["calls"] <= SMALL["llm_calls"], str(found)
    assert found["nodes"] <= SMALL["nodes"], str(found)
    assert name != "spawns, small" or found["paused_reason"] == "budget_exceeded", str(found)
