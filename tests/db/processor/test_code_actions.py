"""The actions on files and code, through real processors and the real sandbox; models are recordings.

One processor works all the scenarios, each a swarm of its own; the tests then look at what became of them.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from support.database import Database
from support.processors import Processors, register_actions
from support.programs import GAME, GAME_TEST
from support.wait import wait_until

pytestmark = pytest.mark.xdist_group("code_actions")  # one worker makes what all of them look at, once

ADD = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"
UTIL = "def add(a: int, b: int) -> int:\n    return a + b\n"
BY_UTIL = "import adder\nprint(adder.add(40, 2), adder.__file__)\n"
HARNESS = "from add import add\nassert add(2, 3) == 5, add(2, 3)\nprint('2 + 3 = 5')\n"
ABOUT = {"name": "adder", "kind": "module", "description": "Adds two numbers.", "parameters": [], "dependencies": []}
AS_IS = {"how": "as_is", "reason": "", "questions": [], "packages": []}
MADE_UP = AS_IS | {"how": "made_up"}
RIGHT_EDIT = {"questions": [], "edits": [{"old": "a - b", "new": "a + b"}]}
WRONG_EDIT = {"questions": [], "edits": [{"old": "x - y", "new": "x + y"}]}
NO_PLAN: dict[str, Any] = {"questions": [], "plan": "a function"}


def line(task: str, directive: str, response: Any, **more: Any) -> dict[str, Any]:
    match = {"directive": directive, **more.pop("match", {})}
    return {"task": task, "match": match, "response": response, **more}


RECORDING = [
    # code/write_python: at once
    line("analyse_code", "plain add", NO_PLAN),
    line("write_code", "plain add", {"code": f"```python\n{ADD}```"}),
    line("describe_code", "plain add", ABOUT),
    # may import a function of the blueprint
    line(
        "analyse_code",
        "add by a util",
        NO_PLAN,
        match={"utils": [{"import": "adder", "signature": "add(a: int, b: int) -> int"}]},
    ),
    line("write_code", "add by a util", {"code": BY_UTIL}, match={"utils": [{"description": "Adds two numbers"}]}),
    line("describe_code", "add by a util", ABOUT | {"name": "by_util", "kind": "script", "dependencies": ["tabulate"]}),
    # asks first
    line("analyse_code", "asking add", NO_PLAN, match={"answers": [{"answer": "integers"}]}),
    line("analyse_code", "asking add", {"questions": ["Integers or floats?"], "plan": ""}),
    line("write_code", "asking add", {"code": ADD}, match={"answers": [{"answer": "integers"}]}),
    line("describe_code", "asking add", ABOUT),
    # leaves the code out, once
    line("analyse_code", "lazy add", NO_PLAN),
    line("write_code", "lazy add", {"code": ADD}, match={"problem": "Code was left out"}),
    line("write_code", "lazy add", {"code": "def add(a, b):\n    ...\n"}),
    line("describe_code", "lazy add", ABOUT),
    # leaves the code out for ever
    line("analyse_code", "idle add", NO_PLAN),
    line("write_code", "idle add", {"code": "# the rest of the code goes here\nx = 1\n"}),
    # never fits the schema
    line("analyse_code", "off-schema add", NO_PLAN),
    *[line("write_code", "off-schema add", "I would rather not.", round=n) for n in range(3)],
    # code/test_python
    line("plan_test", "test as it is", AS_IS),
    line("plan_test", "test with a harness", MADE_UP),
    line("write_harness", "test with a harness", {"code": HARNESS, "inputs": []}),
    line("plan_test", "test and mend", MADE_UP),
    line("write_harness", "test and mend", {"code": HARNESS, "inputs": []}),
    line(
        "repair_code",
        "test and mend",
        {"code": ADD, "harness": "", "give_up": False, "reason": "the sign"},
        match={"run": "AssertionError: -1"},
    ),
    line("plan_test", "test in vain", MADE_UP),
    line("write_harness", "test in vain", {"code": HARNESS, "inputs": []}),
    *[
        line(
            "repair_code",
            "test in vain",
            {"code": f"# try {n + 1}\n{WRONG}", "harness": "", "give_up": False, "reason": ""},
            match={"code": WRONG if not n else f"# try {n}\n"},
        )
        for n in range(2, -1, -1)
    ],
    line("plan_test", "test asking", AS_IS, match={"answers": [{"answer": "7"}]}),
    line("plan_test", "test asking", AS_IS | {"how": "user", "questions": ["Which number?"]}),
    line("plan_test", "test never", AS_IS | {"how": "no", "reason": "It needs a robot."}),
    # written, tested and run by one swarm, in one workspace
    line("analyse_code", "a hello-world script", NO_PLAN),
    line("write_code", "a hello-world script", {"code": "print('hello, world')"}),
    line("describe_code", "a hello-world script", ABOUT | {"kind": "script", "description": "Says hello."}),
    line("plan_test", "a hello-world script", AS_IS),
    line("analyse_code", "a game of tic-tac-toe", NO_PLAN),
    line("write_code", "a game of tic-tac-toe", {"code": GAME}),
    line("describe_code", "a game of tic-tac-toe", ABOUT | {"description": "Plays tic-tac-toe."}),
    line("plan_test", "a game of tic-tac-toe", MADE_UP),
    line("write_harness", "a game of tic-tac-toe", {"code": GAME_TEST, "inputs": []}),
    # code/edit_file
    line("edit_file", "edit twice", RIGHT_EDIT, match={"problem": "nowhere"}),
    line("edit_file", "edit twice", WRONG_EDIT),
    line("edit_file", "edit in vain", WRONG_EDIT),
]  # fmt: skip

HELLO = "import os\nprint('hello', 2 + 3)\nos.makedirs('out')\nopen('out/made.txt', 'w').write('made')\n"
SCENARIOS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain add": ("code/write_python", {}),
    "asking add": ("code/write_python", {}),
    "lazy add": ("code/write_python", {"name": "lazy"}),
    "idle add": ("code/write_python", {}),
    "off-schema add": ("code/write_python", {}),
    "test as it is": ("code/test_python", {"code": "print(6 * 7)"}),
    "test with a harness": ("code/test_python", {"code": ADD, "file": "add.py"}),
    "test and mend": ("code/test_python", {"code": WRONG, "file": "add.py"}),
    "test in vain": ("code/test_python", {"code": WRONG, "file": "add.py"}),
    "test asking": ("code/test_python", {"code": "print(7)"}),
    "test never": ("code/test_python", {"code": "print(7)"}),
    "run hello": ("code/run_python", {"code": HELLO}),
    "run failing": ("code/run_python", {"code": "import sys\nprint('so far')\nsys.exit('no good')"}),
    "run for ever": ("code/run_python", {"code": "while True: pass", "timeout_s": 0.5}),
    "run command": ("code/run_command", {"command": "tr a-z A-Z > loud.txt; cat loud.txt; pwd", "stdin": "quiet"}),
    "add by a util": ("code/write_python", {}),
    "run a util": ("code/run_python", {"code": BY_UTIL}),
    "nothing to run": ("code/run_python", {}),
    "many files": ("outside/files", {}),
    "a hello-world script": ("outside/build", {"name": "hello.py"}),
    "a game of tic-tac-toe": ("outside/build", {"name": "game.py"}),
    "edit twice": ("outside/edit", {"text": WRONG}),
    "edit in vain": ("outside/edit", {"text": WRONG}),
    "edit given": ("outside/edit", {"text": WRONG, "edits": [{"old": "a - b", "new": "a + b"}]}),
}
ANSWERS: list[tuple[str, Any]] = [
    ("Integers or floats?", "integers"),
    ("Which number?", "7"),
    ("I could not make the test", "It does not work"),
]


@pytest.fixture(scope="module")
def worked(module_db: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("code")
    recording = folder / "recording.jsonl"
    recording.write_text("".join(f"{json.dumps(each)}\n" for each in RECORDING))
    db = module_db
    register_actions(db)
    blueprint = db.value("select pgswarm.create_blueprint('with a util')")
    db.run(
        """select pgswarm.save_blueprint_entry(%(b)s, 'adder', 'function', space => 'util', content => %(code)s,
                                               description => 'Adds two numbers')""",
        b=blueprint,
        code=UTIL.encode(),
    )
    ids = {
        goal: db.value(
            "select pgswarm.start_swarm(%(goal)s, %(action)s, %(args)s, options => %(options)s)",
            goal=goal,
            action=action,
            args=Jsonb(args),
            options=Jsonb({"blueprint": str(blueprint)} if goal.endswith("a util") else {}),
        )
        for goal, (action, args) in SCENARIOS.items()
    }
    processors = Processors(db, folder)
    asked: dict[str, list[str]] = {}

    def ended() -> bool:
        for row in db.rows("select question_id, swarm_id, prompt from pgswarm.question where closed_at is null"):
            asked.setdefault(str(row["swarm_id"]), []).append(row["prompt"])
            answer = next(given for beginning, given in ANSWERS if row["prompt"].startswith(beginning))
            db.run("select pgswarm.answer_question(%(id)s, %(a)s)", id=row["question_id"], a=Jsonb(answer))
        return not db.rows("select from pgswarm.swarm where status <> 'terminated'")

    def about(goal: str) -> dict[str, Any]:
        swarm_id = ids[goal]
        row = db.row(
            """select s.outcome, pgswarm.whole_text(s.report, s.report_blob) as report, n.error
                 from pgswarm.swarm s join pgswarm.node n on n.node_id = s.root_node_id where s.swarm_id = %(id)s""",
            id=swarm_id,
        )
        kept = db.rows(
            """select path, convert_from(pgswarm.read_file(swarm_id, path), 'utf8') as text
                 from pgswarm.workspace where swarm_id = %(id)s order by path""",
            id=swarm_id,
        )
        saved = db.rows(
            """select path, kind, description
                 from pgswarm.space_entry where swarm_id = %(id)s and blob is not null""",
            id=swarm_id,
        )
        return row | {
            "files": {each["path"]: each["text"] for each in kept},
            "memory": {each["path"]: (each["kind"], each["description"]) for each in saved},
            "utils": db.value(
                """select (select result -> 'utils' from pgswarm.workspace_change
                            where swarm_id = %(id)s and result ? 'utils' limit 1)""",
                id=swarm_id,
            ),
            "asked": asked.get(str(swarm_id), []),
            "calls": db.value("select count(*) from pgswarm.llm_call where swarm_id = %(id)s", id=swarm_id),
        }

    try:
        processors.start(env={"PGSWARM_MODEL": f"recorded:{recording}"}, lease_s=15)
        wait_until(ended, "every scenario has ended", within_s=90)
        yield about
    finally:
        processors.end()


@pytest.mark.parametrize("goal", ["plain add", "asking add"])
def test_code_is_written_and_kept_where_its_description_says(worked: Any, goal: str) -> None:
    found = worked(goal)
    assert found["outcome"] == "succeeded", found["error"]
    assert found["report"].startswith("adder.py (module): Adds two numbers.")
    assert found["files"] == {"adder.py": ADD}
    assert found["memory"].pop("results/adder.py") == ("python_module", "Adds two numbers.")
    assert list(found["memory"]) == (["user/answers/integers-or-floats.md"] if goal == "asking add" else [])
    assert found["asked"] == (["Integers or floats?"] if goal == "asking add" else [])


def test_coder_who_leaves_out_the_code_is_told_and_writes_it(worked: Any) -> None:
    found = worked("lazy add")
    assert (found["outcome"], found["files"]) == ("succeeded", {"lazy.py": ADD})


def test_coder_who_never_writes_the_code_ends_in_a_clear_failure(worked: Any) -> None:
    found = worked("idle add")
    assert (found["outcome"], found["error"]["code"], found["calls"]) == ("failed", "no_code", 4)
    assert "Code was left out ('# the rest of the code goes here')" in found["error"]["message"]
    assert found["files"] == {}


def test_coder_whose_answers_fit_no_schema_ends_the_node(worked: Any) -> None:
    found = worked("off-schema add")
    assert (found["outcome"], found["error"]["code"]) == ("failed", "model_off_schema")


def test_code_is_tested_by_running_it(worked: Any) -> None:
    found = worked("test as it is")
    assert found["outcome"] == "succeeded", found["error"]
    assert found["report"].startswith("code.py works: its test passed at once.")
    assert "42" in found["report"]


def test_harness_runs_beside_the_code(worked: Any) -> None:
    found = worked("test with a harness")
    assert found["outcome"] == "succeeded", found["error"]
    assert "2 + 3 = 5" in found["report"]


def test_what_fails_is_mended_and_the_mended_code_is_kept(worked: Any) -> None:
    found = worked("test and mend")
    assert found["report"].startswith("add.py works: its test passed after 1 repair."), found["error"]
    assert found["files"] == {"add.py": ADD}
    assert "results/add.py" in found["memory"]


def test_repairs_are_bounded_and_then_the_user_gets_the_script(worked: Any) -> None:
    found = worked("test in vain")
    assert (found["outcome"], found["error"]["code"]) == ("failed", "test_failed")
    assert "3 repairs did not make it work" in found["asked"][0]
    assert {"results/add.py", "results/test_add.py"} <= set(found["memory"])
    assert found["calls"] == 2 + 3


def test_what_only_the_user_can_give_is_asked_before_the_test(worked: Any) -> None:
    found = worked("test asking")
    assert (found["outcome"], found["asked"]) == ("succeeded", ["Which number?"])


def test_what_cannot_be_tested_says_why(worked: Any) -> None:
    found = worked("test never")
    assert found["error"] == {"code": "not_testable", "message": "code.py cannot be tested here: It needs a robot."}


def test_script_runs_and_its_files_are_kept_in_workspace_and_memory(worked: Any) -> None:
    found = worked("run hello")
    assert found["outcome"] == "succeeded", found["error"]
    assert "hello 5" in found["report"]
    assert found["files"] == {"out": None, "out/made.txt": "made"}
    assert found["memory"] == {"results/out/made.txt": ("text", "run hello")}


def test_coder_is_shown_the_functions_that_a_run_then_imports_in_a_version_that_is_recorded(worked: Any) -> None:
    assert worked("add by a util")["outcome"] == "succeeded", worked("add by a util")["error"]
    found = worked("run a util")
    assert found["outcome"] == "succeeded", found["error"]
    assert "42 " in found["report"]
    assert found["files"] == {}
    assert [known.rpartition(" ")[0][-7:] for known in found["utils"].values()] == ["version"], found["utils"]
    assert list(found["utils"]) == ["adder"]


def test_failing_script_is_reported_whole(worked: Any) -> None:
    found = worked("run failing")
    assert found["error"] == {"code": "code_failed", "message": "The script ended with exit code 1: no good"}
    assert "so far" in found["report"]


def test_script_that_never_ends_is_ended(worked: Any) -> None:
    found = worked("run for ever")
    assert found["error"]["code"] == "code_timeout"


def test_command_works_on_the_workspace(worked: Any) -> None:
    found = worked("run command")
    assert found["outcome"] == "succeeded", found["error"]
    assert found["files"] == {"loud.txt": "QUIET"}


def test_nothing_to_run_says_what_to_give(worked: Any) -> None:
    assert worked("nothing to run")["error"]["code"] == "nothing_to_run"


def test_files_are_saved_moved_renamed_listed_and_deleted_by_actions(worked: Any) -> None:
    found = worked("many files")
    assert found["outcome"] == "succeeded", found["error"]
    assert found["files"] == {
        "b": None,
        "b/d.txt": "two",
        "e": None,
        "lib.py": "class Tree:\n    def grow(self): return 1\n",
    }
    reports = json.loads(found["report"])
    assert "lib.py:2: function Tree.grow" in reports["grow"]
    assert "- b/d.txt (3 bytes)" in reports["list"]
    assert (reports["read"], reports["out"], reports["gone"]) == ("two", "bad_path", "not_found")


@pytest.mark.parametrize("goal", ["edit twice", "edit given"])
def test_edit_replaces_what_stands_there_once(worked: Any, goal: str) -> None:
    found = worked(goal)
    assert found["outcome"] == "succeeded", found["error"]
    assert found["files"] == {"add.py": ADD}


def test_edit_that_never_fits_changes_nothing(worked: Any) -> None:
    found = worked("edit in vain")
    assert (found["outcome"], found["files"]) == ("failed", {"add.py": WRONG})
    assert "its `old` stands nowhere in the file" in found["error"]["message"]


@pytest.mark.parametrize(
    ("goal", "name", "says"),
    [("a hello-world script", "hello.py", "hello, world"), ("a game of tic-tac-toe", "game.py", "winner: ")],
)
def test_program_is_written_tested_and_run_in_one_workspace(worked: Any, goal: str, name: str, says: str) -> None:
    found = worked(goal)
    assert found["outcome"] == "succeeded", found["error"]
    assert says in found["report"]
    assert name in found["files"]
    assert found["memory"][f"results/{name}"][0] in {"python", "python_module"}
    assert found["memory"][f"results/{name}"][1] in {"Says hello.", "Plays tic-tac-toe."}
