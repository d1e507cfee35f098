"""`files/save`: writes a file into the swarm's workspace, where code runs and all nodes see it."""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Finish

MAX_CONTENT = 10_000_000


class SaveFileArgs(BaseModel):
    """The path in the workspace, its content, and whether it may be executed."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(min_length=1)
    content: str = Field(max_length=MAX_CONTENT)
    executable: bool = False


@action("files/save", description="Put content at a path of the workspace, replacing what is there.")
class SaveFile(Action[SaveFileArgs]):
    """Writes a file."""

    async def main(self, node: Node[SaveFileArgs]) -> ActionOutcome:
        """Write, and report where."""
        await node.files.write(node.args.path, node.args.content, executable=node.args.executable)
        return Finish(f"{node.args.path} in the workspace now holds {len(node.args.content):,} characters.")
