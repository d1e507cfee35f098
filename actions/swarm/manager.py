"""What managers have in common: they order work, have failures looked at, have the whole reviewed, and go on.

A manager never reviews its own work: a node does. Bounded by rounds; reaching the bound is a failure that says what is
left, with the reports so far.
"""

from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action
from pgswarm.actions.node import Node, Report
from pgswarm.actions.outcomes import ActionOutcome, Child, Continue, Fail, Finish, Spawn
from pgswarm.actions.swarm.ask_first import answers_of
from pgswarm.actions.swarm.failures import hopeless, told
from pgswarm.actions.swarm.notes import Note, bounded, note_of
from pgswarm.actions.swarm.review_reports import Branch, Review
from pgswarm.schema.states import Outcome

MAX_PARTS: Final = 40
ROUTER: Final = "swarm/route_action"
_MAX_TRIED: Final = 4_000


class ManagerArgs(BaseModel):
    """Work already done, the managers above, and how many rounds there may be."""

    model_config = ConfigDict(extra="forbid")

    context: list[Note] = Field(default_factory=list)
    level: int = Field(default=0, ge=0)
    max_rounds: int = Field(default=5, ge=1, le=20)


ManagerArgsT = TypeVar("ManagerArgsT", bound=ManagerArgs)


class Manager(Action[ManagerArgsT]):
    """Base of the managers: `main` orders the first work of a round; what comes back ends in a review."""

    async def collect(self, node: Node[ManagerArgsT]) -> ActionOutcome:
        """Take what came back; have each failure looked at that something can be done about."""
        new = [Branch(**note_of(report).model_dump()) for report in node.reports]
        node.state["new"] = dump(new)
        args = {"context": bounded([*context_of(node), *known_of(node)]), "level": node.args.level}
        children = [
            Child("swarm/handle_failure", report.directive, {**args, "failure": _failure(report)})
            for report in node.reports
            if _is_worth_a_look(report)
        ]
        return Spawn(children, then=self.recovered) if children else await self._done_with_set(node)

    async def recovered(self, node: Node[ManagerArgsT]) -> ActionOutcome:
        """Put what came of the failures in their place."""
        looked_at = iter(node.reports)
        new = []
        for value in node.state["new"]:
            branch = Branch.model_validate(value)
            failed = branch.outcome == Outcome.FAILED.value and not hopeless(str((branch.error or {}).get("code")))
            new.append(Branch(**note_of(next(looked_at)).model_dump()) if failed else branch)
        node.state["new"] = dump(new)
        return await self._done_with_set(node)

    async def decide(self, node: Node[ManagerArgsT]) -> ActionOutcome:
        """Finish, give up clearly, or go on with what is left."""
        report = node.reports[0]
        branches = branches_of(node)
        if report.outcome is not Outcome.SUCCEEDED:
            code, message = told(report.error, report.outcome.value, report.action)
            return Fail(code, f"The results could not be reviewed: {message}", report=joined(branches))
        review = Review.model_validate_json(report.report)
        if review.complete:
            return Finish(review.report or joined(branches))
        if not review.left.strip():
            text = review.report or joined(branches)
            return Fail(_code(review.branches), f"Not everything could be done. {review.reason}", report=text)
        if node.state["round"] >= node.args.max_rounds:
            message = f"After {node.args.max_rounds} rounds this is still left: {review.left}"
            return Fail("rounds_exhausted", message, report=review.report or joined(branches))
        node.state["branches"] = dump(review.branches)
        node.state["left"] = review.left
        return Continue(then=self.main)

    async def _done_with_set(self, node: Node[ManagerArgsT]) -> ActionOutcome:
        return self._review(node)

    def _keep_new(self, node: Node[ManagerArgsT]) -> None:
        """Put the newest set of branches with the others."""
        new = [Branch.model_validate(branch) for branch in node.state.pop("new")]
        node.state["branches"] = dump([*branches_of(node), *new])

    def _review(self, node: Node[ManagerArgsT]) -> Spawn:
        self._keep_new(node)
        args = {"branches": node.state["branches"], "context": bounded([*node.args.context, *known_of(node)])}
        return Spawn([Child("swarm/review_reports", node.directive, args)], then=self.decide)

    def _ordered(self, node: Node[ManagerArgsT], directives: list[str]) -> list[Child]:
        """Return routers for directives that can be worked on at the same time."""
        args = {"context": bounded([*context_of(node), *known_of(node)]), "level": node.args.level + 1}
        return [Child(ROUTER, directive, args) for directive in directives]


def branches_of(node: Node[Any]) -> list[Branch]:
    """Return the branches that this manager has had worked on, the newest set left out."""
    return [Branch.model_validate(branch) for branch in node.state.get("branches", [])]


def context_of(node: Node[Any]) -> list[Note]:
    """Return all work that is done already, as far as this manager knows."""
    return [*node.args.context, *(Note(**branch.model_dump()) for branch in branches_of(node))]


def known_of(node: Node[Any]) -> list[Note]:
    """Return what was found out or answered before the work was ordered, a note for each question."""
    asked = [Note(directive=a["question"], report=f"Q: {a['question']}\nA: {a['answer']}") for a in answers_of(node)]
    return [*(Note.model_validate(note) for note in node.state.get("known", [])), *asked]


def dump(branches: list[Branch]) -> list[dict[str, Any]]:
    """Return branches as JSON, their reports bounded."""
    texts = bounded(branches)
    return [{**branch.model_dump(), "report": text["report"]} for branch, text in zip(branches, texts, strict=True)]


def joined(branches: list[Branch]) -> str:
    """Return the reports under their directives, as they are."""
    return "\n\n".join(f"## {b.directive}\n\n{b.report}" for b in branches if b.report)


def _is_worth_a_look(report: Report) -> bool:
    code, _ = told(report.error, report.outcome.value, report.action)
    return report.outcome is Outcome.FAILED and not hopeless(code)


def _failure(report: Report) -> dict[str, str]:
    code, message = told(report.error, report.outcome.value, report.action)
    return {"action": report.action, "code": code, "message": message, "report": report.report[:_MAX_TRIED]}


def _code(branches: list[Branch]) -> str:
    codes = {str((branch.error or {}).get("code")) for branch in branches if not branch.complete and branch.error}
    return codes.pop() if len(codes) == 1 else "incomplete"
