"""Routing through a space that is too large to be shown at once: by recorded models of several shapes, and by rules."""

from typing import Any

import pytest

from e2e.swarm.conftest import Plant
from pgswarm.actions import Fail, Finish
from pgswarm.actions.node import ActionChoice
from pgswarm.actions.spaces.offered import SMALL
from pgswarm.schema.states import Outcome
from support.tree import Tree

TAKES_PLACE = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
FORECAST, TIDES = "sea/weather/forecast", "sea/tides/height"
FITS = ("arguments", None, {"fits": True, "arguments": [{"name": "place", "value": "Bergen"}], "reason": ""})


def goes(folder: str, choice: str, **match: Any) -> tuple[str, Any, Any]:
    place = {"path": folder, "depth": len(folder.split("/")) if folder else 0}
    return ("walk_action", {"folder": place, **match}, {"choice": choice, "reason": f"{choice} it is"})


def large(tree: Tree, **stand_ins: Any) -> Tree:
    """Give a tree more actions than are shown at once: two that matter, far down, and many that do not."""
    tree.more_actions = [
        ActionChoice(FORECAST, "Forecast tomorrow's weather for a place.", TAKES_PLACE),
        ActionChoice(TIDES, "Tell the height of the tide at a place.", TAKES_PLACE),
        *(ActionChoice(f"filler/kind_{n % 7}/thing_{n}", f"Does thing {n}.", {}) for n in range(SMALL)),
    ]
    tree.stand_ins = {FORECAST: lambda _: Finish("rain"), TIDES: lambda _: Finish("2 m"), **stand_ins}
    return tree


async def test_a_wrong_folder_is_left_remembered_and_the_right_one_found(plant: Plant) -> None:
    lines = [
        goes("", "sea", rejected_here=[{"name": "filler"}]),
        goes("", "filler"),
        goes("filler", "/back"),
        goes("sea", "weather"),
        FITS,
    ]
    tree = large(plant(lines))
    root = await tree.run("Will it rain in Bergen?")
    assert (root.report, root.children[0].action, root.children[0].raw_args) == ("rain", FORECAST, {"place": "Bergen"})
    walked = [prompt.data["folder"]["path"] for prompt in tree.prompts if prompt.task == "walk_action"]
    assert walked == ["", "filler", "", "sea"]  # the only child of `weather` is taken without asking
    assert {prompt.role for prompt in tree.prompts} == {"router"}


async def test_an_action_that_fails_is_not_chosen_again_and_the_walk_goes_on_from_there(plant: Plant) -> None:
    lines = [
        goes("", "sea"),
        goes("sea", "tides", rejected_here=[{"name": "weather"}]),
        goes("sea", "weather"),
        FITS,
    ]
    tree = large(plant(lines), **{FORECAST: lambda _: Fail("no_station", "There is no station there.")})
    root = await tree.run("How is the sea at Bergen?")
    assert [child.action for child in root.children] == [FORECAST, TIDES]
    assert root.report == "2 m"


async def test_an_action_that_does_not_fit_when_looked_at_closely_is_stepped_back_from(plant: Plant) -> None:
    lines = [
        goes("", "sea"),
        goes("sea", "tides", rejected_here=[{"name": "weather"}]),
        goes("sea", "weather"),
        ("arguments", {"action": {"action": FORECAST}}, {"fits": False, "arguments": [], "reason": "no weather"}),
        ("arguments", {"problem": "Your arguments do not fit"}, {"fits": False, "arguments": [], "reason": ""}),
        FITS,
    ]
    root = await large(plant(lines)).run("How high is the water at Bergen?")
    assert [child.action for child in root.children] == [TIDES]


async def test_a_choice_that_is_not_offered_is_repaired_and_never_taken(plant: Plant) -> None:
    lines = [
        goes("", "swarm/plan", round=0),
        goes("", "sea", round=1),
        goes("sea", "weather"),
        FITS,
    ]
    root = await large(plant(lines)).run("Will it rain?")
    assert root.report == "rain"


@pytest.mark.parametrize("made", [True, False])
async def test_where_nothing_fits_an_action_is_made_or_the_user_is_asked(plant: Plant, *, made: bool) -> None:
    lines: list[Any] = [
        goes("", "sea", advice="the tide at Bergen"),
        goes("sea", "tides", advice="the tide at Bergen"),
        FITS,
        goes("", "/back"),
        ("ask_user", None, {"title": "What else", "questions": ["What shall be done instead?"]}),
        ("converse", None, {"settled": [{"number": 1, "answer": "the tide at Bergen"}], "asks": [], "context": ""}),
    ]
    told: list[Any] = []

    def create(node: Any) -> Fail:
        told.append((node.directive, node.raw_args["why"]))
        return Fail("creation_off", "no")

    tree = large(plant(lines, lambda _: "the tide at Bergen"), **{"action/create": create})
    if made:
        tree.more_actions.append(ActionChoice("action/create", "Make a new action.", {}))
    root = await tree.run("Sing")
    if made:
        assert told == [("Sing", "/back it is")]
        assert root.error is not None
        assert root.error["code"] == "no_action_fits"
    else:
        assert root.children[0].action == "conversation/ask_user"
        assert root.report == "2 m"
    kept = [entry for entry in await tree.memory.entries() if entry.path.startswith("/swarm/suggestions/")]
    assert len(kept) == 1


async def test_chains_of_actions_that_fit_each_other_are_shown_to_router_and_planner(plant: Plant) -> None:
    output = {"type": "object", "properties": {"place": {"type": "string"}, "height": {"type": "integer"}}}
    tree = plant(
        [
            ("route", None, {"action": None, "arguments": [], "reason": "x"}),
            ("decompose", None, {"parts": [], "questions": []}),
        ]
    )
    tree.more_actions = [
        ActionChoice("sea/find_port", "Find a port.", {}, output),
        ActionChoice(TIDES, "Tell the tide.", TAKES_PLACE),
        ActionChoice("sea/both", "Needs more.", {**TAKES_PLACE, "required": ["place", "day"]}),
        ActionChoice("sea/number", "Another type.", {"properties": {"place": {"type": "number"}}}),
    ]
    fitting = [{"first": "sea/find_port", "then": TIDES, "hands_on": ["place"]}]
    tree.stand_ins = {"conversation/ask_user": lambda _: Fail("no", "no")}
    await tree.run("How high?")
    assert tree.prompts[0].data["chains"] == fitting
    tree.prompts.clear()
    await tree.run("How high?", "swarm/decompose_directive")
    assert tree.prompts[0].data["chains"] == fitting


@pytest.mark.parametrize(
    ("directive", "action"),
    [
        ("Forecast the weather for Bergen tomorrow", None),
        ("Height of the tide for Bergen", None),
        ("Summarise ferry.txt", "text/summarise"),
        ("Which files are there?", "files/list"),
    ],
)
async def test_by_rules_a_large_space_is_walked_to_the_action_that_fits(
    plant: Plant, directive: str, action: str | None
) -> None:
    tree = large(plant(None, files={"ferry.txt": "The ferry sails. It does so at nine. The crew sleeps."}))
    tree.more_actions[:2] = [
        ActionChoice(one.action_id, one.description, {"properties": {"directive": {"type": "string"}}})
        for one in tree.more_actions[:2]
    ]
    tree.stand_ins = {**tree.stand_ins, "files/list": lambda _: Finish("ferry.txt")}
    root = await tree.run(directive)
    assert root.outcome is Outcome.SUCCEEDED, tree.show()
    wanted = action or (FORECAST if "weather" in directive else TIDES)
    assert root.children[-1].action == wanted, tree.show()


async def test_by_rules_work_that_nothing_fits_ends_clearly(plant: Plant) -> None:
    tree = large(plant(None, lambda _: "never mind"))
    root = await tree.run("Knit a pullover")
    assert root.error is not None
    assert root.error["code"] in {"no_action_fits", "needs_model"}, tree.show()


async def test_what_is_switched_off_is_passed_by_and_said_where_nothing_else_fits(plant: Plant) -> None:
    tree = large(plant(None))
    tree.more_actions.append(ActionChoice("web/search", "Search the web for pages: titles, snippets.", {}))
    root = await tree.run("Search the web for bees")
    assert root.error is not None
    assert root.error["code"] == "not_configured", tree.show()
    assert root.children == []
    walked = [prompt.data for prompt in tree.prompts if prompt.task == "walk_action"]
    assert next(data["off"] for data in walked if data["folder"]["path"] == "web") == ["search"]


async def test_an_outside_tool_gets_its_own_level_and_context_and_not_the_routers(plant: Plant) -> None:
    chosen = {"action": "mcp/log/set", "arguments": [{"name": "level", "value": "debug"}], "reason": ""}
    given: list[Any] = []

    def tool(node: Any) -> Finish:
        given.append(dict(node.raw_args))
        return Finish("set")

    tree = plant([("route", None, chosen)], stand_ins={"mcp/log/set": tool})
    schema = {"properties": {"level": {"type": "string"}, "context": {"type": "string"}}}
    tree.more_actions = [ActionChoice("mcp/log/set", "Set the level of the log.", schema)]
    context = [{"directive": "before", "report": "done"}]
    root = await tree.run("Log more", "swarm/route_action", {"context": context, "level": 2})
    assert (root.report, given) == ("set", [{"level": "debug"}])
    shown = next(a for a in tree.prompts[0].data["actions"] if a["action"] == "mcp/log/set")
    assert shown["input_schema"]["properties"].keys() == {"level", "context"}
