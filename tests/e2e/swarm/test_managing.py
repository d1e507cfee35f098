"""Managers: plans are reviewed, failures looked at, reviews repeated with answers; every loop has its end."""

import json
from collections import Counter
from typing import Any

from e2e.swarm.conftest import Lines, Plant
from pgswarm.actions import Fail, Finish
from pgswarm.actions.node import ActionChoice, Message
from pgswarm.schema.states import Outcome
from support.tree import Tree

GOOD: Lines = [
    ("review_branch", None, {"complete": True, "reason": "", "questions": []}),
    ("review_overall", None, {"complete": True, "reason": "", "left": "", "questions": []}),
    ("consolidate", None, {"report": "All of it."}),
]
NO_UNKNOWNS = ("determine_unknowns", None, {"unknowns": []})


def stages(*steps: list[str]) -> list[dict[str, list[str]]]:
    return [{"steps": step} for step in steps]


def counted(tree: Tree) -> Counter[str]:
    return Counter(node.action for node in tree.nodes)


class Worker:
    """Stands in for the router: fails a directive as often as it is told to, and notes what it was given."""

    def __init__(self, failures: dict[str, int] | None = None, code: str = "broken") -> None:
        self.given: list[str] = []
        self.args: list[Any] = []
        self._failures = failures or {}
        self._code = code

    def __call__(self, node: Any) -> Finish | Fail:
        self.given.append(node.directive)
        self.args.append(node.raw_args)
        name = node.directive.split("\n")[0]
        if self._failures.get(name, 0) > 0:
            self._failures[name] -= 1
            return Fail(self._code, f"{name} broke")
        return Finish(f"{name}: done")


async def test_a_confirmed_plan_is_carried_out_stage_by_stage_with_the_results_before(plant: Plant) -> None:
    lines = [
        NO_UNKNOWNS,
        ("plan", None, {"questions": [], "stages": stages(["a", "b"], ["c"])}),
        ("review_plan", None, {"confirmed": True, "reason": "", "stages": []}),
        *GOOD,
    ]
    work = Worker()
    tree = plant(lines, stand_ins={"swarm/route_action": work})
    root = await tree.run("Do it", "swarm/plan")
    assert (root.report, work.given) == ("All of it.", ["a", "b", "c"])
    assert [note["report"] for note in work.args[2]["context"]] == ["a: done", "b: done"]


async def test_a_plan_that_is_never_confirmed_is_taken_after_three_reviews(plant: Plant) -> None:
    lines = [
        NO_UNKNOWNS,
        ("plan", None, {"questions": [], "stages": stages(["a"])}),
        ("review_plan", {"stages": [{"steps": ["third"]}]}, _revises("last")),
        ("review_plan", {"stages": [{"steps": ["second"]}]}, _revises("third")),
        ("review_plan", None, _revises("second")),
        *GOOD,
    ]
    work = Worker()
    tree = plant(lines, stand_ins={"swarm/route_action": work})
    await tree.run("Do it", "swarm/plan")
    assert counted(tree)["swarm/review_plan"] == 3
    assert work.given == ["last"]


def _revises(step: str) -> dict[str, Any]:
    return {"confirmed": False, "reason": "better", "stages": stages([step])}


async def test_a_plan_without_steps_fails_clearly(plant: Plant) -> None:
    lines = [NO_UNKNOWNS, ("plan", None, {"questions": [], "stages": stages([" "], [])})]
    root = await plant(lines).run("Do it", "swarm/plan")
    assert root.error is not None
    assert root.error["code"] == "no_steps"


async def test_rules_plan_a_goal_in_an_order_that_works(plant: Plant) -> None:
    files = {"a.txt": "Bees sleep. They do so in winter.", "b.txt": "Wasps sting. They die in autumn."}
    tree = plant(None, lambda _: "the club", files)
    root = await tree.run("Summarise each file and write a memo", "swarm/plan")
    assert root.outcome is Outcome.SUCCEEDED, tree.show()
    assert "Memo for the club" in root.report
    assert tree.asked == ["Who is the memo for?"]


async def test_what_a_review_leaves_over_is_a_second_round(plant: Plant) -> None:
    over = {"complete": False, "reason": "", "left": "Do b too", "questions": []}
    lines = [
        ("decompose", {"directive": "Do b too"}, {"questions": [], "parts": ["b"]}),
        ("decompose", None, {"questions": [], "parts": ["a"]}),
        ("review_branch", None, {"complete": True, "reason": "", "questions": []}),
        ("review_overall", {"branches": [{"directive": "b"}]}, GOOD[1][2]),
        ("review_overall", None, over),
        ("consolidate", None, {"report": "a and b"}),
    ]
    work = Worker()
    tree = plant(lines, stand_ins={"swarm/route_action": work})
    root = await tree.run("Do both", "swarm/decompose_directive")
    assert (root.report, work.given) == ("a and b", ["a", "b"])
    assert counted(tree)["swarm/review_branch"] == 2  # a branch is judged once


async def test_a_review_that_is_never_content_ends_at_the_bound_of_rounds(plant: Plant) -> None:
    lines = [
        ("decompose", None, {"questions": [], "parts": ["a"]}),
        ("review_branch", None, {"complete": False, "reason": "not good", "questions": ["Is it good?"]}),
        ("review_overall", None, {"complete": False, "reason": "", "left": "more", "questions": ["And now?"]}),
    ]
    tree = plant(lines, lambda _: "?", stand_ins={"swarm/route_action": Worker()})
    root = await tree.run("Do it", "swarm/decompose_directive", {"max_rounds": 3})
    assert root.error is not None
    assert root.error["code"] == "rounds_exhausted"
    assert "a: done" in root.report
    assert counted(tree)["swarm/review_reports"] == 3


async def test_a_branch_is_judged_again_with_the_answer_to_its_reviewers_question(plant: Plant) -> None:
    lines = [
        ("decompose", None, {"questions": [], "parts": ["a", "b"]}),
        ("review_branch", {"answers": [{"answer": "yes"}]}, {"complete": True, "reason": "", "questions": []}),
        ("review_branch", {"directive": "a"}, {"complete": False, "reason": "", "questions": ["Is a enough?"]}),
        *GOOD,
    ]
    tree = plant(lines, {"Is a enough?": "yes"}, stand_ins={"swarm/route_action": Worker()})
    root = await tree.run("Do it", "swarm/decompose_directive")
    assert root.report == "All of it."
    assert counted(tree)["swarm/review_branch"] == 3  # a twice, b once


async def test_a_branch_whose_reviewer_failed_is_not_complete(plant: Plant) -> None:
    lines = [
        ("decompose", None, {"questions": [], "parts": ["a"]}),
        ("review_overall", {"branches": [{"complete": False, "reason": "It could not be reviewed: it fell ill"}]}, {
            "complete": False, "reason": "nobody saw it", "left": "", "questions": []
        }),
        ("consolidate", None, {"report": "What there is."}),
    ]  # fmt: skip
    reviewer = {"swarm/review_branch": lambda _: Fail("ill", "it fell ill"), "swarm/route_action": Worker()}
    root = await plant(lines, stand_ins=reviewer).run("Do it", "swarm/decompose_directive")
    assert (root.outcome, root.report) == (Outcome.FAILED, "What there is."), root.error


async def test_a_failed_part_is_tried_again_with_advice(plant: Plant) -> None:
    lines = [
        ("decompose", None, {"questions": [], "parts": ["a", "b"]}),
        ("handle_failure", None, _remedy("retry", advice="use the other file")),
        *GOOD,
    ]
    work = Worker({"a": 1})
    tree = plant(lines, stand_ins={"swarm/route_action": work})
    root = await tree.run("Do it", "swarm/decompose_directive")
    assert root.outcome is Outcome.SUCCEEDED, tree.show()
    assert work.given[-1] == "a\n\nAdvice after a failed try: use the other file"
    (review,) = [node for node in tree.nodes if node.action == "swarm/review_reports"]
    assert [b["report"] for b in review.raw_args["branches"]] == ["a: done", "b: done"]


async def test_another_action_is_tried_where_that_is_the_remedy(plant: Plant) -> None:
    lines = [("handle_failure", None, _remedy("other_action", action="data/describe_table"))]
    work = Worker()
    tree = plant(lines, stand_ins={"swarm/route_action": work})
    root = await tree.run("Summarise t.csv", "swarm/handle_failure", {"failure": FAILURE})
    assert root.report == "Summarise t.csv: done"
    assert work.args[0]["only"] == "data/describe_table"


async def test_the_user_says_how_to_go_on_after_a_failure(plant: Plant) -> None:
    lines = [
        ("handle_failure", {"answers": [{"answer": "b.txt"}]}, _remedy("retry")),
        ("handle_failure", None, _remedy("ask_user", question="Which file then?")),
    ]
    work = Worker()
    tree = plant(lines, {"Which file then?": "b.txt"}, stand_ins={"swarm/route_action": work})
    await tree.run("Sum up a.txt", "swarm/handle_failure", {"failure": FAILURE})
    assert work.given == ["Sum up a.txt\n\nAdvice after a failed try: Which file then? b.txt"]


async def test_giving_up_keeps_the_code_and_says_why(plant: Plant) -> None:
    tree = plant([("handle_failure", None, _remedy("give_up", reason="There is no such file anywhere."))])
    root = await tree.run("Sum up a.txt", "swarm/handle_failure", {"failure": FAILURE})
    assert root.error == {"code": "broken", "message": "It broke. Given up: There is no such file anywhere."}


async def test_a_model_that_always_retries_or_asks_gives_up_at_its_bounds(plant: Plant) -> None:
    work = Worker({"x": 99})
    tree = plant([("handle_failure", None, _remedy("retry"))], stand_ins={"swarm/route_action": work})
    root = await tree.run("x", "swarm/handle_failure", {"failure": FAILURE})
    assert (root.outcome, len(work.given)) == (Outcome.FAILED, 2)
    tree = plant([("handle_failure", None, _remedy("ask_user", question="What now?"))], lambda _: "?")
    root = await tree.run("x", "swarm/handle_failure", {"failure": FAILURE})
    assert (root.outcome, len(tree.asked)) == (Outcome.FAILED, 2)


async def test_a_failure_that_nothing_can_change_is_not_looked_at(plant: Plant) -> None:
    lines = [
        ("decompose", None, {"questions": [], "parts": ["a", "b"]}),
        ("review_branch", None, {"complete": True, "reason": "", "questions": []}),
        ("review_overall", None, {"complete": False, "reason": "a cannot be done", "left": "", "questions": []}),
        ("consolidate", None, {"report": "b alone"}),
    ]
    tree = plant(lines, stand_ins={"swarm/route_action": Worker({"a": 1}, code="needs_model")})
    root = await tree.run("Do it", "swarm/decompose_directive")
    assert (root.error or {})["code"] == "needs_model"
    assert root.report == "b alone"
    assert "swarm/handle_failure" not in counted(tree)


async def test_where_nothing_fits_the_user_says_what_to_do_instead(plant: Plant) -> None:
    lines = [
        ("route", {"advice": "list the files"}, {"action": "files/list", "arguments": [], "reason": ""}),
        ("route", None, {"action": None, "arguments": [], "reason": "No such tool."}),
        ("converse", None, {"settled": [{"number": 1, "answer": "list the files"}], "asks": [], "context": ""}),
    ]
    tree = plant(lines, lambda _: "list the files", stand_ins={"files/list": lambda _: Finish("a.txt")})
    root = await tree.run("Brew tea")
    assert root.outcome is Outcome.SUCCEEDED, tree.show()
    assert "a.txt" in root.report
    assert "Brew tea" in tree.asked[0]
    kept = [e for e in await tree.memory.entries() if e.path.startswith("/swarm/suggestions/")]
    assert len(kept) == 1


async def test_where_nothing_fits_a_new_action_is_made_where_that_is_on(plant: Plant) -> None:
    lines: Lines = [("route", None, {"action": None, "arguments": [], "reason": "No such tool."})]
    tree = plant(lines, lambda _: "no", stand_ins={"action/create": lambda _: Fail("tests_failed", "its tests fail")})
    tree.more_actions = [ActionChoice("action/create", "Make a new action.", {})]
    root = await tree.run("Brew tea")
    assert root.error is not None
    assert root.error["code"] == "no_action_fits"
    assert "its tests fail" in root.error["message"]
    assert tree.asked == []


async def test_where_nothing_fits_after_advice_either_it_ends(plant: Plant) -> None:
    lines = [
        ("route", None, {"action": None, "arguments": [], "reason": "No such tool."}),
        ("converse", None, {"settled": [{"number": 1, "answer": "brew"}], "asks": [], "context": ""}),
    ]
    tree = plant(lines, lambda _: "brew it all the same")
    root = await tree.run("Brew tea")
    assert (root.error or {})["code"] == "no_action_fits"
    assert len(tree.asked) == 1


FAILURE = {"action": "swarm/route_action", "code": "broken", "message": "It broke."}


def _remedy(decision: str, **said: str) -> dict[str, str]:
    return {"decision": decision, "advice": "", "action": "", "question": "", "reason": "", **said}


async def test_what_a_person_writes_before_a_plan_begins_makes_another_plan(plant: Plant) -> None:
    lines = [
        NO_UNKNOWNS,
        ("plan", {"messages": ["without a"]}, {"questions": [], "stages": stages(["b"])}),
        ("plan", None, {"questions": [], "stages": stages(["a"])}),
        *GOOD,
    ]
    shown: list[Any] = []

    def confirms(node: Any) -> Finish:
        shown.append(node.raw_args["known"])
        node.tree.nodes[0].messages = [Message("without a", "user")]
        return Finish(json.dumps({"confirmed": True, "reason": "", "stages": []}))

    work = Worker()
    tree = plant(lines, stand_ins={"swarm/route_action": work, "swarm/review_plan": confirms})
    root = await tree.run("Do it", "swarm/plan")
    assert (root.outcome, work.given) == (Outcome.SUCCEEDED, ["b"])
    assert shown == [[], ["without a"]]  # the reviewer knows what the person wants
