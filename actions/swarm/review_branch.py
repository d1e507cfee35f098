"""`swarm/review_branch`: is one sub-directive complete? Spawned by a review, one for each branch, in parallel."""

from pydantic import BaseModel, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.files.inventory import inventory
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Finish
from pgswarm.actions.swarm.notes import Note, bounded

SYSTEM = """You review the work of someone else. Say whether `report` completes `directive`.
It is complete when what the directive asks for is there, not when it is perfect. A report that says plainly that
there is nothing to find is complete. `reason` is one sentence: what is missing, or why it is complete.
Use `questions` only for what a person alone can settle; otherwise leave it empty. `answers` holds what was asked."""


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
        verdict = await node.llm(Verdict, Prompt(task="review_branch", system=SYSTEM, data=data, role="reviewer"))
        return Finish(verdict.model_dump_json())
