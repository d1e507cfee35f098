"""`swarm/review_plan`: is a plan good? Confirms it, or gives a better one. Spawned by `swarm/plan`."""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.files.inventory import inventory
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Finish
from pgswarm.actions.swarm.notes import Note, bounded


class Stage(BaseModel):
    """Steps that are done at the same time."""

    model_config = ConfigDict(extra="forbid")

    steps: list[str]


class ReviewPlanArgs(BaseModel):
    """The plan, what is done already, and what was found out before."""

    model_config = ConfigDict(extra="forbid")

    stages: list[Stage]
    context: list[Note] = Field(default_factory=list)
    known: list[str] = Field(default_factory=list)


class PlanVerdict(BaseModel):
    """Whether the plan is confirmed, else a better one; the report of the review, as JSON."""

    confirmed: bool
    reason: str
    stages: list[Stage]


@action("swarm/review_plan", description="Confirm a plan, or give a better one.", routable=False)
class ReviewPlan(Action[ReviewPlanArgs]):
    """Reviews one plan."""

    async def main(self, node: Node[ReviewPlanArgs]) -> ActionOutcome:
        """Judge the plan; the verdict is the report."""
        data = {
            "directive": node.directive,
            "stages": [stage.model_dump() for stage in node.args.stages],
            "files": await inventory(node),
            "context": bounded(node.args.context),
            "known": node.args.known,
            "messages": [message.content for message in node.messages],
        }
        verdict = await node.llm(PlanVerdict, Prompt(task="review_plan", data=data, role="reviewer"))
        return Finish(verdict.model_dump_json())
