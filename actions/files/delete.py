"""`files/delete`: removes a file, or a folder with all below it, from the workspace. Its history keeps them."""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Finish


class DeleteArgs(BaseModel):
    """What to delete."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(min_length=1)


@action("files/delete", description="Delete something from the workspace, a folder with all below it.")
class DeleteFile(Action[DeleteArgs]):
    """Deletes a file or folder."""

    async def main(self, node: Node[DeleteArgs]) -> ActionOutcome:
        """Delete, and say so."""
        await node.files.delete(node.args.path)
        return Finish(f"{node.args.path} is deleted.")
