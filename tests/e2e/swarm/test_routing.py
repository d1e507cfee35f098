"""The router in a small space: what it hands on, what it leaves out, what it checks, and where it ends."""

import json
from typing import Any

import pytest

from e2e.swarm.conftest import Plant
from pgswarm.actions import Fail, Finish
from pgswarm.actions.node import ActionChoice
from pgswarm.actions.swarm.outputs import MAX_CHARS, output_of, with_output
from pgswarm.actions.swarm.route_action import MAX_CHOICES, MAX_LEVEL
from pgswarm.schema.states import Outcome
from support.tree import Tree

PLACE = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
FIND, TIDES = "sea/find_port", "sea/tides"
WANTED = {"place": "Bergen"}
NEVER = {"user/profile.json": '{"expertise": "", "involvement": "never", "notes": ""}'}


def chosen(action: str | None, match: dict[str, Any] | None = None, **arguments: Any) -> tuple[str, Any, Any]:
    given = [{"name": name, "value": value} for name, value in arguments.items()]
    return ("route", match, {"action": action, "arguments": given, "reason": "so it is"})


def at_sea(tree: Tree, **stand_ins: Any) -> Tree:
    """Give a tree two actions of which the second takes what the first gives."""
    tree.more_actions = [
        ActionChoice(FIND, "Find the port nearest to a ship.", {"type": "object"}, PLACE),
        ActionChoice(TIDES, "Tell the height of tides at a place.", PLACE),
    ]
    tree.stand_ins = {
        FIND: lambda _: Finish(with_output("The nearest one is there.", WANTED)),
        TIDES: lambda node: Finish(f"2 m at {node.raw_args['place']}"),
        **stand_ins,
    }
    return tree


async def test_a_second_action_is_given_what_the_first_handed_on(plant: Plant) -> None:
    step = {"stages": [{"steps": ["Find the port"]}, {"steps": ["Tell the tide there"]}], "questions": []}
    lines = [
        ("plan", None, step),
        ("review_plan", None, {"confirmed": True, "stages": [], "reason": "", "questions": []}),
        chosen(FIND, {"directive": "Find the port"}),
        chosen(TIDES, {"directive": "Tell the tide there", "context": [{"output": WANTED}]}, **WANTED),
        ("review_branch", None, {"complete": True, "reason": "", "questions": []}),
        ("review_overall", None, {"complete": True, "reason": "", "left": "", "questions": []}),
        ("consolidate", None, {"report": "done"}),
    ]
    tree = at_sea(plant(lines))
    root = await tree.run("How high is the tide?", "swarm/plan", {"find_unknowns": False})
    assert root.outcome is Outcome.SUCCEEDED, tree.show()
    (told,) = [node for node in tree.nodes if node.action == TIDES]
    assert told.raw_args == WANTED
    (note,) = next(p.data["context"] for p in tree.prompts if p.task == "route" and p.data["context"])
    assert note["report"].startswith("The nearest one is there.")


async def test_rules_fill_what_was_handed_on_into_what_is_required(plant: Plant) -> None:
    tree = at_sea(plant(None))
    args = {"context": [{"directive": "Find the port", "report": "There.", "output": WANTED}]}
    root = await tree.run("Height of the tides", args=args)
    assert root.report == "2 m at Bergen", tree.show()


@pytest.mark.parametrize(
    ("report", "output"),
    [
        ('{"a": 1}', {"a": 1}),
        (with_output("Found.", {"a": [1]}), {"a": [1]}),
        ("Found.", None),
        ("[1]", None),
        ('{"a": NaN}', None),
        ('{"a": "\\u0000"}', None),
        ('{"a": "\\ud800"}', None),
        (json.dumps({"a": "x" * MAX_CHARS}), None),
        ("{" * 2_000, None),
    ],
)
def test_the_output_of_a_report_is_an_object_that_can_be_stored(report: str, output: Any) -> None:
    assert output_of(report) == output


async def test_what_failed_is_not_offered_again_and_the_bound_on_choices_holds(plant: Plant) -> None:
    rejected = [{"action": f"sea/work_{n}"} for n in range(MAX_CHOICES)]
    lines = [chosen(f"sea/work_{n}", {"rejected": rejected[:n]}) for n in reversed(range(MAX_CHOICES + 1))]
    tree = plant(lines)
    ids = [f"sea/work_{n}" for n in range(MAX_CHOICES + 2)]
    tree.more_actions = [ActionChoice(one, "Works at sea.", {"type": "object"}) for one in ids]
    tree.stand_ins = {one: lambda _: Fail("broken", "It broke.") for one in ids}
    root = await tree.run("Work")
    assert [child.action for child in root.children] == ids[:MAX_CHOICES] == ids[:3]
    offered = [{one["action"] for one in prompt.data["actions"]} for prompt in tree.prompts]
    assert [set(ids) - seen for seen in offered] == [set(ids[:n]) for n in range(MAX_CHOICES)]
    assert root.error is not None
    assert root.error["code"] == "broken"


async def test_where_only_one_action_is_to_be_used_its_failure_is_the_end(plant: Plant) -> None:
    tree = at_sea(plant([chosen(FIND)]), **{FIND: lambda _: Fail("no_ship", "There is no ship.")})
    root = await tree.run("Find the port", args={"only": FIND})
    assert len(root.children) == 1
    assert root.error == {"code": "no_ship", "message": "There is no ship."}


@pytest.mark.parametrize("action", [TIDES, "data/describe_table"])
async def test_arguments_that_do_not_fit_go_back_with_the_reason_and_are_never_run(plant: Plant, action: str) -> None:
    wrong = {"place": 5} if action == TIDES else {"no_such": "x"}
    lines = [chosen(TIDES, {"problem": f"Your arguments for {action} do not fit: "}, **WANTED), chosen(action, **wrong)]
    root = await at_sea(plant(lines)).run("How high is the tide?")
    assert [(child.action, child.raw_args) for child in root.children] == [(TIDES, WANTED)]


async def test_arguments_that_never_fit_end_it_at_the_bound(plant: Plant) -> None:
    tree = at_sea(plant([chosen(TIDES, place=5)]))
    root = await tree.run("How high is the tide?")
    assert root.error is not None
    assert root.error["code"] == "bad_args"
    assert len(tree.prompts) == MAX_CHOICES


@pytest.mark.parametrize(("level", "there"), [(MAX_LEVEL - 1, True), (6, False)])
async def test_below_so_many_managers_there_is_no_further_one(plant: Plant, level: int, *, there: bool) -> None:
    tree = at_sea(plant([chosen(FIND)]))
    await tree.run("Find the port", args={"level": level})
    offered = {one["action"] for one in tree.prompts[0].data["actions"]}
    assert ({"swarm/plan", "swarm/decompose_directive"} <= offered) is there
    assert bool({"swarm/plan", "swarm/decompose_directive"} & offered) is there


async def test_who_is_never_to_be_asked_is_not_asked_where_nothing_fits(plant: Plant) -> None:
    tree = plant([chosen(None)], files=NEVER)
    root = await tree.run("Sing")
    assert root.children == []
    assert root.error is not None
    assert root.error["code"] == "no_action_fits"


async def test_who_is_never_to_be_asked_is_not_asked_after_a_failure(plant: Plant) -> None:
    asks = {"decision": "ask_user", "advice": "", "action": "", "question": "What now?", "reason": "nobody knows"}
    tree = plant([("handle_failure", None, asks)], files=NEVER)
    failure = {"action": FIND, "code": "no_ship", "message": "There is no ship."}
    root = await tree.run("Find the port", "swarm/handle_failure", {"failure": failure})
    assert tree.asked == []
    assert root.error == {"code": "no_ship", "message": "There is no ship. Given up: nobody knows"}


@pytest.mark.parametrize("goal", ["Search the web for bees", "Ask the web who invented bees"])
async def test_what_is_switched_off_is_said_with_what_is_to_be_set(plant: Plant, goal: str) -> None:
    root = await plant(None).run(goal)
    assert root.children == []
    assert root.error is not None
    assert root.error["code"] == "not_configured"
    assert "[web.search]" in root.error["message"]


async def test_a_model_is_told_what_is_switched_off_and_it_is_not_run(plant: Plant) -> None:
    tree = plant([chosen("web/search", query="bees")])
    root = await tree.run("Which pages are there on bees?")
    assert [off["action"] for off in tree.prompts[0].data["off"]] == ["web/search"]
    assert "web/search" not in {one["action"] for one in tree.prompts[0].data["actions"]}
    assert root.error is not None
    assert root.error["code"] == "not_configured"
