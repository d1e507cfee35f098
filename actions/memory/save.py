"""`memory/save`: keeps a text, a file of the workspace, or earlier results in memory, where it belongs.

The router walks the folders with the artifact's name, description and beginning, stops, goes down, or makes a folder
(`filing.py`). A folder that is named is taken as it is. Where no content is given, a file that is named (by `file`,
`name` or the directive) is what is kept, as it stands, with what is known of it; else the reports of earlier work.
"""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.code.kept import entry_of
from pgswarm.actions.files.inventory import resolve, safe_name
from pgswarm.actions.memory.filing import Artifact, file_away, folder_at, keep_in
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Continue, Fail, Finish
from pgswarm.actions.swarm.notes import Note
from pgswarm.schema.states import Outcome

MAX_NAME = 120
_MARKS = "`'\".,;:!?()[]"


class SaveArgs(BaseModel):
    """The name to save under, the text (else `file`, else the reports in `context`), and what it is.

    `file`: a file of the workspace, or another entry of memory, whose content is kept; never write out its content.
    `folder`: a path in memory to keep it in, where that is known. `replace`: it is a new version of what has its name.
    """

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=MAX_NAME)
    content: str | None = None
    file: str | None = Field(default=None, max_length=500)
    description: str = ""
    folder: str = Field(default="", max_length=1_000)
    replace: bool = False
    context: list[Note] = Field(default_factory=list)


@action(
    "memory/save",
    description="Save or store a text, a file of the workspace, or results of earlier work in memory, to keep it.",
)
class Save(Action[SaveArgs]):
    """Files a text in memory."""

    async def main(self, node: Node[SaveArgs]) -> ActionOutcome:
        """Find its folder, save it there, and report where."""
        args = node.args
        file = None if args.content else await _file(node)
        if file:
            artifact = await _from_file(node, file)
        else:
            content = args.content or _from_context(args.context)
            if not content.strip():
                told = "There is nothing to save: give `content`, a `file` of the workspace, or earlier results."
                raise ActionError("nothing_to_save", told)
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
        size = f"{len(artifact.content):,} {'characters' if isinstance(artifact.content, str) else 'bytes'}"
        return Finish(f"Saved {size} as {kept} in the swarm's memory.")


async def _file(node: Node[SaveArgs]) -> str | None:
    """Return the file that is meant: the one that is given, else the one of the workspace that is named."""
    args = node.args
    if args.file:
        return args.file
    paths = [info.path for info in await node.files.list() if not info.folder]
    if args.name in paths:
        return args.name
    words = {word.strip(_MARKS) for word in node.directive.split()}
    named = [path for path in paths if path in words]
    return named[0] if len(named) == 1 and not args.name else None


async def _from_file(node: Node[SaveArgs], file: str) -> Artifact:
    """Return a file as what is to be kept, with what is known of it where a node wrote it."""
    args = node.args
    there = any(info.path == file and not info.folder for info in await node.files.list())
    known = await entry_of(node, file)
    if there:
        content = await node.files.read(file)
    else:
        entry = await resolve(node, file)
        content = await node.memory.read_bytes(entry.entry_id)
    return Artifact(
        safe_name(args.name or file),
        content,
        args.description or (known.description if known else "") or node.directive[:200],
        args.replace,
        known_kind=known.kind if known else "",
        fields=dict(known.fields) if known else None,
    )


def _from_context(context: list[Note]) -> str:
    done = [note for note in context if note.outcome == Outcome.SUCCEEDED.value and note.report.strip()]
    if len(done) == 1:
        return done[0].report
    return "\n\n".join(f"## {note.directive}\n\n{note.report}" for note in done)
