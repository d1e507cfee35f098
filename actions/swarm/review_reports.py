"""`swarm/review_reports`: is the directive complete, and if not, what is left?

Four phases: each branch by a node of its own, in parallel; the whole directive; the reports consolidated into one; then
either that report, or a directive for what is left. Questions that the first two raise are answered first, and the
phase repeats with the answers. A branch that was judged in an earlier round is not judged again. Bounded as all that
asks first (`ask_first`).
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pgswarm.actions.base import Action, action
from pgswarm.actions.files.inventory import inventory
from pgswarm.actions.node import Node, Prompt, Report
from pgswarm.actions.outcomes import ActionOutcome, Child, Finish, Spawn
from pgswarm.actions.swarm.ask_first import Decision, answers_of, ask_first, ask_oracles, keep_answers
from pgswarm.actions.swarm.notes import Note, bounded
from pgswarm.actions.swarm.review_branch import Verdict
from pgswarm.schema.states import Outcome


class Branch(Note):
    """A report with the verdict on it; `complete` is None until it was judged."""

    complete: bool | None = None
    reason: str = ""


class ReviewArgs(BaseModel):
    """What is to be reviewed."""

    model_config = ConfigDict(extra="forbid")

    branches: list[Branch]
    context: list[Note] = Field(default_factory=list)


class Overall(Decision):
    """The verdict on the whole."""

    complete: bool
    reason: str
    left: str


class Consolidated(BaseModel):
    """One report in place of several."""

    report: str


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
        _keep(node, [_failed(branch) for branch in node.args.branches])
        return await self._judge(node)

    async def judged(self, node: Node[ReviewArgs]) -> ActionOutcome:
        """Take the verdicts; what reviewers could not settle is asked first, and those branches judged again."""
        verdicts = iter([_verdict(report) for report in node.reports])
        branches, questions, unsettled = _branches(node), [], []
        for number, branch in enumerate(branches):
            if branch.complete is None:
                verdict = next(verdicts)
                branch.complete, branch.reason = verdict.complete, verdict.reason
                questions += verdict.questions
                unsettled += [number] if any(question.strip() for question in verdict.questions) else []
        _keep(node, branches)
        asked = ask_oracles(node, questions, then=self.settled)
        if asked is None:
            return await self.overall(node)
        node.state["unsettled"] = unsettled
        return asked

    async def settled(self, node: Node[ReviewArgs]) -> ActionOutcome:
        """Have the branches judged again that questions were about."""
        keep_answers(node)
        branches = _branches(node)
        for number in node.state["unsettled"]:
            branches[number].complete = None
        _keep(node, branches)
        return await self._judge(node)

    async def answered(self, node: Node[ReviewArgs]) -> ActionOutcome:
        """Keep the answers and judge the whole with them."""
        keep_answers(node)
        return await self.overall(node)

    async def overall(self, node: Node[ReviewArgs]) -> ActionOutcome:
        """Judge the whole, and report it as a `Review`."""
        branches = _branches(node)
        texts = bounded(branches)
        data: dict[str, Any] = {
            "directive": node.directive,
            "branches": [
                {**branch.model_dump(exclude_none=True), "report": text["report"]}
                for branch, text in zip(branches, texts, strict=True)
            ],
            "files": await inventory(node),
            "context": bounded(node.args.context),
        }
        prompt = Prompt(task="review_overall", data=data, role="reviewer")
        found = await ask_first(node, Overall, prompt, then=self.answered)
        if isinstance(found, Spawn):
            return found
        left = "" if found.complete else found.left.strip()
        # what is left is worked on first: the next review consolidates
        report = "" if left else await self._consolidated(node, branches, {**data, "reason": found.reason})
        review = Review(complete=found.complete, reason=found.reason, left=left, report=report, branches=branches)
        return Finish(review.model_dump_json())

    async def _judge(self, node: Node[ReviewArgs]) -> ActionOutcome:
        new = [branch for branch in _branches(node) if branch.complete is None]
        if not new:
            return await self.overall(node)
        answers = answers_of(node)
        children = [
            Child("swarm/review_branch", f"Is this done? {note['directive']}", {**note, "answers": answers})
            for note in bounded(new)
        ]
        return Spawn(children, then=self.judged)

    async def _consolidated(self, node: Node[ReviewArgs], branches: list[Branch], data: dict[str, Any]) -> str:
        if len(branches) == 1 and branches[0].complete:
            return branches[0].report
        prompt = Prompt(task="consolidate", data=data, role="reviewer")
        return (await node.llm(Consolidated, prompt)).report


def _branches(node: Node[ReviewArgs]) -> list[Branch]:
    return [Branch.model_validate(branch) for branch in node.state["branches"]]


def _keep(node: Node[ReviewArgs], branches: list[Branch]) -> None:
    node.state["branches"] = [branch.model_dump() for branch in branches]


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
