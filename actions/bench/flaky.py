"""`bench/flaky`: its first `failures` attempts raise; then it succeeds."""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import Finish


class FlakyArgs(BaseModel):
    """With `failures` at the action's attempts or above, the node fails."""

    model_config = ConfigDict(extra="forbid")

    failures: int = Field(default=1, ge=0, le=1_000)


@action("bench/flaky", description="Raise a few times, then succeed", max_backoff_s=0.1, routable=False)
class Flaky(Action[FlakyArgs]):
    """Counts by `node.attempt`, so it needs nothing of its own that a crash could lose."""

    async def main(self, node: Node[FlakyArgs]) -> Finish:
        """Raise on the first attempts."""
        if node.attempt <= node.args.failures:
            raise RuntimeError(f"attempt {node.attempt} fails, as it was asked to")
        return Finish(report=f"succeeded at attempt {node.attempt}")
