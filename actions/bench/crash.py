"""`bench/crash`: kills its own process with SIGKILL on its first `times` attempts; then it succeeds."""

import os
import signal

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import Finish


class CrashArgs(BaseModel):
    """With `times` at the action's attempts or above, the node fails as a poison node."""

    model_config = ConfigDict(extra="forbid")

    times: int = Field(default=1, ge=0, le=1_000)


@action("bench/crash", description="Kill the processor a few times, then succeed", routable=False)
class Crash(Action[CrashArgs]):
    """The attempt is counted at the claim, so it is known even to the process that comes after."""

    async def main(self, node: Node[CrashArgs]) -> Finish:
        """Take the whole process down on the first attempts."""
        if node.attempt <= node.args.times:
            os.kill(os.getpid(), signal.SIGKILL)
        return Finish(report=f"succeeded at attempt {node.attempt}")
