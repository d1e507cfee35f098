"""`memory/save`: keeps a text, or the results of earlier work, in the swarm's memory under a name."""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.files.inventory import RESULTS, safe_name
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Finish
from pgswarm.actions.swarm.notes import Note
from pgswarm.schema.states import Outcome

MAX_NAME = 120


class SaveArgs(BaseModel):
    """The name to save under, the text (else the reports in `context`), and what it is."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=MAX_NAME)
    content: str | None = None
    description: str = ""
    context: list[Note] = Field(default_factory=list)


@action(
    "memory/save", description="Save or store a text, or results of earlier work, in memory under a name, to keep it."
)
class Save(Action[SaveArgs]):
    """Saves to the memory folder of results."""

    async def main(self, node: Node[SaveArgs]) -> ActionOutcome:
        """Save, and report where."""
        content = node.args.content or _from_context(node.args.context)
        if not content.strip():
            raise ActionError("nothing_to_save", "There is nothing to save: give `content`, or earlier results.")
        name = safe_name(node.args.name or "notes.md")
        kind = "markdown" if name.endswith(".md") else "text"
        description = node.args.description or node.directive[:200]
        await node.memory.save(name, content, kind=kind, description=description, folder=RESULTS)
        return Finish(f"Saved {len(content):,} characters as {RESULTS}/{name} in the swarm's memory.")


def _from_context(context: list[Note]) -> str:
    done = [note for note in context if note.outcome == Outcome.SUCCEEDED.value and note.report.strip()]
    if len(done) == 1:
        return done[0].report
    return "\n\n".join(f"## {note.directive}\n\n{note.report}" for note in done)
