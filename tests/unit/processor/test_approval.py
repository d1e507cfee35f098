"""A person's yes before a spawn: what needs one, what each answer means; a correction leads to another plan."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from pgswarm.actions import Child, Finish, Spawn
from pgswarm.actions.swarm.yes import Said, read_answer
from pgswarm.processor import approval
from pgswarm.processor.acts import NewChild
from pgswarm.processor.encode import json_value
from pgswarm.schema.states import Verb
from unit.processor.test_runner import Bench

PLAN = Spawn([Child("test/a", "part", {"n": 1}, priority=2)], then="main", plan="1. part")
STEP = Spawn([Child("test/a", "part", {"n": 1, "context": [{"directive": "long"}]})], then="main")


def context(approve: str = "plan", *answers: Any) -> bytes:
    told = [{"question_id": "0198f3a5-1111-7000-8000-000000000000", "prompt": "?", "answer": a} for a in answers]
    return json.dumps({"approve": approve, **({"answers": told} if told else {})}).encode()


async def act_of(handler: Callable[[Any], Any], **row: Any) -> Any:
    async def handle(node: Any) -> Any:
        return handler(node)

    bench = Bench(handle)
    bench.feed(**row)
    async with asyncio.timeout(5):
        await bench.closed.wait()
    return bench.acts[0]


def asked(act: Any) -> str:
    assert act.verb is Verb.ASK
    return str(json.loads(act.questions[0])["prompt"])


@pytest.mark.parametrize(
    ("approve", "outcome", "needed"),
    [
        ("none", PLAN, False),
        ("plan", PLAN, True),
        ("plan", STEP, False),
        ("every_step", PLAN, True),
        ("every_step", STEP, True),
        ("every_step", Spawn([Child("conversation/ask_user", "x")], then="main"), False),
        ("every_step", Spawn([Child("conversation/of_others", "x")], then="main"), True),
    ],
)
async def test_a_yes_is_asked_for_where_the_swarm_wants_it(approve: str, outcome: Spawn, needed: Any) -> None:
    assert approval.is_needed(approve, outcome.plan, [c.action for c in outcome.children], lambda _: True) is needed


def test_what_only_routes_or_reviews_needs_no_yes_but_a_plan_does() -> None:
    assert not approval.is_needed("every_step", "", ["swarm/review_reports"], lambda _: False)
    assert approval.is_needed("every_step", "1. x", ["swarm/route_action"], lambda _: False)


def test_arguments_that_others_have_named_are_all_shown() -> None:
    args = json_value("args", {"context": ["delete all"], "level": "root"})
    children = [NewChild(action, b"go", args, None) for action in (b"mcp/shell/run", b"text/write_text")]
    shown = str(json.loads(approval.question("swarm/route_action", "go", "", children))["prompt"]).splitlines()
    assert '- mcp/shell/run: go {"context": ["delete all"], "level": "root"}' in shown
    assert "- text/write_text: go" in shown


@pytest.mark.parametrize(
    ("answer", "yes", "correction"),
    [
        (True, True, ""),
        (" Yes. ", True, ""),
        ("go  ahead", True, ""),
        (False, False, ""),
        ("NO!", False, ""),
        ("yes, but shorter", False, "yes, but shorter"),
        ({"do": "less"}, False, '{"do": "less"}'),
    ],
)
def test_an_answer_is_a_yes_a_no_or_a_correction(answer: Any, yes: Any, correction: str) -> None:
    assert read_answer(answer) == Said(yes=yes, correction=correction)


async def test_a_spawn_waits_for_its_yes_and_is_then_committed_as_it_was() -> None:
    def plans(node: Any) -> Spawn:
        node.state["round"] = 1
        return PLAN

    waiting = await act_of(plans, context=context(), state=b'{"round": 0}')
    assert "1. part" in asked(waiting)
    spawned = await act_of(never, context=context("plan", "yes"), state=waiting.state)
    assert (spawned.verb, spawned.handler, json.loads(spawned.state)) == (Verb.SPAWN, b"main", {"round": 1})
    (child,) = spawned.children
    assert (child.action, child.directive, child.args, child.priority) == (b"test/a", b"part", b'{"n":1}', 2)


async def test_all_that_a_yes_allows_is_shown_and_what_nobody_would_read_is_not_asked_for() -> None:
    command = "ls; # harmless " + "." * 400 + "\nrm -rf ."
    many = [Child("test/a", f"part {n}", {"n": n}) for n in range(40)]
    spawn = Spawn([Child("test/a", "d" * 900, {"command": command, "n": 1, "context": ["x"]}), *many], then="main")
    prompt = asked(await act_of(lambda _: spawn, context=context("every_step")))
    assert all(said in prompt for said in ("d" * 900, "    rm -rf .", '{"n": 1}', "part 39"))
    assert "context" not in prompt
    planned = Spawn([Child("test/a", "part", {"command": command})], then="main", plan="1. part")
    assert "rm -rf ." in asked(await act_of(lambda _: planned, context=context("plan")))
    endless = Spawn([Child("test/a", "x" * approval.MAX_SHOWN)], then="main")
    refused = await act_of(lambda _: endless, context=context("every_step"))
    assert (refused.verb, json.loads(refused.error)["code"]) == (Verb.FAIL, "not_approved")


def never(_node: Any) -> Any:
    raise AssertionError("the handler runs, although a person has decided")


async def test_a_no_fails_the_node_and_its_handler_does_not_run() -> None:
    waiting = await act_of(lambda _: PLAN, context=context())
    refused = await act_of(never, context=context("plan", "no"), state=waiting.state)
    assert (refused.verb, json.loads(refused.error)["code"]) == (Verb.FAIL, "not_approved")


async def test_a_correction_runs_the_handler_again_from_where_it_was() -> None:
    seen: list[Any] = []

    def plans(node: Any) -> Any:
        seen.append((dict(node.state), [m.content for m in node.messages], [a.answer for a in node.answers]))
        node.state["round"] = node.state.get("round", 0) + 1
        return PLAN

    waiting = await act_of(plans, context=context("plan", "an earlier answer"), state=b'{"round": 4}')
    again = await act_of(plans, context=context("plan", "shorter"), state=waiting.state)
    assert seen[1] == ({"round": 4}, ["Not like that: shorter"], ["an earlier answer"])
    spawned = await act_of(never, context=context("plan", "yes"), state=again.state)
    assert json.loads(spawned.state) == {"round": 5, approval.SAID: ["Not like that: shorter"]}
    await act_of(plans, context=context(), state=spawned.state)  # a later handler of this node
    assert seen[2][:2] == ({"round": 5}, ["Not like that: shorter"])


async def test_a_correction_may_lead_to_something_else_than_a_spawn() -> None:
    waiting = await act_of(lambda _: PLAN, context=context(), state=b'{"round": 4}')
    ended = await act_of(lambda _: Finish("done"), context=context("plan", "leave it"), state=waiting.state)
    assert ended.verb is Verb.FINISH
    assert json.loads(ended.state) == {"round": 4, approval.SAID: ["Not like that: leave it"]}


async def test_corrections_without_an_end_fail_the_node() -> None:
    act, questions = await act_of(lambda _: PLAN, context=context()), 1
    while act.verb is Verb.ASK and questions < 20:
        act = await act_of(lambda _: PLAN, context=context("plan", "other"), state=act.state)
        questions += act.verb is Verb.ASK
    assert (act.verb, questions) == (Verb.FAIL, 5), "as docs/people.md says: asked anew five times at most"
    assert json.loads(act.error)["code"] == "not_approved"


async def test_a_step_is_shown_with_its_arguments_and_without_what_was_handed_on() -> None:
    prompt = asked(await act_of(lambda _: STEP, context=context("every_step")))
    assert '- test/a: part {"n": 1}' in prompt
    assert "long" not in prompt


async def test_a_swarm_that_is_not_supervised_is_asked_nothing() -> None:
    act = await act_of(lambda _: PLAN)
    assert (act.verb, act.state) == (Verb.SPAWN, None)
