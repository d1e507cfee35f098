"""`swarm/review_reports`: is the directive complete, and if not, what is left?

Branches first, each by a node of its own; then questions that the reviewers raised; then the whole. A branch that was
judged in an earlier round is not judged again. Bounded: questions are asked `MAX_ASKS` times at most.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pgswarm.actions.base import Action, action
from pgswarm.actions.files.inventory import inventory
from pgswarm.actions.node import Node, Prompt, Report
from pgswarm.actions.outcomes import ActionOutcome, Ask, Child, Finish, Spawn
from pgswarm.actions.swarm.notes import Note, answered, bounded
from pgswarm.actions.swarm.review_branch import Verdict
from pgswarm.schema.states import Outcome

MAX_ASKS = 2

SYSTEM = """You review whether a directive is complete. `branches` are the reports of its parts, each already judged.
If everything that `directive` asks for is done, set `complete`, and consolidate the branches in `report`: what was
asked for, in the order of the directive, with every figure and quotation as it stands there; add nothing of your own.
If something is left that can still be done, write in `left` one directive for exactly that, complete in itself, and put
what is done in `report`. If what is missing cannot be done, leave `left` empty and say why in `reason`.
Use `questions` only for what a person alone can settle before you can judge; otherwise leave it empty."""


class Branch(Note):
    """A report with the verdict on it; `complete` is None until it was judged."""

    complete: bool | None = None
    reason: str = ""


class ReviewArgs(BaseModel):
    """What is to be reviewed."""

    model_config = ConfigDict(extra="forbid")

    branches: list[Branch]
    context: list[Note] = Field(default_factory=list)


class Overall(BaseModel):
    """The verdict on the whole."""

    complete: bool
    reason: str
    left: str
    report: str
    questions: list[str]


class Review(BaseModel):
    """The report of a review, as JSON."""

    complete: bool
    reason: str
    left: str
    report: str
    branches: list[Branch]


@action(
    "swarm/review_reports",
    description="Review the reports of a directive's parts: complete, or what is left.",
    routable=False,
)
class ReviewReports(Action[ReviewArgs]):
    """Reviews the work of a manager's branches."""

    async def main(self, node: Node[ReviewArgs]) -> ActionOutcome:
        """Have each new branch judged; a failed one needs no judge."""
        branches = [_failed(branch) for branch in node.args.branches]
        node.state["branches"] = [branch.model_dump() for branch in branches]
        new = [branch for branch in branches if branch.complete is None]
        if not new:
            return await self.overall(node)
        notes = bounded(new)
        children = [Child("swarm/review_branch", f"Is this done? {note['directive']}", note) for note in notes]
        return Spawn(children, then=self.judged)

    async def judged(self, node: Node[ReviewArgs]) -> ActionOutcome:
        """Take the verdicts; ask first what the reviewers could not settle."""
        verdicts = iter([_verdict(report) for report in node.reports])
        branches = [Branch.model_validate(branch) for branch in node.state["branches"]]
        questions: list[str] = []
        for branch in branches:
            if branch.complete is None:
                verdict = next(verdicts)
                branch.complete, branch.reason = verdict.complete, verdict.reason
                questions += verdict.questions
        node.state["branches"] = [branch.model_dump() for branch in branches]
        return self._ask(node, questions) or await self.overall(node)

    async def answered(self, node: Node[ReviewArgs]) -> ActionOutcome:
        """Keep the answers and judge the whole with them."""
        node.state["answers"] = [*node.state.get("answers", []), *answered(node.answers)]
        return await self.overall(node)

    async def overall(self, node: Node[ReviewArgs]) -> ActionOutcome:
        """Judge the whole; the report is the `Review`."""
        branches = [Branch.model_validate(branch) for branch in node.state["branches"]]
        texts = bounded(branches)
        data: dict[str, Any] = {
            "directive": node.directive,
            "branches": [
                {**branch.model_dump(exclude_none=True), "report": text["report"]}
                for branch, text in zip(branches, texts, strict=True)
            ],
            "files": await inventory(node),
            "context": bounded(node.args.context),
            "answers": node.state.get("answers", []),
        }
        found = await node.llm(Overall, Prompt(task="review_overall", system=SYSTEM, data=data, role="reviewer"))
        asked = self._ask(node, found.questions)
        if asked:
            return asked
        review = Review(
            complete=found.complete, reason=found.reason, left=found.left, report=found.report, branches=branches
        )
        return Finish(review.model_dump_json())

    def _ask(self, node: Node[ReviewArgs], questions: list[str]) -> Ask | None:
        asks = node.state.get("asks", 0)
        wanted = [question.strip() for question in questions if question.strip()]
        if not wanted or asks >= MAX_ASKS:
            return None
        node.state["asks"] = asks + 1
        return Ask(wanted, then=self.answered)


def _failed(branch: Branch) -> Branch:
    if branch.complete is None and branch.outcome != Outcome.SUCCEEDED.value:
        message = str((branch.error or {}).get("message") or f"It was {branch.outcome}.")
        return branch.model_copy(update={"complete": False, "reason": message})
    return branch


def _verdict(report: Report) -> Verdict:
    """A reviewer that failed cannot call its branch complete."""
    if report.outcome is not Outcome.SUCCEEDED:
        message = (report.error or {}).get("message") or report.outcome
        return Verdict(complete=False, reason=f"It could not be reviewed: {message}", questions=[])
    try:
        return Verdict.model_validate_json(report.report)
    except ValidationError:
        return Verdict(complete=False, reason="Its review is no verdict.", questions=[])
