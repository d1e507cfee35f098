"""The introductory interview: what is known is not asked again, and is kept for all swarms only with a yes."""

import json
from typing import Any

import pytest

from e2e.swarm.conftest import Plant
from pgswarm.actions.conversation.introductory_interview import EXPERTISE, INVOLVEMENT, KEEP
from pgswarm.schema.states import Outcome
from support.tree import Tree, TreeNode

ACTION = "conversation/introductory_interview"
ALL, ALONE = "All my swarms", "This one alone"
SAID = {EXPERTISE: "ships, not law", INVOLVEMENT: "Ask me only what is important", KEEP: ALL}
WHOLE = {"expertise": "ships", "involvement": "always", "notes": ""}


def found(**changed: Any) -> tuple[str, None, dict[str, Any]]:
    return ("interview", None, {"questions": [], **WHOLE, **changed})


async def interview(tree: Tree, **known: str) -> TreeNode:
    tree.memory.known = known or None
    root = await tree.run("Get to know me", ACTION)
    assert root.outcome is Outcome.SUCCEEDED, tree.show()
    return root


@pytest.mark.parametrize(
    ("chosen", "involvement"),
    [("Decide for yourselves", "never"), ("Ask me only what is important", "important")],
)
async def test_the_interview_keeps_a_profile_that_says_when_to_ask(plant: Plant, chosen: str, involvement: str) -> None:
    tree = plant(None, {**SAID, INVOLVEMENT: chosen})
    await interview(tree)
    profile = json.loads(await tree.memory.read("profile.json"))
    assert (profile["expertise"], profile["involvement"]) == ("ships, not law", involvement)
    assert tree.memory.known == profile


async def test_what_a_person_keeps_to_one_swarm_is_not_known_to_the_others(plant: Plant) -> None:
    tree = plant(None, {**SAID, KEEP: ALONE})
    root = await interview(tree)
    assert json.loads(await tree.memory.read("profile.json"))["expertise"] == "ships, not law"
    assert (tree.memory.known, "for this swarm alone" in root.report) == (None, True)


async def test_the_interview_asks_once_more_what_it_could_not_understand_and_then_ends(plant: Plant) -> None:
    tree = plant([found(questions=["What is a ship to you?"])], lambda _: "hm")
    root = await interview(tree)
    assert tree.asked.count("What is a ship to you?") == 1
    assert "whenever something is unclear" in root.report
    assert tree.memory.known is None  # "hm" is no yes


async def test_who_wants_no_questions_is_asked_none_though_something_is_not_known(plant: Plant) -> None:
    tree = plant([])
    root = await interview(tree, involvement="never")
    assert (tree.asked, tree.memory.known) == ([], {"involvement": "never"})
    assert "nothing was asked" in root.report


async def test_who_wants_to_be_asked_what_is_important_is_asked_only_what_is_not_known(plant: Plant) -> None:
    tree = plant([found(expertise="ships", involvement="always")], {EXPERTISE: "ships", KEEP: ALL})
    await interview(tree, involvement="important", notes="call me Ann")
    assert tree.asked == [EXPERTISE, KEEP]
    assert tree.memory.known == {"expertise": "ships", "involvement": "important", "notes": "call me Ann"}


async def test_all_that_is_known_is_shown_in_one_question_and_a_yes_changes_nothing(plant: Plant) -> None:
    tree = plant([], lambda _: "Yes.")
    await interview(tree, **WHOLE)
    (shown,) = tree.asked
    assert "Expertise: ships" in shown
    assert "whenever something is unclear" in shown
    assert (tree.memory.known, tree.memory.listed()) == (WHOLE, [])
    assert not tree.prompts  # no call is paid


@pytest.mark.parametrize("model", ["recorded", "rules"])
async def test_what_has_changed_of_what_was_known_is_kept_in_its_place(plant: Plant, model: str) -> None:
    lines = None if model == "rules" else [found(involvement="important", notes="I sold the ships")]
    tree = plant(lines, lambda _: "I sold the ships. Ask only what is important.")
    await interview(tree, **WHOLE)
    assert len(tree.asked) == 1
    assert tree.memory.known is not None
    assert (tree.memory.known["expertise"], tree.memory.known["involvement"]) == ("ships", "important")
    assert "sold the ships" in tree.memory.known["notes"]
    assert tree.prompts[0].data["known"] == WHOLE


async def test_a_bare_no_to_what_is_known_has_it_asked_anew(plant: Plant) -> None:
    tree = plant(None, lambda question: SAID.get(question, "no"))
    await interview(tree, **WHOLE)
    assert tree.asked[1:] == [EXPERTISE, INVOLVEMENT, KEEP]
    assert tree.memory.known == {"expertise": "ships, not law", "involvement": "important", "notes": ""}


async def test_what_a_model_makes_too_long_fits_the_profile(plant: Plant) -> None:
    tree = plant([found(expertise="é" * 30_000, notes="ö" * 30_000)], SAID)
    await interview(tree)
    assert len(json.dumps(tree.memory.known, ensure_ascii=False).encode()) < 20_000
