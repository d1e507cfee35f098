"""`swarm/review_branch`: is one sub-directive complete? Spawned by a review, one for each branch, in parallel."""

from pydantic import BaseModel, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.files.inventory import inventory
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Finish
from pgswarm.actions.swarm.notes import Note, bounded


class BranchArgs(Note):
    """The report to judge, and what was asked about it."""

    answers: list[dict[str, str]] = Field(default_factory=list)


class Verdict(BaseModel):
    """Whether one branch is complete."""

    complete: bool
    reason: str
    questions: list[str]


@action("swarm/review_branch", description="Say whether one report completes its directive.", routable=False)
class ReviewBranch(Action[BranchArgs]):
    """Reviews one branch."""

    async def main(self, node: Node[BranchArgs]) -> ActionOutcome:
        """Judge the report; the verdict is the report, as JSON."""
        data = {**bounded([node.args])[0], "files": await inventory(node)}
        verdict = await node.llm(Verdict, Prompt(task="review_branch", data=data, role="reviewer"))
        return Finish(verdict.model_dump_json())
