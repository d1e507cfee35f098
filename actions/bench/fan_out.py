"""`bench/fan_out`: a tree of `width` children to a node, `depth` levels deep; only the leaves sleep, once each."""

import asyncio
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pgswarm.actions.base import Action, action
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import Child, Finish, Spawn

MAX_NODES: Final = 2_000_000


class FanOutArgs(BaseModel):
    """The tree has the sum of width^i nodes, i = 0 … depth; `sleep_ms` is in milliseconds."""

    model_config = ConfigDict(extra="forbid")

    width: int = Field(default=10, ge=1, le=100_000)
    depth: int = Field(default=1, ge=0, le=100)
    sleep_ms: int = Field(default=0, ge=0, le=3_600_000)

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        nodes = 1
        for _ in range(self.depth):
            nodes = nodes * self.width + 1
            if nodes > MAX_NODES:
                raise ValueError(f"width and depth make more than {MAX_NODES:,} nodes: lower one of them")
        return self


@action("bench/fan_out", description="Spawn a tree of nodes that do nothing", timeout_s=3_700, routable=False)
class FanOut(Action[FanOutArgs]):
    """A node with depth left spawns; a leaf sleeps."""

    async def main(self, node: Node[FanOutArgs]) -> Spawn | Finish:
        """Spawn the next level, or be a leaf."""
        args = node.args
        if args.depth == 0:
            if args.sleep_ms:
                await asyncio.sleep(args.sleep_ms / 1000)
            return Finish()
        below = {"width": args.width, "depth": args.depth - 1, "sleep_ms": args.sleep_ms}
        return Spawn([Child("bench/fan_out", node.directive, below)] * args.width, then=self.conclude)

    async def conclude(self, node: Node[FanOutArgs]) -> Finish:
        """Succeed when every child has terminated."""
        return Finish(report=f"{node.args.width} children terminated")
