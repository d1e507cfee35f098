import pytest

from pgswarm.actions.models.errors import NeedsModelError
from pgswarm.actions.models.offline.rules import answer
from support.tree import built_in_actions

FILES = [
    {"name": "fishing_treaty.txt", "kind": "text", "head": "A treaty on fishing"},
    {"name": "catch-2019.csv", "kind": "csv", "head": "port,species,month,tonnes,price"},
]
ACTIONS = [
    {"action": a.action_id, "description": a.description, "input_schema": a.input_schema} for a in built_in_actions()
]
FORECAST = {
    "action": "weather/forecast",
    "description": "Forecast tomorrow's weather for a place.",
    "input_schema": {"properties": {"directive": {"type": "string"}}, "required": ["directive"]},
}


def route(directive: str, **more: object) -> dict[str, object]:
    return answer("route", {"directive": directive, "files": FILES, "actions": ACTIONS, **more}, {})


@pytest.mark.parametrize(
    ("directive", "action"),
    [
        ("Condense fishing_treaty.txt", "text/summarise"),
        ("Give me the gist of the treaty", "text/summarise"),
        ("Boil the text down to three sentences", "text/summarise"),
        ("Summarise catch-2019.csv", "data/describe_table"),
        ("Describe the table", "data/describe_table"),
        ("What is the total tonnage by port?", "data/describe_table"),
        ("Add up the tonnes for each species", "data/describe_table"),
        ("How many rows are there?", "data/describe_table"),
        ("Find which month had the largest catch", "data/describe_table"),
        ("What does the treaty say on whales?", "memory/retrieve"),
        ("Look up the passage about nets", "memory/retrieve"),
        ("Quote the line on seals", "memory/retrieve"),
        ("Who signed the treaty?", "memory/retrieve"),
        ("Ask the user: Who is the report for?", "conversation/ask_user"),
        ("Ask me what my favourite colour is", "conversation/ask_user"),
        ("Interview me before the work begins", "conversation/introductory_interview"),
        ("Make a plan for summarising both files, then carry it out", "swarm/plan"),
        ("Break this down into parts and work on them in parallel: summarise each file", "swarm/decompose_directive"),
        ("Which files are there?", "files/list"),
        ("Show me fishing_treaty.txt", "files/read"),
        ("Write a Python program that sorts", "code/write_python"),
        ("Run the script sort.py", "code/run_python"),
        ("Summarise both files and write a memo for the board", "swarm/decompose_directive"),
        ("Write a one-page report for the mayor", "swarm/decompose_directive"),
    ],
)
def test_a_directive_goes_to_the_action_for_its_kind_of_work(directive: str, action: str) -> None:
    assert route(directive)["action"] == action


def test_a_document_with_results_to_write_from_goes_to_the_writer() -> None:
    found = route("Write a one-page memo for the fleet owners", has_context=True)
    assert found["action"] == "text/write_text"
    assert {"name": "audience", "value": "the fleet owners"} in found["arguments"]
    assert {"name": "max_words", "value": 450} in found["arguments"]


def test_arguments_are_taken_from_the_directive() -> None:
    assert route("Boil the text down to three sentences")["arguments"] == [
        {"name": "file", "value": "fishing_treaty.txt"},
        {"name": "max_words", "value": 75},
        {"name": "max_sentences", "value": 3},
    ]


@pytest.mark.parametrize(
    ("directive", "action", "arguments"),
    [
        ("Run the command ls -la", "code/run_command", {"command": "ls -la"}),
        ("Run the command `ls *.md | wc -l`.", "code/run_command", {"command": "ls *.md | wc -l"}),
        ("Execute `echo a, then b`", "code/run_command", {"command": "echo a, then b"}),
        ("Save this text as note.md: hello", "memory/save", {"name": "note.md", "content": "hello"}),
        ("Save this as a.txt: Sum it up, then run", "memory/save", {"name": "a.txt", "content": "Sum it up, then run"}),
        ("Run the command ls and summarise both files", "swarm/decompose_directive", {}),
        ("Ask me what the web is", "conversation/ask_user", {}),
        ("What does fishing_treaty.txt say on the web?", "memory/retrieve", None),
    ],
)
def test_what_a_directive_says_letter_by_letter_is_taken_so(
    directive: str, action: str, arguments: dict[str, str] | None
) -> None:
    found = route(directive)
    assert found["action"] == action
    assert arguments is None or {a["name"]: a["value"] for a in found["arguments"]} == arguments


@pytest.mark.parametrize("directive", ["Search the web for bees", "Find out online who invented bees"])
def test_the_web_is_searched_where_a_directive_says_so_and_else_it_is_said_to_be_off(directive: str) -> None:
    search = {"action": "web/search", "description": "Search the web for pages: titles, addresses and snippets."}
    schema = {"properties": {"query": {"type": "string"}}}
    assert route(directive, off=[search])["action"] == "web/search"
    chosen = route(directive, actions=[*ACTIONS, search | {"input_schema": schema}])
    assert chosen["action"] == "web/search"
    assert all(not {"web", "online"} & set(argument["value"].split()) for argument in chosen["arguments"])


def test_questions_on_the_swarm_itself_are_looked_up_in_its_own_documentation() -> None:
    found = route("Which action of this swarm plans ordered steps?")
    assert found["action"] == "memory/retrieve"
    assert {"name": "folder", "value": "swarm"} in found["arguments"]
    assert all(argument["name"] != "folder" for argument in route("What does the treaty say on whales?")["arguments"])


def test_an_action_of_another_package_is_found_by_its_words() -> None:
    found = route("Forecast the weather for Bergen tomorrow", actions=[*ACTIONS, FORECAST])
    assert found["action"] == "weather/forecast"


@pytest.mark.parametrize("directive", ["Translate the text into French", "Book a table"])
def test_work_that_rules_cannot_do_needs_a_model(directive: str) -> None:
    with pytest.raises(NeedsModelError, match="OPENAI_API_KEY"):
        route(directive)


def test_a_choice_that_failed_for_its_input_is_not_followed_by_a_guess() -> None:
    failed = [{"action": "text/summarise", "code": "not_found", "reason": "No file is called x."}]
    assert route("Summarise x.txt", rejected=failed)["action"] is None


def test_an_unknown_task_needs_a_model() -> None:
    with pytest.raises(NeedsModelError, match="compose_song"):
        answer("compose_song", {}, {})


@pytest.mark.parametrize(
    ("task", "what"),
    [
        ("analyse_code", "Writing code"),
        ("write_code", "Writing code"),
        ("plan_test", "Testing code"),
        ("edit_file", "Editing a file"),
    ],
)
def test_writing_and_testing_code_needs_a_model(task: str, what: str) -> None:
    with pytest.raises(NeedsModelError, match=f"^{what} needs a model: set OPENAI_API_KEY"):
        answer(task, {"directive": "Write a program that sorts"}, {})
