"""`swarm/decompose_directive`: the manager: breaks a directive down, has the work reviewed, goes on with what is left.

Each round either asks people or spawns the next parallel parts, never both. Bounded: rounds, parts a round, questions.
Reaching a bound is a failure that says what is left, with the reports so far.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.files.inventory import inventory
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Ask, Child, Continue, Fail, Finish, Spawn
from pgswarm.actions.swarm.notes import Note, answered, bounded, note_of
from pgswarm.actions.swarm.review_reports import Branch, Review
from pgswarm.schema.states import Outcome

MAX_PARTS = 40
MAX_ASKS = 3

SYSTEM = """You are the manager of a piece of work. You do not do it yourself: you break it down.
Give in `parts` the next sub-directives that can all be worked on at the same time, each by someone who sees only that
sub-directive, the files and `context`. So each names its files, its figures and its reader in full.
Keep what needs the results of others (a report on the findings, say) for a later round: you will be called again.
`context` holds what is already done: do not order it again. Order everything that `directive` still asks for.
If people must be asked before any part can start, put the questions in `questions` and give no parts; never both.
Use as few parts as the directive has; do not split what one person would do in one go."""


class DecomposeArgs(BaseModel):
    """Work already done, the managers above, and how many rounds there may be."""

    model_config = ConfigDict(extra="forbid")

    context: list[Note] = Field(default_factory=list)
    level: int = Field(default=0, ge=0)
    max_rounds: int = Field(default=5, ge=1, le=20)


class Decomposition(BaseModel):
    """Questions, or the next parallel parts."""

    questions: list[str]
    parts: list[str]


@action(
    "swarm/decompose_directive",
    description=(
        "Break a directive of several parts down into sub-directives, work on them in parallel and in rounds, and have "
        "the results reviewed: the manager, for goals that ask for more than one thing or are too big for one action."
    ),
)
class DecomposeDirective(Action[DecomposeArgs]):
    """Manages a directive until it is complete, or a bound is reached."""

    async def main(self, node: Node[DecomposeArgs]) -> ActionOutcome:
        """Ask, or spawn the next parallel parts."""
        plan = await node.llm(Decomposition, Prompt(task="decompose", system=SYSTEM, data=await self._data(node)))
        asks = node.state.get("asks", 0)
        questions = [question.strip() for question in plan.questions if question.strip()]
        if questions and asks < MAX_ASKS:
            node.state["asks"] = asks + 1
            return Ask(questions, then=self.answered)
        parts = list(dict.fromkeys(part.strip() for part in plan.parts if part.strip()))
        if not parts:
            return Fail("no_parts", "The manager found nothing to order for this directive: say it in other words.")
        if len(parts) > MAX_PARTS:
            return Fail(
                "too_many_parts", f"The manager ordered {len(parts)} parts at once; at most {MAX_PARTS} are allowed."
            )
        node.state["round"] = node.state.get("round", 0) + 1
        context = bounded(self._context(node))
        args = {"context": context, "level": node.args.level + 1}
        return Spawn([Child("swarm/route_action", part, args) for part in parts], then=self.collect)

    async def answered(self, node: Node[DecomposeArgs]) -> ActionOutcome:
        """Keep the answers, and plan again with them."""
        node.state["answers"] = [*node.state.get("answers", []), *answered(node.answers)]
        return await self.main(node)

    async def collect(self, node: Node[DecomposeArgs]) -> ActionOutcome:
        """Hand what came back to a reviewer."""
        branches = [*self._branches(node), *(Branch(**note_of(report).model_dump()) for report in node.reports)]
        node.state["branches"] = _dump(branches)
        args = {"branches": node.state["branches"], "context": bounded(node.args.context)}
        return Spawn([Child("swarm/review_reports", node.directive, args)], then=self.decide)

    async def decide(self, node: Node[DecomposeArgs]) -> ActionOutcome:
        """Finish, give up clearly, or go on with what is left."""
        report = node.reports[0]
        branches = self._branches(node)
        if report.outcome is not Outcome.SUCCEEDED:
            error = report.error or {}
            message = f"The results could not be reviewed: {error.get('message') or report.outcome}"
            return Fail(str(error.get("code") or "review_failed"), message, report=_joined(branches))
        review = Review.model_validate_json(report.report)
        if review.complete:
            return Finish(review.report or _joined(branches))
        if not review.left.strip():
            return Fail(_code(review.branches), f"Not everything could be done. {review.reason}", report=review.report)
        if node.state["round"] >= node.args.max_rounds:
            message = f"After {node.args.max_rounds} rounds this is still left: {review.left}"
            return Fail("rounds_exhausted", message, report=review.report or _joined(branches))
        node.state["branches"] = _dump(review.branches)
        node.state["left"] = review.left
        return Continue(then=self.main)

    def _branches(self, node: Node[DecomposeArgs]) -> list[Branch]:
        return [Branch.model_validate(branch) for branch in node.state.get("branches", [])]

    def _context(self, node: Node[DecomposeArgs]) -> list[Note]:
        return [*node.args.context, *(Note(**branch.model_dump()) for branch in self._branches(node))]

    async def _data(self, node: Node[DecomposeArgs]) -> dict[str, Any]:
        return {
            "directive": node.state.get("left") or node.directive,
            "whole_directive": node.directive,
            "files": await inventory(node),
            "context": bounded(self._context(node)),
            "answers": node.state.get("answers", []),
            "round": node.state.get("round", 0) + 1,
            "messages": [message.content for message in node.messages],
        }


def _dump(branches: list[Branch]) -> list[dict[str, Any]]:
    texts = bounded(branches)
    return [{**branch.model_dump(), "report": text["report"]} for branch, text in zip(branches, texts, strict=True)]


def _joined(branches: list[Branch]) -> str:
    return "\n\n".join(f"## {b.directive}\n\n{b.report}" for b in branches if b.report)


def _code(branches: list[Branch]) -> str:
    codes = {str((branch.error or {}).get("code")) for branch in branches if not branch.complete and branch.error}
    return codes.pop() if len(codes) == 1 else "incomplete"
