"""The conversation agent: each message takes off what it settles; nothing is asked twice, lost, or asked for ever."""

import json
from typing import Any

from e2e.swarm.conftest import Plant
from pgswarm.schema.states import Outcome

ASKS = ("ask_user", None, {"title": "Colour and a memory", "questions": ["Which colour?", "Which memory?"]})


def settles(*pairs: tuple[int, str], asks: tuple[str, ...] = (), context: str = "") -> dict[str, Any]:
    return {"settled": [{"number": n, "answer": a} for n, a in pairs], "asks": list(asks), "context": context}


async def test_two_questions_end_in_a_report_with_both_answers(plant: Plant) -> None:
    tree = plant([ASKS, ("converse", None, settles((2, "the sea"), (1, "green")))], lambda q: f"as to {q}")
    root = await tree.run("Ask for a favourite colour and a memory", "conversation/ask_user")
    assert root.report == "Q: Which colour?\nA: green\n\nQ: Which memory?\nA: the sea"
    assert root.activation == 3  # the first message, a later one, the last
    await tree.run("Ask the next person", "conversation/ask_user")
    saved = [e for e in await tree.memory.entries() if e.path.startswith("/user/conversations/colour-and-a-memory-")]
    assert [entry.description for entry in saved] == ["Colour and a memory"] * 2
    assert len({entry.path for entry in saved}) == 2  # one is not in the other's place


async def test_a_message_that_settles_nothing_has_its_question_asked_again_in_other_words(plant: Plant) -> None:
    lines = [
        ASKS,
        ("converse", {"messages": [{"text": "why?"}]}, settles((2, "the sea"), asks=("For a card. Which colour?",))),
        ("converse", {"settled": [{"question": "Which memory?", "answer": "the sea"}]}, settles((1, "green"))),
    ]
    answers = {"Which colour?": "why?", "Which memory?": "the sea", "For a card. Which colour?": "green"}
    tree = plant(lines, answers)
    root = await tree.run("Ask for a colour and a memory", "conversation/ask_user")
    assert tree.asked == list(answers)
    assert "Q: For a card. Which colour?\nA: green" in root.report
    assert "A: the sea" in root.report


async def test_an_open_question_that_the_model_forgets_is_asked_again(plant: Plant) -> None:
    lines = [
        ASKS,
        ("converse", {"open": [{"question": "Which memory?"}, {"question": "Which colour?"}]}, settles((1, "green"))),
        ("converse", None, settles((1, "the sea"), asks=("And your shoe size?",))),
    ]
    tree = plant(lines, lambda _: "so")
    root = await tree.run("Ask for a colour and a memory", "conversation/ask_user")
    assert tree.asked == ["Which colour?", "Which memory?", "Which memory?"]
    assert root.outcome is Outcome.SUCCEEDED


async def test_a_conversation_that_settles_nothing_ends_at_its_bound(plant: Plant) -> None:
    tree = plant([ASKS, ("converse", None, settles())], lambda _: "mm")
    root = await tree.run("Ask for a colour and a memory", "conversation/ask_user")
    assert root.error is not None
    assert root.error["code"] == "no_answer"
    assert len(tree.asked) == 2 * 6


async def test_what_is_open_at_the_bound_is_named_beside_what_was_learned(plant: Plant) -> None:
    lines = [ASKS, ("converse", {"settled": []}, settles((1, "green"))), ("converse", None, settles())]
    lines[1] = ("converse", {"open": [{"question": "Which colour?"}]}, settles((1, "green")))
    root = await plant(lines, lambda _: "mm").run("Ask for a colour and a memory", "conversation/ask_user")
    assert root.outcome is Outcome.SUCCEEDED
    assert root.report == "Q: Which colour?\nA: green\n\nStill open: Which memory?"


async def test_an_answer_off_schema_is_repaired(plant: Plant) -> None:
    lines = [
        ASKS,
        ("converse", {"round": 0}, "I settled it all."),
        ("converse", {"round": 1}, settles((1, "green"), (2, "the sea"))),
    ]
    root = await plant(lines, lambda _: "x").run("Ask", "conversation/ask_user")
    assert root.outcome is Outcome.SUCCEEDED


async def test_what_the_user_chose_from_a_list_no_model_makes_into_something_else(plant: Plant) -> None:
    meddles = {"questions": [], "expertise": "ships", "involvement": "always", "notes": ""}
    tree = plant([("interview", None, meddles)], lambda q: "Decide for yourselves" if "involved" in q else "ships")
    await tree.run("Get to know me", "conversation/introductory_interview")
    assert json.loads(await tree.memory.read("profile.json"))["involvement"] == "never"


async def test_a_directive_that_asks_nothing_fails_with_its_reason(plant: Plant) -> None:
    root = await plant([("ask_user", None, {"title": "", "questions": [" "]})]).run("Hm", "conversation/ask_user")
    assert root.error is not None
    assert root.error["code"] == "no_question"
