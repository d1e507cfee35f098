"""Documents and reviews."""

import pytest

from pgswarm.actions.models.errors import NeedsModelError
from pgswarm.actions.models.offline.rules import answer

FILES = [
    {"name": "treaty.txt", "kind": "text", "head": ""},
    {"name": "catch.csv", "kind": "csv", "head": "port,tonnes"},
]
TABLE = "| port | total tonnes |\n|---|---|\n" + "".join(f"| p{i} | {90 - i} |\n" for i in range(9))
FIGURES = {"directive": "Total tonnes by port", "report": f"Total tonnes by port: p0 90; p1 89.\n\n{TABLE}"}
QUOTE = {
    "directive": "Find what treaty.txt says about seals",
    "report": "On seals:\n\n> Seals rest.\n> — treaty.txt, line 9",
}
POINTS = "\n".join(f"- Point {i} of the treaty. (line {i})" for i in range(1, 9))
SUMMARY = {"directive": "Summarise treaty.txt", "report": f"treaty.txt (90 words), in its own words:\n\n{POINTS}"}
ASKED = {"directive": "Ask the user: Who is the memo for?", "report": "Q: Who is the memo for?\nA: the night shift"}
NOTES = [SUMMARY, FIGURES, QUOTE]


def write(directive: str, notes: list[dict[str, str]], **more: object) -> dict[str, object]:
    return answer("write", {"directive": directive, "context": notes, "files": FILES, **more}, {})


def test_a_document_puts_figures_first_and_adds_nothing() -> None:
    text = str(write("Write a memo for the mayor", NOTES)["text"])
    assert text.startswith("# Memo for the mayor\n")
    assert text.index("Key figures") < text.index("> Seals rest.") < text.index("Point 1")
    assert "treaty.txt, catch.csv" not in text.split("Sources:", maxsplit=1)[0]


def test_a_document_without_a_reader_asks_for_one() -> None:
    found = write("Write a memo", NOTES)
    assert (found["questions"], found["text"]) == (["Who is the memo for?"], "")


@pytest.mark.parametrize(
    ("notes", "more"),
    [
        ([*NOTES, ASKED], {}),
        (NOTES, {"answers": [{"question": "Who is the memo for?", "answer": "the night shift"}]}),
        (NOTES, {"audience": "the night shift"}),
    ],
)
def test_the_reader_is_taken_from_wherever_it_was_told(notes: list[dict[str, str]], more: dict[str, object]) -> None:
    assert write("Write a memo", notes, **more)["title"] == "Memo for the night shift"


def test_a_short_document_is_shorter() -> None:
    long, short = (
        str(write(f"Write a memo of {words} words for the mayor", NOTES)["text"]).split() for words in (400, 60)
    )
    assert len(short) < len(long) <= 460


def test_readers_who_work_with_figures_get_more_of_the_table() -> None:
    many, few = (str(write(f"Write a report for {who}", NOTES)["text"]) for who in ("the data analysts", "the parents"))
    assert many.count("\n| p") == 9 + 1  # the heading
    assert few.count("\n| p") == 5 + 1
    assert "4 more rows" in few


def test_what_failed_is_said_in_the_document() -> None:
    failed = {"directive": "Translate it", "outcome": "failed", "error": {"code": "needs_model", "message": "no model"}}
    assert "- Translate it: no model" in str(write("Write a memo for the mayor", [*NOTES, failed])["text"])


def test_nothing_is_written_from_nothing() -> None:
    with pytest.raises(NeedsModelError, match="nothing to write from"):
        write("Write a memo for the mayor", [])


def branch(directive: str, report: str = "", **more: object) -> dict[str, object]:
    return {"directive": directive, "outcome": "succeeded", "report": report, "files": FILES, **more}


@pytest.mark.parametrize(
    ("data", "complete"),
    [
        (branch("Total tonnes by port", "p0 has 90."), True),
        (branch("Total tonnes by port", "I do not know."), False),
        (branch("Find what treaty.txt says about seals", "> Seals rest.\n> — treaty.txt, line 9"), True),
        (branch("Find what treaty.txt says about seals", "Nothing about seals was found in treaty.txt."), True),
        (branch("Find what treaty.txt says about seals", "It says a lot."), False),
        (branch("Summarise treaty.txt", "  "), False),
        (branch("Write a memo for the mayor", "# Memo for the mayor"), True),
        (branch("Write a memo for the mayor", "# Memo for the bishop"), False),
        (branch("Summarise treaty.txt", outcome="failed", error={"message": "no"}), False),
    ],
)
def test_a_branch_is_complete_when_its_report_answers_it(data: dict[str, object], *, complete: bool) -> None:
    assert answer("review_branch", data, {})["complete"] is complete


GOAL = "Summarise treaty.txt, give the total tonnes by port, and write a memo for the mayor"


def overall(*branches: dict[str, object]) -> dict[str, object]:
    return answer("review_overall", {"directive": GOAL, "branches": list(branches), "files": FILES}, {})


def report_of(*branches: dict[str, object]) -> str:
    return str(answer("consolidate", {"directive": GOAL, "branches": list(branches), "files": FILES}, {})["report"])


def done(directive: str, report: str) -> dict[str, object]:
    return {"directive": directive, "report": report, "complete": True}


def failed(directive: str, code: str) -> dict[str, object]:
    return {"directive": directive, "complete": False, "reason": "It broke.", "error": {"code": code, "message": "x"}}


def test_what_is_left_is_one_directive() -> None:
    found = overall(done("Summarise treaty.txt", "s"), done("Give the total tonnes by port", "90"))
    assert (found["complete"], found["left"]) == (False, "Write a memo for the mayor")


def test_when_everything_is_done_the_reports_stand_in_the_order_of_the_goal() -> None:
    memo = done("Write a memo for the mayor", "# Memo for the mayor\n\nx")
    branches = (memo, done("Give the total tonnes by port", "90"), done("Summarise treaty.txt", "s"))
    report = report_of(*branches)
    assert overall(*branches)["complete"]
    assert report.index("Summary of treaty.txt") < report.index("90") < report.index("## Memo for the mayor")


def test_a_part_that_failed_once_is_tried_once_more() -> None:
    once = failed("Give the total tonnes by port", "exception")
    good = done("Summarise treaty.txt", "s")
    assert "total tonnes" in str(overall(good, once)["left"])
    assert "total tonnes" not in str(overall(good, once, once)["left"])


def test_a_part_that_cannot_be_done_is_named_and_not_tried_again() -> None:
    memo = done("Write a memo for the mayor", "# Memo for the mayor")
    branches = (done("Summarise treaty.txt", "s"), failed("Give the total tonnes by port", "needs_model"), memo)
    found = overall(*branches)
    assert (found["complete"], found["left"]) == (False, "")
    assert "Not done" in report_of(*branches)


def test_each_thing_to_ask_becomes_a_question() -> None:
    found = answer("ask_user", {"directive": "Ask me for my favourite colour and a memory"}, {})
    assert found["questions"] == ["Your favourite colour?", "A memory?"]


def test_an_indirect_question_is_put_directly() -> None:
    found = answer("ask_user", {"directive": "Ask the user what their budget is"}, {})
    assert found["questions"] == ["What is your budget?"]
