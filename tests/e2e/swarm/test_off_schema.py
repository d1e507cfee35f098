"""A model that answers off its schema, for every prompt that ships: repaired, or the end of the node, and no third way.

One processor works a swarm for each action, whose model answers each of its questions twice with something that does
not fit; and a swarm for each prompt, to which nothing but that ever comes. The model is a recording.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from pgswarm.actions.prompts import shipped_prompts
from support.database import Database
from support.processors import Processors, register_actions
from support.spaces import find, level, names, paths, save
from support.verbs import Conn
from support.wait import wait_until

pytestmark = pytest.mark.xdist_group("off schema")  # one worker makes the stage, once
ROUNDS = 3
"""One question, and two repairs of its answer."""
ADD = "def add(a, b):\n    return a + b\n"
WRONG = ADD.replace("+", "-")
HARNESS = "from add import add\nassert add(2, 3) == 5\n"
CASE = {
    "name": "a case", "handler": "main", "directive": "try it", "args": "", "state": "", "reports": [], "answers": [],
    "files": [], "expect": "finish", "report_contains": ["well"], "output": "",
}  # fmt: skip
DRAFT = {
    "questions": [], "name": "say_well", "description": "Says well.", "language": "python", "inputs": [], "outputs": [],
    "dependencies": [], "code": "def main(node):\n    return Finish('well')\n", "tests": [CASE],
}  # fmt: skip
DONE = {"complete": True, "reason": "", "questions": [], "left": ""}
AT = {n: {"folder": {"depth": n}} for n in range(2)}
"""A step of a walk, by the depth of the folder that it is in."""

RIGHT: list[tuple[str, dict[str, Any], Any]] = [
    ("analyse_code", {}, {"questions": [], "plan": "a function"}),
    ("write_code", {}, {"code": ADD}),
    ("describe_code", {}, {"name": "add", "kind": "module", "description": "Adds.", "parameters": [],
                           "dependencies": []}),
    ("plan_test", {}, {"how": "made_up", "reason": "", "questions": [], "packages": []}),
    ("write_harness", {}, {"code": HARNESS, "inputs": []}),
    ("repair_code", {}, {"code": ADD, "harness": "", "give_up": False, "reason": ""}),
    ("edit_file", {}, {"questions": [], "edits": [{"old": "a - b", "new": "a + b"}]}),
    ("create_action", {}, DRAFT),
    ("ask_user", {}, {"title": "A colour", "questions": ["Which colour?"]}),
    ("converse", {}, {"settled": [{"number": 1, "answer": "green"}], "asks": [], "context": ""}),
    ("interview", {}, {"questions": [], "expertise": "ships", "involvement": "never", "notes": ""}),
    ("oracle_texts", {}, {"known": True, "answer": "Narvik"}),
    ("oracle_assume", {}, {"important": False, "answer": "Narvik"}),
    ("determine_unknowns", {}, {"unknowns": []}),
    ("plan", {}, {"questions": [], "stages": [{"steps": ["List this", "List that"]}]}),
    ("review_plan", {}, {"confirmed": True, "reason": "", "stages": []}),
    ("decompose", {}, {"questions": [], "parts": ["List this"]}),
    ("route", {}, {"action": "files/list", "arguments": [], "reason": ""}),
    ("review_branch", {}, DONE),
    ("review_overall", {}, DONE),
    ("consolidate", {}, {"report": "all of it"}),
    ("handle_failure", {}, {"decision": "give_up", "advice": "", "action": "", "question": "", "reason": "no way"}),
    ("walk_action", AT[0], {"choice": "files", "reason": ""}),
    ("walk_action", AT[1], {"choice": "list", "reason": ""}),
    ("arguments", {}, {"fits": True, "arguments": [], "reason": ""}),
    ("find_place", AT[0], {"choice": "references", "reason": ""}),
    ("find_place", AT[1], {"choice": "ports", "reason": ""}),
    ("query_table", {}, {"columns": ["name"]}),
    ("find_quotes", {}, {"quotes": [{"passage": 1, "text": "Narvik"}], "answer": "It is Narvik.", "open": []}),
    ("file_entry", AT[0], {"choice": "projects", "reason": "", "new_name": "", "new_description": ""}),
    ("file_entry", AT[1], {"choice": "/here", "reason": "", "new_name": "", "new_description": ""}),
    ("tidy_level", {}, {"groups": [], "merges": [{"folder": "odd", "into": "maps"}], "reason": ""}),
    ("summarise", {}, {"summary": "Bees sleep."}),
    ("write", {}, {"questions": [], "title": "Bees", "text": "Bees sleep."}),
]  # fmt: skip

# Where a prompt's data does not hold the directive, what holds it, or the name of the swarm, in its place.
HOLDS: dict[str, Any] = {
    **dict.fromkeys(("oracle_texts", "oracle_assume", "find_place", "query_table", "find_quotes"), "question"),
    "summarise": "text",
}


@dataclass(frozen=True)
class Scenario:
    """An action that asks these tasks in its own node; a text among its arguments that is `GOAL` is the directive."""

    action: str
    tasks: tuple[str, ...]
    args: dict[str, Any]
    ends: str | None = None
    """The code with which it fails where all answers are right in the end; None: it succeeds."""


GOAL = "<goal>"
FAILURE = {"action": "files/list", "code": "broken", "message": "It broke."}
BRANCH = {"directive": "a", "report": "a", "outcome": "succeeded", "complete": True, "reason": ""}
SCENARIOS = {
    "write code": Scenario("code/write_python", ("analyse_code", "write_code", "describe_code"), {}),
    "test code": Scenario(
        "code/test_python", ("plan_test", "write_harness", "repair_code"), {"code": WRONG, "file": "add.py"}
    ),
    "edit": Scenario("outside/edit", ("edit_file",), {"text": WRONG}),
    "create": Scenario("action/create", ("create_action",), {}, "not_approved"),
    "talk": Scenario("conversation/ask_user", ("ask_user", "converse"), {}),
    "interview": Scenario("conversation/introductory_interview", ("interview",), {}),
    "look up": Scenario("conversation/oracle", ("oracle_texts",), {}),
    "assume": Scenario("conversation/oracle", ("oracle_assume",), {"first": "user"}),
    "unknowns": Scenario("swarm/determine_unknowns", ("determine_unknowns",), {}),
    "plan": Scenario("swarm/plan", ("plan",), {"find_unknowns": False}),
    "review plan": Scenario("swarm/review_plan", ("review_plan",), {"stages": [{"steps": ["a"]}]}),
    "decompose": Scenario("swarm/decompose_directive", ("decompose",), {}),
    "route": Scenario("swarm/route_action", ("route",), {}),
    "walk": Scenario("swarm/route_action", ("walk_action", "arguments"), {}),
    "review branch": Scenario(
        "swarm/review_branch", ("review_branch",), {"directive": GOAL, "report": "a", "outcome": "succeeded"}
    ),
    "review": Scenario("swarm/review_reports", ("review_overall", "consolidate"), {"branches": [BRANCH, BRANCH]}),
    "failure": Scenario("swarm/handle_failure", ("handle_failure",), {"failure": FAILURE}, "broken"),
    "retrieve": Scenario("memory/retrieve", ("find_place", "query_table", "find_quotes"), {}),
    "save": Scenario("memory/save", ("file_entry",), {"name": "n.md", "content": "some text"}),
    "clone": Scenario("memory/clone", (), {"file": "references/n.md", "places": 1}),
    "optimise memory": Scenario("memory/optimise", ("tidy_level",), {"folder": f"projects/{GOAL}"}),
    "optimise actions": Scenario("action/optimise", (), {"folder": "made"}),
    "summarise": Scenario("text/summarise", ("summarise",), {"text": GOAL}),
    "write": Scenario("text/write_text", ("write",), {}),
}
TASKS = {task: name for name, scenario in SCENARIOS.items() for task in scenario.tasks}
UNFIT = ("I would rather not.", {"nothing": "fits"})


def never(task: str) -> str:
    """Return the goal to which no answer of this task ever fits."""
    return f"never {task}"


def recording() -> Iterator[dict[str, Any]]:
    """Yield what the model says."""
    places: dict[str, Any] = {
        "file_entry": lambda goal: {"artifact": {"description": goal}},
        "tidy_level": lambda goal: {"folder": {"path": goal}},
        "interview": lambda goal: {"answers": [{"answer": goal}]},
    }
    for task in TASKS:
        held = places.get(task, lambda goal, task=task: {HOLDS.get(task, "directive"): goal})
        for number in range(ROUNDS):
            unfit = UNFIT[number % 2]
            yield {"task": task, "match": held(never(task)), "round": number, "response": unfit}
    for task, match, right in RIGHT:
        for number, response in enumerate((*UNFIT, right)):
            yield {"task": task, "match": match, "round": number, "response": response}


def args_of(scenario: Scenario, goal: str) -> Any:
    return json.loads(json.dumps(scenario.args).replace(GOAL, goal))


def furnish(conn: Conn, swarm_id: UUID, name: str, goal: str) -> None:
    """Put into a swarm's spaces what its action works on."""
    if name in {"walk", "optimise actions"}:  # more than are shown at once, or a folder that is nearly empty
        many = [f"made/{number}" for number in range(80)]
        for place in many if name == "walk" else ("made/odd/a", "made/maps/b", "made/maps/c"):
            fields = {"action_id": place, "source": "created", "input_schema": {"type": "object"}}
            save(
                conn,
                swarm_id,
                place,
                None,
                kind="action",
                space="action",
                fields=fields,
                description="Sings.",
            )
    elif name == "look up":
        save(conn, swarm_id, "references/port.md", f"{goal}: the port is Narvik.", kind="markdown")
    elif name == "assume":
        profile = {"expertise": "ships", "involvement": "important", "notes": ""}
        save(conn, swarm_id, "user/profile.json", json.dumps(profile), kind="json")
    elif name == "retrieve":
        fields = {"connection": "shop", "table": "ports"}
        save(conn, swarm_id, "references/ports", None, kind="sql_table", search="sql", fields=fields)
    elif name == "clone":
        save(conn, swarm_id, "references/n.md", "some text", kind="markdown", description=goal)
    elif name == "optimise memory":
        for place in ("odd/a.md", "maps/b.md", "maps/c.md"):
            save(conn, swarm_id, f"projects/{goal}/{place}", place, kind="markdown")


def answer_to(goal: str, question: Any) -> Any:
    if question["prompt"].startswith("May the swarm use"):
        return False
    return question["choices"][-1] if question["choices"] else goal


@dataclass
class Worked:
    """What became of each goal."""

    db: Database
    ids: dict[str, UUID]

    def end(self, goal: str) -> tuple[str, str | None]:
        """Return the outcome and the code of the error."""
        row = self.db.row(
            """select s.outcome, n.error ->> 'code' as code
                 from pgswarm.swarm s join pgswarm.node n on n.node_id = s.root_node_id where s.swarm_id = %(id)s""",
            id=self.ids[goal],
        )
        return row["outcome"], row["code"]

    def sent(self, goal: str) -> dict[str, Counter[tuple[Any, ...]]]:
        """Return how many requests each question of each task took."""
        found: dict[str, Counter[tuple[Any, ...]]] = {}
        for row in self.db.rows(
            "select node_id, activation, call_no, prompt from pgswarm.llm_call where swarm_id = %(id)s",
            id=self.ids[goal],
        ):
            question = (row["node_id"], row["activation"], row["call_no"])
            found.setdefault(row["prompt"].partition("@")[0], Counter())[question] += 1
        return found


@pytest.fixture(scope="module")
def worked(module_db: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worked]:
    folder = tmp_path_factory.mktemp("off-schema")
    db = module_db
    lines = folder / "recording.jsonl"
    lines.write_text("".join(f"{json.dumps(line)}\n" for line in recording()))
    (folder / "connections.toml").write_text('[tables.shop]\nurl = "${SHOP}"\ntables = ["ports"]\n')
    db.run("create table public.ports (name text)")
    db.run("insert into public.ports values ('Narvik')")
    register_actions(db)
    start = 'select pgswarm.start_swarm(%(goal)s, %(action)s, %(args)s, options => \'{"create": "ask"}\')'
    ids: dict[str, UUID] = {}
    goals = {name: name for name in SCENARIOS} | {never(task): name for task, name in TASKS.items()}
    for goal, name in goals.items():
        scenario = SCENARIOS[name]
        args = Jsonb(args_of(scenario, goal))
        ids[goal] = db.value(start, goal=goal, action=scenario.action, args=args)
        furnish(db.conn, ids[goal], name, goal)
    goal_of = {swarm_id: goal for goal, swarm_id in ids.items()}

    def ended() -> bool:
        for row in db.rows("select * from pgswarm.question where closed_at is null"):
            answer = Jsonb(answer_to(goal_of[row["swarm_id"]], row))
            db.run("select pgswarm.answer_question(%(id)s, %(a)s)", id=row["question_id"], a=answer)
        return not db.rows("select from pgswarm.swarm where status <> 'terminated'")

    processors = Processors(db, folder)
    try:
        processors.start(
            env={
                "PGSWARM_MODEL": f"recorded:{lines}",
                "PGSWARM_CONNECTIONS": str(folder / "connections.toml"),
                "SHOP": db.url,
            },
            lease_s=15,
        )
        wait_until(ended, "every swarm has ended", within_s=90)
        yield Worked(db, ids)
    finally:
        processors.end()


def test_no_prompt_is_left_out() -> None:
    assert set(TASKS) == {prompt.task for prompt in shipped_prompts()} == {task for task, _, _ in RIGHT}


@pytest.mark.parametrize("name", SCENARIOS)
def test_answers_that_fit_at_last_are_taken(worked: Worked, name: str) -> None:
    scenario = SCENARIOS[name]
    assert worked.end(name) == (("failed", scenario.ends) if scenario.ends else ("succeeded", None))
    sent = worked.sent(name)
    assert set(scenario.tasks) <= set(sent)
    assert {number for questions in sent.values() for number in questions.values()} == {ROUNDS}


@pytest.mark.parametrize("task", TASKS)
def test_answers_that_never_fit_end_the_node_clearly(worked: Worked, task: str) -> None:
    goal = never(task)
    assert worked.end(goal) == ("failed", "model_off_schema")
    assert list(worked.sent(goal)[task].values()) == [ROUNDS]


def test_a_pointer_is_added_and_nearly_empty_folders_are_merged(worked: Worked) -> None:
    conn, ids = worked.db.conn, worked.ids
    (pointer,) = [row for row in level(conn, ids["clone"], "projects") if row["kind"] == "pointer"]
    assert pointer["target_id"] == find(conn, ids["clone"], "references/n.md")
    merged = [f"projects/optimise memory/maps/{name}.md" for name in "abc"]
    assert set(merged) <= set(paths(conn, ids["optimise memory"]))
    assert names(level(conn, ids["optimise actions"], "made/maps", space="action")) == ["a", "b", "c"]
