"""`bench/chain`: `length` nodes, each but the last spawning one."""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import Child, Finish, Spawn


class ChainArgs(BaseModel):
    """`length` counts this node too."""

    model_config = ConfigDict(extra="forbid")

    length: int = Field(default=10, ge=1, le=100_000)


@action("bench/chain", description="Spawn a chain of nodes that do nothing", routable=False)
class Chain(Action[ChainArgs]):
    """Shows the time of one step: nothing in a chain can be done together."""

    async def main(self, node: Node[ChainArgs]) -> Spawn | Finish:
        """Spawn the rest of the chain, or be its end."""
        left = node.args.length - 1
        if left == 0:
            return Finish()
        return Spawn([Child("bench/chain", node.directive, {"length": left})], then=self.conclude)

    async def conclude(self, node: Node[ChainArgs]) -> Finish:
        """Succeed when the rest has terminated."""
        return Finish(report=f"{node.args.length} nodes terminated")
