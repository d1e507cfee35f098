"""The `ask first` wrapper: a decision is made when no question about it is left.

The model gives questions in place of a decision, or with it; each goes to `conversation/oracle`, all in parallel, and
the model decides again with the answers. Bounded: `MAX_ROUNDS` rounds of `MAX_QUESTIONS`, and no question twice; then
the decision is taken as it is.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import Child, Handler, Spawn
from pgswarm.schema.states import Outcome

MAX_ROUNDS: Final = 3
MAX_QUESTIONS: Final = 10
ORACLE: Final = "conversation/oracle"
KEY: Final = "ask_first"


class Decision(BaseModel):
    """Base of what a model decides: the questions that come before it, if any."""

    questions: list[str]


DecisionT = TypeVar("DecisionT", bound=Decision)


async def ask_first(node: Node[Any], schema: type[DecisionT], prompt: Prompt, then: Handler) -> DecisionT | Spawn:
    """Return the decision, or a `Spawn` of oracles for the questions that come first.

    `then` calls `keep_answers` and makes the same decision again. The answers stand in the prompt's data under
    `answers`.
    """
    data = {**prompt.data, "answers": answers_of(node)}
    decision = await node.llm(schema, replace(prompt, data=data))
    return ask_oracles(node, decision.questions, then) or decision


def ask_oracles(node: Node[Any], questions: Iterable[str], then: Handler) -> Spawn | None:
    """Return a `Spawn` of oracles for the questions that are new; None where there are none, or no round is left."""
    kept = _kept(node)
    new = new_questions(questions, (answer["question"] for answer in kept["answers"]))
    if not new or kept["rounds"] >= MAX_ROUNDS:
        return None
    node.state[KEY] = {**kept, "rounds": kept["rounds"] + 1}
    return Spawn([Child(ORACLE, question, {"why": node.directive[:2_000]}) for question in new], then=then)


def keep_answers(node: Node[Any]) -> None:
    """Keep what the oracles answered; one that failed leaves its question without an answer."""
    kept = _kept(node)
    answers = [
        {"question": r.directive, "answer": r.report if r.outcome is Outcome.SUCCEEDED else "(not known)"}
        for r in node.reports
    ]
    node.state[KEY] = {**kept, "answers": [*kept["answers"], *answers]}


def answers_of(node: Node[Any]) -> list[dict[str, str]]:
    """Return the questions that were asked first, with their answers."""
    found: list[dict[str, str]] = _kept(node)["answers"]
    return found


def new_questions(questions: Iterable[str], asked: Iterable[str]) -> list[str]:
    """Return the questions that were not asked before, each once, at most `MAX_QUESTIONS`."""
    known = {_folded(question) for question in asked}
    new = {_folded(q): q.strip() for q in questions if q.strip() and _folded(q) not in known}
    return list(new.values())[:MAX_QUESTIONS]


def _kept(node: Node[Any]) -> dict[str, Any]:
    found: dict[str, Any] = node.state.get(KEY) or {"rounds": 0, "answers": []}
    return found


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip("?.! ")
