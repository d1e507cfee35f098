"""`bench/stamp`: says when it ran; how `pgswarm bench` measures the way from a committed start to a running action."""

import time

from pgswarm.actions.base import Action, NoArgs, action
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import Finish


@action("bench/stamp", description="Report the time at which it ran, in nanoseconds since 1970", routable=False)
class Stamp(Action[NoArgs]):
    """The clock is that of the processor's machine: compare it only with a clock of the same machine."""

    async def main(self, _node: Node[NoArgs]) -> Finish:
        """Report the wall clock."""
        return Finish(report=str(time.time_ns()))
