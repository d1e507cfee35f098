"""`files/move` and `files/rename`: another path for a file or folder of the workspace. Never outside of it."""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Finish


class MoveArgs(BaseModel):
    """What to move, and where to: a folder that is there, or the new path."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(min_length=1)
    target: str = Field(min_length=1)


class RenameArgs(BaseModel):
    """What to rename, and its new name, without folders."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(min_length=1)
    name: str = Field(min_length=1)


@action("files/move", description="Move something in the workspace to another folder or path.")
class MoveFile(Action[MoveArgs]):
    """Moves a file or folder."""

    async def main(self, node: Node[MoveArgs]) -> ActionOutcome:
        """Move, and report where it is now."""
        now = await node.files.move(node.args.path, node.args.target, into=True)
        return Finish(f"{node.args.path} is now {now}.")


@action("files/rename", description="Rename something in the workspace; it stays in its folder.")
class RenameFile(Action[RenameArgs]):
    """Renames a file or folder."""

    async def main(self, node: Node[RenameArgs]) -> ActionOutcome:
        """Rename, and report the path."""
        if "/" in node.args.name:
            raise ActionError("bad_path", f"{node.args.name!r} is no name but a path: use files/move.")
        source = node.args.path.rstrip("/")
        folder, _, _ = source.rpartition("/")
        target = f"{folder}/{node.args.name}" if folder else node.args.name
        await node.files.move(source, target)
        return Finish(f"{source} is now {target}.")
