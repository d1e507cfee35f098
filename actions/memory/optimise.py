"""`memory/optimise`: keeps memory balanced and easy to search; what is in it stays, and keeps its ids."""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Continue, Finish
from pgswarm.actions.spaces.housekeeping import keep_house


class OptimiseArgs(BaseModel):
    """The folder to tidy, with all below it; left out: everything."""

    model_config = ConfigDict(extra="forbid")

    folder: str = Field(default="", max_length=1_000)


@action(
    "memory/optimise",
    description="Tidy memory's folders: split crowded folders into smaller ones, merge folders that are nearly empty.",
)
class OptimiseMemory(Action[OptimiseArgs]):
    """Tidies memory."""

    async def main(self, node: Node[OptimiseArgs]) -> ActionOutcome:
        """Tidy a few folders, and go on until all were looked at."""
        told = await keep_house(node, "memory", node.args.folder)
        return Continue(then=self.main) if told is None else Finish(told)
