"""The fold of a swarm's events, and what it means for the command that watches."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from pgswarm.cli.exits import Exit
from pgswarm.cli.run import state as states
from pgswarm.cli.run.ending import Ending, Result, ending_of, interrupted, summary
from pgswarm.cli.run.fit import fit
from pgswarm.cli.run.state import Event, SwarmState
from pgswarm.cli.tree import tree_lines

CODES = frozenset({"model_unreachable"})


class Told:
    """Events told to a state."""

    def __init__(self) -> None:
        self.state = SwarmState()
        self.seqs: Iterator[int] = count(1)
        row = {"swarm_id": "s", "root_node_id": "root", "status": "active", "outcome": None, "report": None}
        self.tell("swarm.created", None, row)
        self.create("root", None)

    def tell(self, kind: str, node_id: str | None, data: dict[str, Any]) -> None:
        self.state.apply(Event("s", next(self.seqs), kind, None, "now", node_id, data))

    def create(self, node_id: str, parent_id: str | None, directive: str = "do") -> None:
        depth = 0 if parent_id is None else 1
        row = {"node_id": node_id, "parent_id": parent_id, "depth": depth, "action": "a/b", "directive": directive}
        self.tell("node.created", node_id, row | {"status": "pending", "outcome": None, "error": None})

    def move(self, node_id: str, status: str, outcome: str | None = None, code: str | None = None) -> None:
        error = None if code is None else {"code": code, "message": f"{code} happened"}
        self.tell(f"node.{status}", node_id, {"status": status, "outcome": outcome, "error": error})

    def ask(self, question_id: str, node_id: str = "root", *, position: int = 1) -> None:
        row = {"question_id": question_id, "node_id": node_id, "prompt": f"{question_id}?", "choices": None}
        self.tell("question.asked", node_id, row | {"asked_at": "1", "position": position, "closed_at": None})

    def terminate(self, outcome: str) -> None:
        self.tell("swarm.terminated", None, {"status": "terminated", "outcome": outcome})

    def ending(self, *, answers_open: bool = False) -> Any:
        return ending_of(self.state, answers_open=answers_open, model_codes=CODES)


def test_counts_follow_every_move() -> None:
    told = Told()
    told.create("child", "root")
    told.move("root", "running")
    told.move("root", "awaiting_children")
    told.move("child", "running")
    told.move("child", "terminated", "failed", "x")
    counts = told.state.counts
    assert {name: counts[name] for name in counts if counts[name]} == {
        "awaiting_children": 1,
        "terminated": 1,
        "failed": 1,
    }
    assert (told.state.created, told.state.activations) == (2, 2)


def test_of_very_many_nodes_the_ended_are_counted_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "MOST_DRAWN", 3)
    told = Told()
    for number in range(10):
        told.create(f"n{number}", "root")
        told.move(f"n{number}", "running")
        told.move(f"n{number}", "terminated", "succeeded")
    assert len(told.state.nodes) == 3
    assert (told.state.counts["terminated"], told.state.created) == (10, 11)


def test_questions_come_in_the_order_asked_and_go_with_their_node() -> None:
    told = Told()
    told.create("child", "root")
    told.ask("second", "child", position=2)
    told.ask("first", "child", position=1)
    assert [question["question_id"] for question in told.state.open_questions()] == ["first", "second"]
    told.move("child", "terminated", "cancelled")
    assert told.state.open_questions() == []


def test_a_question_stops_the_run_only_when_nothing_else_can_go_on() -> None:
    told = Told()
    told.create("child", "root")
    told.move("root", "running")
    told.move("root", "waiting_user")
    told.ask("q")
    assert told.ending() is None, "the child is pending still"
    told.move("child", "running")
    assert told.ending() is None
    told.move("child", "terminated", "succeeded")
    assert told.ending(answers_open=True) is None
    ending = told.ending()
    assert ending.code is Exit.QUESTION
    assert "  pgswarm answer q TEXT" in ending.remedy


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("succeeded", Exit.SUCCEEDED), ("failed", Exit.FAILED), ("cancelled", Exit.FAILED)],
)
def test_the_outcome_is_the_exit_code(outcome: str, code: Exit) -> None:
    told = Told()
    told.move("root", "terminated", outcome)
    told.terminate(outcome)
    assert told.ending().code is code


def test_a_swarm_that_failed_only_for_want_of_its_model_ends_with_4() -> None:
    told = Told()
    told.create("child", "root")
    told.move("child", "terminated", "failed", "model_unreachable")
    told.move("root", "terminated", "failed", "children_failed")
    told.terminate("failed")
    assert told.ending().code is Exit.UNREACHABLE
    assert "model_unreachable happened" in told.ending().remedy


def test_a_swarm_that_failed_for_another_reason_too_ends_with_1() -> None:
    told = Told()
    for node_id, code in (("one", "model_unreachable"), ("two", "not_found")):
        told.create(node_id, "root")
        told.move(node_id, "terminated", "failed", code)
    told.move("root", "terminated", "failed", "children_failed")
    told.terminate("failed")
    assert told.ending().code is Exit.FAILED


def test_a_limit_is_named_with_the_command_that_raises_it() -> None:
    told = Told()
    told.move("root", "running")
    row = {"status": "paused", "paused_reason": "budget_exceeded", "limit": "tokens"}
    told.tell("swarm.budget_exceeded", None, row)
    assert told.ending() is None, "the root runs still"
    told.move("root", "pending")
    assert told.ending().code is Exit.FAILED
    assert "pgswarm resume s --budget tokens=MORE" in told.ending().remedy[0]


def test_an_interrupted_run_says_how_to_go_on() -> None:
    ending = interrupted(Told().state)
    assert ending.code is Exit.INTERRUPTED
    assert "pgswarm resume s" in " ".join(ending.remedy)


def test_the_summary_counts_in_words() -> None:
    spent = {"llm_calls": 1, "tokens": 12_345, "cost_usd": 0.5, "seconds": 2.04}
    told = summary(Told().state, spent)
    assert told == "1 node · 0 activations · 1 model call · 12,345 tokens · $0.5 · 2.0 s"


def test_a_tree_that_does_not_fit_shows_what_happens_and_counts_the_rest() -> None:
    told = Told()
    for number in range(50):
        told.create(f"n{number}", "root")
        told.move(f"n{number}", "running")
        if number != 20:
            told.move(f"n{number}", "terminated", "succeeded")
    lines = list(tree_lines(told.state.nodes.values()))
    kept, left_out = fit(lines, 10)
    assert len(kept) + 1 == 10
    assert (kept[0].node["node_id"], len(kept) + left_out) == ("root", 51)
    assert "n20" in [line.node["node_id"] for line in kept]
    assert fit(lines, 51) == (lines, 0)


def test_a_directive_that_repeats_the_parents_is_not_shown_again() -> None:
    told = Told()
    told.create("same", "root", "do")
    told.create("other", "root", "do that")
    nodes = told.state.nodes
    assert [told.state.directive(nodes[n]) for n in ("root", "same", "other")] == ["do", "", "do that"]


@pytest.mark.parametrize(("told", "said"), [("it broke", "It broke."), ("it broke.", "It broke."), ("why?", "Why?")])
def test_an_ending_is_a_sentence_with_one_mark_at_its_end(told: str, said: str) -> None:
    assert Result(Ending(Exit.FAILED, told), SwarmState(), "", "").headline == said
