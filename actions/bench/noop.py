"""`bench/noop`: the smallest node there is."""

from pgswarm.actions.base import Action, NoArgs, action
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import Finish


@action("bench/noop", description="Do nothing and succeed", routable=False)
class Noop(Action[NoArgs]):
    """One claim, one commit."""

    async def main(self, _node: Node[NoArgs]) -> Finish:
        """Succeed with an empty report."""
        return Finish()
