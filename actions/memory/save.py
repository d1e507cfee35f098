"""`memory/save`: keeps a text, or the results of earlier work, in memory, where its description says that it belongs.

The router walks the folders with the artifact's name, description and beginning, stops, goes down, or makes a folder
(`filing.py`). A folder that is named is taken as it is.
"""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.files.inventory import safe_name
from pgswarm.actions.memory.filing import Artifact, file_away, folder_at, keep_in
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Continue, Fail, Finish
from pgswarm.actions.swarm.notes import Note
from pgswarm.schema.states import Outcome

MAX_NAME = 120


class SaveArgs(BaseModel):
    """The name to save under, the text (else the reports in `context`), and what it is.

    `folder`: a path in memory to keep it in, where that is known. `replace`: it is a new version of what has its name.
    """

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=MAX_NAME)
    content: str | None = None
    description: str = ""
    folder: str = Field(default="", max_length=1_000)
    replace: bool = False
    context: list[Note] = Field(default_factory=list)


@action(
    "memory/save", description="Save or store a text, or results of earlier work, in memory under a name, to keep it."
)
class Save(Action[SaveArgs]):
    """Files a text in memory."""

    async def main(self, node: Node[SaveArgs]) -> ActionOutcome:
        """Find its folder, save it there, and report where."""
        args = node.args
        content = args.content or _from_context(args.context)
        if not content.strip():
            raise ActionError("nothing_to_save", "There is nothing to save: give `content`, or earlier results.")
        description = args.description or node.directive[:200]
        artifact = Artifact(safe_name(args.name or "notes.md"), content, description, args.replace)
        if args.folder.strip("/ "):
            kept: str | Fail | None = await keep_in(node, await folder_at(node, args.folder), artifact)
        else:
            kept = await file_away(node, artifact)
        if kept is None:
            return Continue(then=self.main)
        if isinstance(kept, Fail):
            return kept
        return Finish(f"Saved {len(content):,} characters as {kept} in the swarm's memory.")


def _from_context(context: list[Note]) -> str:
    done = [note for note in context if note.outcome == Outcome.SUCCEEDED.value and note.report.strip()]
    if len(done) == 1:
        return done[0].report
    return "\n\n".join(f"## {note.directive}\n\n{note.report}" for note in done)
