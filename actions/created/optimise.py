"""`action/optimise`: keeps the swarm's own part of the action space balanced and easy to search; ids stay."""

from pgswarm.actions.base import Action, action
from pgswarm.actions.memory.optimise import OptimiseArgs
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Continue, Finish
from pgswarm.actions.spaces.housekeeping import keep_house


@action(
    "action/optimise",
    description="Tidy the action space: split crowded folders of actions, merge folders that are nearly empty.",
)
class OptimiseActions(Action[OptimiseArgs]):
    """Tidies the action space."""

    async def main(self, node: Node[OptimiseArgs]) -> ActionOutcome:
        """Tidy a few folders, and go on until all were looked at."""
        told = await keep_house(node, "action", node.args.folder)
        return Continue(then=self.main) if told is None else Finish(told)
