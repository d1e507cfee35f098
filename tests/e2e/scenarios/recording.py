"""What the model of the scenarios says: one recording for all goals, each of whose lines names its goal or its part."""

from typing import Any

from support.programs import GAME, GAME_TEST

HELLO = "print('hello, world')\n"
AS_IS = {"how": "as_is", "reason": "", "questions": [], "packages": []}
ABOUT = {"name": "x", "kind": "script", "description": "Says hello.", "parameters": [], "dependencies": []}
SLOW_S = 2.0

HELLO_GOAL = "Write, test, save and run a hello-world script"
GAME_GOAL = "Make a tic-tac-toe game and let it play to the end"
ASK_GOAL = "Ask me for my favourite colour and a memory"
SING_GOAL = "Sing me a song, aloud"
PARTS_GOAL = "Break this down into its parts: the harbour as seen from three sides"
ROUNDS_GOAL = "Go round the island, and again as often as it takes"
NEVER_GOAL = "Polish the brass until nobody can say a word against it"

QUICK, SLOW, QUICK_TOO = "Look from the east", "Look from the north, taking some time", "Look from the west"
FIRST, SECOND, LEFT = "Sail along the coast", "Sail through the sound", "What the first round left out"


def line(task: str, directive: str, response: Any, **match: Any) -> dict[str, Any]:
    return {"task": task, "match": {"directive": directive, **match}, "response": response}


def routed(directive: str, action: str | None, **arguments: str) -> dict[str, Any]:
    given = [{"name": name, "value": value} for name, value in arguments.items()]
    return line("route", directive, {"action": action, "arguments": given, "reason": "nothing fits" * (action is None)})


def planned(goal: str, *steps: str) -> list[dict[str, Any]]:
    stages = [{"steps": [step]} for step in steps]
    return [routed(goal, "swarm/plan"), line("plan", goal, {"questions": [], "stages": stages})]


def decomposed(directive: str, *parts: str) -> dict[str, Any]:
    return line("decompose", directive, {"questions": [], "parts": list(parts)})


def overall(directive: str, *, left: str = "", **match: Any) -> dict[str, Any]:
    found = {"complete": not left, "reason": "", "left": left, "questions": []}
    return line("review_overall", directive, found, **match)


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
    routed("Keep what greets", "memory/save", file="hello.py"),  # the coder's, as it lies in the workspace
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
    routed(PARTS_GOAL, "swarm/decompose_directive"),
    decomposed(PARTS_GOAL, QUICK, SLOW, QUICK_TOO),
    {**routed(SLOW, "files/list"), "delay_s": SLOW_S},
    *(routed(part, "files/list") for part in (QUICK, QUICK_TOO, FIRST, SECOND, NEVER_GOAL)),
    decomposed(LEFT, SECOND),
    decomposed(ROUNDS_GOAL, FIRST),
    overall(ROUNDS_GOAL, branches=[{"directive": SECOND}]),
    overall(ROUNDS_GOAL, left=LEFT),
    {"task": "decompose", "match": {"whole_directive": NEVER_GOAL},
     "response": {"questions": [], "parts": [NEVER_GOAL]}},
    line("review_branch", NEVER_GOAL, {"complete": False, "reason": "a spot", "questions": []}),
    overall(NEVER_GOAL, left="the spot that was seen last"),
    {"task": "analyse_code", "response": {"questions": [], "plan": "a script"}},
    {"task": "determine_unknowns", "response": {"unknowns": []}},
    {"task": "review_plan", "response": {"confirmed": True, "reason": "", "stages": []}},
    {"task": "review_branch", "response": {"complete": True, "reason": "", "questions": []}},
    overall(""),
    line("consolidate", HELLO_GOAL, {"report": "The script is kept, and greets."}),
    line("consolidate", GAME_GOAL, {"report": "The game plays to its end."}),
    line("consolidate", PARTS_GOAL, {"report": "The harbour, from three sides."}),
    line("consolidate", ROUNDS_GOAL, {"report": "Twice round."}),
]  # fmt: skip
