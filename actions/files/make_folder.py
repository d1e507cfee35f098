"""`files/make_folder`: a folder in the workspace, and those above it."""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, action
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Finish


class FolderArgs(BaseModel):
    """The folder's path."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(min_length=1)


@action("files/make_folder", description="Make a folder in the workspace.")
class MakeFolder(Action[FolderArgs]):
    """Makes a folder."""

    async def main(self, node: Node[FolderArgs]) -> ActionOutcome:
        """Make it, and say so."""
        await node.files.make_folder(node.args.path)
        return Finish(f"The workspace has a folder {node.args.path}.")
