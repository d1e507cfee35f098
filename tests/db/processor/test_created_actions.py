"""Actions that a swarm makes and then uses, through real processors and the real sandbox; models are recordings.

One processor makes them, another one runs them. All scenarios are swarms of their own, worked at the same time.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from support.created import make
from support.database import Database
from support.processors import Processors, register_actions
from support.wait import wait_until

pytestmark = pytest.mark.xdist_group("created_actions")  # one worker makes what all of them look at, once

PAGE = (Path(__file__).parents[3] / "docs" / "creation.md").read_text()
(COUNT,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
WRONG = COUNT.replace("split()", "split('x')")
STEPS = """from pgswarm_action import Ask, Child, Finish, Sleep, Spawn


def main(node):
    print("this is no answer")
    node.state["seen"] = ["main"]
    return Ask({"prompt": "Which colour?", "choices": ["red", "blue"]}, then=asked)


def asked(node):
    node.state["seen"].append(node.answers[0].answer)
    return Spawn([Child("bench/noop", "a part")], then=spawned)


async def spawned(node):
    node.state["seen"].append(node.reports[0].outcome)
    open("seen.txt", "w").write(" ".join(node.state["seen"]))
    open(".action/colorsys.py", "w").write("raise SystemExit('planted')")
    return Sleep(0, then=end)


def end(node):
    import colorsys
    return Finish(open("seen.txt").read())
"""
SPY = """import os, socket
def main(node):
    told = [name for name in os.environ if name.startswith(("PGSWARM", "OPENAI", "PG"))]
    try:
        socket.create_connection(("127.0.0.1", 5432), 1)
        told.append("network")
    except OSError:
        pass
    return Finish("found: " + " ".join(told))
"""
BROKEN = """def main(node):
    if node.directive == "use it":
        raise ValueError("not this")
    return Finish("well")
"""
LIAR = "def main(node):\n    return Finish('', {'words': 'many' if node.directive == 'use it' else 1})\n"
GREETS = "import greet\ndef main(node):\n    return Finish(greet.hello())\n"
UTIL = "def hello(): return 'hello from version {0}'\n"
SAVE_UTIL = """select pgswarm.save_entry(%(id)s, null, 'greet', 'function', 'Says hello', '', %(code)s, space => 'util',
                                      fields => '{"dependencies": []}')"""
TEXT = {"name": "text", "type": "text", "description": "what to count", "required": True}
WORDS = {"name": "words", "type": "integer", "description": "how many", "required": True}


def case(**more: Any) -> dict[str, Any]:
    empty = {"name": "a case", "handler": "main", "directive": "try it", "args": "", "state": "", "reports": []}
    return {**empty, "answers": [], "files": [], "expect": "finish", "report_contains": [], "output": "", **more}


COUNTED = case(name="three words", args='{"text": "one two three"}', report_contains=["3"], output='{"words": 3}')


def draft(code: str = COUNT, **more: Any) -> dict[str, Any]:
    counts = {"inputs": [TEXT], "outputs": [WORDS], "tests": [COUNTED]} if "tests" not in more else {}
    made = {"questions": [], "name": "count_words", "description": "Counts words.", "language": "python"}
    return {**made, "inputs": [], "outputs": [], "dependencies": [], "code": code, **counts, **more}


def line(directive: str, response: Any, **match: Any) -> dict[str, Any]:
    return {"task": "create_action", "match": {"directive": directive, **match}, "response": response}


RECORDING = [
    line("count the words", draft()),
    line("count at last", draft(), problem="Tests fail"),
    line("count at last", draft(WRONG)),
    line("count never", draft(WRONG)),
    line("describe only", draft("# the rest of the code goes here\nx = 1\n")),
    line("no tests", draft(tests=[])),
    line("count unwanted", draft()),
    line("count otherwise", draft(COUNT.replace("} words", "} WORDS")), problem="in capitals, please"),
    line("count otherwise", draft()),
    line("count by policy", draft()),
    line("go through steps and stop", draft(f"{STEPS}\n\n# twice", name="steps", tests=[case(expect="ask"), case(
        name="the end", handler="end", files=[{"name": "seen.txt", "content": "all"}],
    )])),
    line("go through steps", draft(STEPS, name="steps", tests=[
        case(expect="ask"),
        case(name="the end", handler="end", files=[{"name": "seen.txt", "content": "all"}], report_contains=["all"]),
        case(name="asked", handler="asked", state='{"seen": []}', answers=["red"], expect="spawn"),
    ])),
    line("count better", draft(), existing={"code": "old"}),
    line("count beside", draft()),
    line("whatever it takes", draft()),
    {"task": "route", "match": {"directive": "whatever it takes", "actions": [{"action": "created/count_words"}]},
     "response": {"action": "created/count_words", "arguments": [{"name": "text", "value": "a b c d"}], "reason": ""}},
    {"task": "route", "match": {}, "response": {"action": None, "arguments": [], "reason": "No such tool."}},
    line("greet", draft(GREETS, name="greets", tests=[case(report_contains=["version 1"])]),
         utils=[{"import": "greet"}]),
    line("spy", draft(SPY, name="spy", tests=[case()])),
    line("break", draft(BROKEN, name="breaks", tests=[case()])),
    line("lie", draft(LIAR, name="lies", tests=[case(output='{"words": 1}')], outputs=[WORDS])),
    line("shout", draft('echo "$1" | tr a-z A-Z; exit 0', name="shout", language="shell", tests=[
        case(directive="quiet", report_contains=["QUIET"]),
    ])),
]  # fmt: skip
ASKING: dict[str, Any] = {"create": "ask"}
TWO = {"uses": [{"text": "a b"}, {"texts": "a b"}]}
SCENARIOS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "count the words": (TWO, ASKING),
    "count at last": (TWO, {}),
    "count never": ({}, {}),
    "describe only": ({}, {}),
    "no tests": ({}, {}),
    "count unwanted": ({}, ASKING),
    "count otherwise": (TWO, ASKING),
    "count by policy": (TWO, {}),
    "never here": ({}, {"create": "off"}),
    "go through steps": ({}, {}),
    "greet": ({}, ASKING),
    "spy": ({}, {}),
    "break": ({}, {}),
    "lie": ({}, {}),
    "shout": ({}, {}),
    "go through steps and stop": ({}, {}),
    "count better": ({"make": {"improve": "created/count_words"}, **TWO}, {}),
    "count beside": (TWO, {}),
    "tamper": ({"made": "created/shout"}, {}),
}


def answer_to(goal: str, prompt: str) -> Any:
    if prompt == "Which colour?":
        return "blue"
    if goal == "count otherwise" and "WORDS" not in prompt:
        return "in capitals, please"
    return goal != "count unwanted"


@pytest.fixture(scope="module")
def worked(module_db: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("created")
    recording = folder / "recording.jsonl"
    recording.write_text("".join(f"{json.dumps(each)}\n" for each in RECORDING))
    db = module_db
    register_actions(db)
    start = "select pgswarm.start_swarm(%(goal)s, 'outside/make', %(args)s, options => %(options)s)"
    ids = {
        goal: str(db.value(start, goal=goal, args=Jsonb(args), options=Jsonb(options)))
        for goal, (args, options) in SCENARIOS.items()
    }
    # There before: one whose hash is not that of its content, and two of the name that a draft has.
    for goal, name in (("tamper", "shout"), ("count better", "count_words"), ("count beside", "count_words")):
        root = db.value("select root_node_id from pgswarm.swarm where swarm_id = %(id)s", id=ids[goal])
        make(db.conn, UUID(ids[goal]), root, name, "old")
    db.run(SAVE_UTIL, id=ids["greet"], code=UTIL.format(1).encode())
    ids["whatever it takes"] = str(db.value("select pgswarm.start_swarm('whatever it takes')"))
    goals = {swarm_id: goal for goal, swarm_id in ids.items()}
    asked: dict[str, list[str]] = {goal: [] for goal in ids}

    def ended() -> bool:
        rows = db.rows(
            """select question_id, swarm_id, pgswarm.whole_text(prompt, prompt_blob) as prompt
                 from pgswarm.question where closed_at is null"""
        )
        for row in rows:
            goal = goals[str(row["swarm_id"])]
            asked[goal].append(row["prompt"])
            if goal == "go through steps and stop":
                db.run("select pgswarm.revoke_action(%(id)s, 'created/steps', 1, 'it asks')", id=row["swarm_id"])
            if goal == "greet":
                db.run(SAVE_UTIL, id=row["swarm_id"], code=UTIL.format(2).encode())
            answer = Jsonb(answer_to(goal, row["prompt"]))
            db.run("select pgswarm.answer_question(%(id)s, %(a)s)", id=row["question_id"], a=answer)
        return not db.rows("select from pgswarm.swarm where status <> 'terminated'")

    def about(goal: str) -> dict[str, Any]:
        row = db.row(
            """select s.outcome, s.swarm_id, pgswarm.whole_text(s.report, s.report_blob) as report, n.error
                 from pgswarm.swarm s join pgswarm.node n on n.node_id = s.root_node_id where s.swarm_id = %(id)s""",
            id=ids[goal],
        )
        made = db.rows("select * from pgswarm.created_actions(%(id)s)", id=ids[goal])
        kinds = db.rows("select distinct kind from pgswarm.event where swarm_id = %(id)s", id=ids[goal])
        row["kinds"] = {each["kind"] for each in kinds}
        return row | {"made": made, "asked": asked[goal], "lines": (row["report"] or "").splitlines()}

    processors = Processors(db, folder)
    makes = {"PGSWARM_MODEL": f"recorded:{recording}", "PGSWARM_ACTION_CREATION": "auto"}
    try:
        made_by = ("--actions", "outside/*", "--actions", "action/create", "--actions", "swarm/*")
        processors.start(*made_by, env=makes, lease_s=15)
        processors.start("--actions", "created/*", "--actions", "bench/*", lease_s=15)
        wait_until(ended, "every scenario has ended", within_s=90)
        yield about
    finally:
        processors.end()


def test_action_is_written_tested_approved_filed_and_used_by_another_processor(worked: Any) -> None:
    found = worked("count the words")
    assert (found["lines"][0], found["lines"][-1]) == ("2 words", "offered: True")
    assert found["lines"][2:4] == ["Output:", '{"words": 2}']  # what others are handed on
    assert found["lines"][4].startswith("invalid_args: args: ")
    (prompt,) = found["asked"]
    assert COUNT in prompt
    assert "- three words: passed" in prompt
    (made,) = found["made"]
    assert (made["action_id"], made["version"], made["path"]) == ("created/count_words", 1, "created/count_words")
    fields = made["fields"]
    assert fields["model"].startswith("recorded:")
    assert fields["author_node"] == str(made["author_node_id"])
    assert {"by", "at", "question_id", "hash"} == fields["approval"].keys()
    assert fields["approval"]["hash"] == fields["hash"]
    assert [each["passed"] for each in fields["tests"]] == [True]
    assert fields["output_schema"]["properties"] == {"words": {"type": "integer", "description": "how many"}}


def test_action_imports_the_function_that_was_approved_with_it_also_when_there_is_a_newer_one(worked: Any) -> None:
    found = worked("greet")
    assert found["lines"][0] == "hello from version 1", found["error"]
    assert UTIL.format(1) in found["asked"][0]
    (pinned,) = found["made"][0]["fields"]["utils"].values()
    assert (pinned["code"], pinned["of"][-9:]) == (UTIL.format(1), "version 1")


def test_router_has_made_what_is_missing_and_then_chooses_it(worked: Any) -> None:
    found = worked("whatever it takes")
    assert (found["outcome"], found["report"]) == ("succeeded", '4 words\n\nOutput:\n{"words": 4}'), found["error"]


@pytest.mark.parametrize("goal", ["count at last", "count by policy"])
def test_what_passes_at_last_is_filed_by_the_operators_policy(worked: Any, goal: str) -> None:
    found = worked(goal)
    assert (found["lines"][0], found["asked"]) == ("2 words", [])
    assert found["made"][0]["fields"]["approval"]["by"] == "policy"


def test_better_version_takes_the_place_of_the_one_that_it_is_made_from(worked: Any) -> None:
    found = worked("count better")
    assert found["lines"][0] == "2 words"
    assert [(each["action_id"], each["version"]) for each in found["made"]] == [
        ("created/count_words", 2), ("created/count_words", 1),
    ]  # fmt: skip


def test_new_action_whose_name_is_taken_gets_a_number(worked: Any) -> None:
    found = worked("count beside")
    assert found["lines"][0] == "2 words"
    assert [each["action_id"] for each in found["made"]] == ["created/count_words", "created/count_words_2"]


def test_repairs_are_bounded(worked: Any) -> None:
    found = worked("count never")
    assert (found["error"]["code"], found["made"]) == ("tests_failed", [])
    assert "After 3 repairs" in found["error"]["message"]


@pytest.mark.parametrize(("goal", "why"), [("describe only", "Code was left out"), ("no tests", "at least one case")])
def test_draft_that_is_none_ends_at_its_bound(worked: Any, goal: str, why: str) -> None:
    found = worked(goal)
    assert found["error"]["code"] == "no_action"
    assert why in found["error"]["message"]


def test_a_no_ends_it_and_a_correction_changes_it(worked: Any) -> None:
    assert worked("count unwanted")["error"]["code"] == "not_approved"
    found = worked("count otherwise")
    assert (found["error"], len(found["asked"])) == (None, 2)
    assert found["lines"][0] == "2 WORDS"


def test_where_the_swarm_forbids_it_nothing_is_made(worked: Any) -> None:
    assert worked("never here")["error"]["code"] == "creation_off"


def test_created_action_asks_spawns_waits_and_keeps_its_state_and_files(worked: Any) -> None:
    found = worked("go through steps")
    assert (found["lines"][0], found["asked"]) == ("main blue succeeded", ["Which colour?"])


def test_created_action_finds_no_secret_and_no_network(worked: Any) -> None:
    assert worked("spy")["lines"][0] == "found: "


def test_action_that_breaks_or_gives_what_it_did_not_promise_fails_its_node(worked: Any) -> None:
    assert "action_broken: created/breaks in version 1" in worked("break")["lines"][0]
    assert "ValueError: not this" in worked("break")["lines"][0]
    assert worked("lie")["lines"][0].startswith("bad_output: created/lies in version 1: output.words")


def test_content_that_is_not_what_was_approved_does_not_run(worked: Any) -> None:
    assert worked("tamper")["lines"][0].startswith(
        "action_changed: created/shout in version 1 is not what was approved"
    )


def test_node_that_waits_does_not_go_on_with_a_version_that_was_revoked_meanwhile(worked: Any) -> None:
    found = worked("go through steps and stop")
    assert found["lines"][0] == "action_revoked: created/steps in version 1 was revoked: it asks"
    assert "action.revoked" in found["kinds"]


def test_script_of_the_shell_gets_its_directive_and_what_it_says_is_its_report(worked: Any) -> None:
    assert worked("shout")["lines"][0] == "USE IT"
