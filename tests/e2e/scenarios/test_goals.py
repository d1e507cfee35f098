"""Goals from beginning to end, black box: only a goal goes in, through the public functions; the model is a recording.

One processor works them all, each a swarm of its own.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from support.database import Database
from support.processors import Processors, register_actions
from support.programs import GAME, GAME_TEST
from support.wait import wait_until

pytestmark = pytest.mark.xdist_group("goals")  # one worker makes what all of them look at, once

HELLO = "print('hello, world')\n"
AS_IS = {"how": "as_is", "reason": "", "questions": [], "packages": []}
ABOUT = {"name": "x", "kind": "script", "description": "Says hello.", "parameters": [], "dependencies": []}

HELLO_GOAL = "Write, test, save and run a hello-world script"
GAME_GOAL = "Make a tic-tac-toe game and let it play to the end"
ASK_GOAL = "Ask me for my favourite colour and a memory"
SING_GOAL = "Sing me a song, aloud"


def line(task: str, directive: str, response: Any, **match: Any) -> dict[str, Any]:
    return {"task": task, "match": {"directive": directive, **match}, "response": response}


def routed(directive: str, action: str | None, **arguments: str) -> dict[str, Any]:
    given = [{"name": name, "value": value} for name, value in arguments.items()]
    return line("route", directive, {"action": action, "arguments": given, "reason": "nothing fits" * (action is None)})


def planned(goal: str, *steps: str) -> list[dict[str, Any]]:
    stages = [{"steps": [step]} for step in steps]
    return [routed(goal, "swarm/plan"), line("plan", goal, {"questions": [], "stages": stages})]


def filed(folder: str, choice: str, **new: str) -> dict[str, Any]:
    place = {"path": folder, "depth": len(folder.split("/")) if folder else 0}
    said = {"choice": choice, "reason": "", "new_name": "", "new_description": "", **new}
    return {"task": "file_entry", "match": {"folder": place}, "response": said}


RECORDING = [
    *planned(HELLO_GOAL, "Write what greets", "Test what greets", "Keep what greets in memory", "Run what greets"),
    routed("Write what greets", "code/write_python", name="hello.py"),
    line("write_code", "Write what greets", {"code": HELLO}),
    line("describe_code", "Write what greets", ABOUT),
    routed("Test what greets", "code/test_python", file="hello.py"),
    line("plan_test", "Test what greets", AS_IS),
    routed(
        "Keep what greets", "memory/save", name="hello.py", content=HELLO, description="A script that greets the world"
    ),
    filed("", "projects"),
    filed("projects", "/new", new_name="Greetings", new_description="Scripts that greet."),
    routed("Run what greets", "code/run_python", file="hello.py"),
    *planned(GAME_GOAL, "Write the game", "Test the game", "Run the game"),
    routed("Write the game", "code/write_python", name="game.py"),
    line("write_code", "Write the game", {"code": GAME}),
    line("describe_code", "Write the game", ABOUT | {"description": "Plays tic-tac-toe."}),
    routed("Test the game", "code/test_python", file="game.py"),
    line("plan_test", "Test the game", AS_IS | {"how": "made_up"}),
    line("write_harness", "Test the game", {"code": GAME_TEST, "inputs": []}),
    routed("Run the game", "code/run_python", file="game.py"),
    routed(ASK_GOAL, "conversation/ask_user"),
    {"task": "ask_user", "response": {"title": "Colour and memory", "questions": ["Which colour?", "Which memory?"]}},
    line("converse", ASK_GOAL, {"settled": [
        {"number": 1, "answer": "green"}, {"number": 2, "answer": "the sea at night"}
    ], "asks": [], "context": ""}),
    routed(SING_GOAL, None),
    {"task": "converse", "response": {"settled": [{"number": 1, "answer": "hum it"}], "asks": [], "context": ""}},
    {"task": "analyse_code", "response": {"questions": [], "plan": "a script"}},
    {"task": "determine_unknowns", "response": {"unknowns": []}},
    {"task": "review_plan", "response": {"confirmed": True, "reason": "", "stages": []}},
    {"task": "review_branch", "response": {"complete": True, "reason": "", "questions": []}},
    {"task": "review_overall", "response": {"complete": True, "reason": "", "left": "", "questions": []}},
    line("consolidate", HELLO_GOAL, {"report": "The script is kept, and greets."}),
    line("consolidate", GAME_GOAL, {"report": "The game plays to its end."}),
]  # fmt: skip


class World:
    """The swarms of the goals, and what a person sees of them."""

    def __init__(self, db: Database) -> None:
        self.db = db
        goals = (HELLO_GOAL, GAME_GOAL, ASK_GOAL, SING_GOAL)
        start = 'select pgswarm.start_swarm(%(goal)s, options => \'{"create": "off"}\')'  # no action is made for them
        self.ids = {goal: db.value(start, goal=goal) for goal in goals}

    def swarm(self, goal: str) -> dict[str, Any]:
        return self.db.row(
            """select s.status, s.outcome, pgswarm.whole_text(s.report, s.report_blob) as report, n.error
                 from pgswarm.swarm s join pgswarm.node n on n.node_id = s.root_node_id where s.swarm_id = %(id)s""",
            id=self.ids[goal],
        )

    def ended(self, goal: str) -> dict[str, Any]:
        """Wait for a goal's end."""

        def end() -> dict[str, Any] | None:
            row = self.swarm(goal)
            return row if row["status"] == "terminated" else None

        try:
            return wait_until(end, f"{goal!r} has ended", within_s=90)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.nodes(goal)}") from None

    def nodes(self, goal: str) -> list[Any]:
        return self.db.rows(
            "select action, directive, status, report, error from pgswarm.node where swarm_id = %(id)s",
            id=self.ids[goal],
        )

    def report_of(self, goal: str, action: str) -> str:
        (found,) = [node["report"] for node in self.nodes(goal) if node["action"] == action]
        return str(found)

    def open_questions(self, goal: str, number: int) -> dict[str, Any]:
        """Wait for so many open questions; return their ids by their texts."""

        def found() -> dict[str, Any] | None:
            rows = self.db.rows(
                "select q.question_id, q.prompt from pgswarm.inbox q where q.swarm_id = %(id)s", id=self.ids[goal]
            )
            return {row["prompt"]: row["question_id"] for row in rows} if len(rows) == number else None

        return wait_until(found, f"{number} questions of {goal!r} are open", within_s=60)

    def answer(self, question_id: Any, answer: str) -> None:
        said = self.db.value("select pgswarm.answer_question(%(id)s, %(a)s)", id=question_id, a=Jsonb(answer))
        assert said == "accepted"


@pytest.fixture(scope="module")
def world(module_db: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("goals")
    recording = folder / "recording.jsonl"
    recording.write_text("".join(f"{json.dumps(each)}\n" for each in RECORDING))
    register_actions(module_db)
    made = World(module_db)
    processors = Processors(module_db, folder)
    try:
        processors.start(env={"PGSWARM_MODEL": f"recorded:{recording}"}, lease_s=15)
        yield made
    finally:
        processors.end()


def test_a_script_is_written_tested_kept_where_its_description_says_and_run(world: World) -> None:
    ended = world.ended(HELLO_GOAL)
    assert (ended["outcome"], ended["report"]) == ("succeeded", "The script is kept, and greets."), ended
    kept = world.db.row(
        """select e.path, e.kind, e.description, f.description as folder,
                  convert_from(pgswarm.read_entry(e.swarm_id, e.entry_id), 'utf8') as content
             from pgswarm.space_entry e join pgswarm.space_entry f on f.entry_id = e.parent_id
            where e.swarm_id = %(id)s and e.path = 'projects/Greetings/hello.py'""",
        id=world.ids[HELLO_GOAL],
    )
    assert kept["content"] == HELLO
    assert (kept["kind"], kept["description"]) == ("python", "A script that greets the world")
    assert kept["folder"] == "Scripts that greet."
    assert "hello, world" in world.report_of(HELLO_GOAL, "code/run_python")
    assert "hello, world" in world.report_of(HELLO_GOAL, "code/test_python")


def test_a_game_of_tic_tac_toe_is_written_tested_and_played(world: World) -> None:
    ended = world.ended(GAME_GOAL)
    assert (ended["outcome"], ended["report"]) == ("succeeded", "The game plays to its end."), ended
    assert "it takes the win" in world.report_of(GAME_GOAL, "code/test_python")
    assert "winner: " in world.report_of(GAME_GOAL, "code/run_python")


def test_two_questions_are_answered_out_of_their_order_in_two_messages(world: World) -> None:
    questions = world.open_questions(ASK_GOAL, 2)
    world.answer(questions["Which memory?"], "the sea at night")
    assert list(world.open_questions(ASK_GOAL, 1)) == ["Which colour?"]
    world.answer(questions["Which colour?"], "green")
    ended = world.ended(ASK_GOAL)
    assert ended["outcome"] == "succeeded"
    assert ended["report"] == "Q: Which colour?\nA: green\n\nQ: Which memory?\nA: the sea at night"


def test_what_nothing_fits_is_asked_back_and_then_fails_with_its_reason(world: World) -> None:
    ((prompt, question_id),) = world.open_questions(SING_GOAL, 1).items()
    assert prompt.startswith("Nothing here can do this: “Sing me a song, aloud”. nothing fits")
    world.answer(question_id, "hum it")
    ended = world.ended(SING_GOAL)
    assert (ended["outcome"], ended["error"]["code"]) == ("failed", "no_action_fits"), ended
    kept = world.db.row(
        "select path from pgswarm.space_entry where swarm_id = %(id)s and kind = 'suggestion'", id=world.ids[SING_GOAL]
    )
    assert kept["path"].startswith("swarm/suggestions/missing-action")
