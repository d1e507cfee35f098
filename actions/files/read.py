"""`files/read`: a file's text, or some of its lines. Bounded: what is longer is read in pieces."""

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.files.inventory import attached, describe, resolve
from pgswarm.actions.node import EntryInfo, Node
from pgswarm.actions.outcomes import ActionOutcome, Finish

MAX_CHARS = 200_000


class ReadArgs(BaseModel):
    """Which file, and from which line (counted from 1) how many lines."""

    model_config = ConfigDict(extra="forbid")

    file: str | None = None
    first_line: int = Field(default=1, ge=1)
    max_lines: int | None = Field(default=None, ge=1)


@action("files/read", description="Read a file and show its whole content, or some of its lines, word for word.")
class ReadFile(Action[ReadArgs]):
    """Reports a file as it stands."""

    async def main(self, node: Node[ReadArgs]) -> ActionOutcome:
        """Report the lines asked for."""
        name, content = await _found(node)
        lines = content.split("\n")
        begin = node.args.first_line - 1
        if begin and begin >= len(lines):
            raise ActionError("no_such_line", f"{name} has {len(lines)} lines; first_line is {begin + 1}.")
        wanted = lines[begin : begin + node.args.max_lines] if node.args.max_lines else lines[begin:]
        text = "\n".join(wanted)
        if len(text) <= MAX_CHARS:
            return Finish(text)
        shown = text[:MAX_CHARS]
        after = node.args.first_line + shown.count("\n")
        return Finish(f"{shown}\n… (cut: read on from line {after} with first_line)")


async def _found(node: Node[ReadArgs]) -> tuple[str, str]:
    """The file's name and text: from the workspace where it has that path, else what is attached or saved."""
    wanted = node.args.file
    if wanted and any(info.path == wanted and not info.folder for info in await node.files.list()):
        return wanted, await node.files.read_text(wanted)
    entry = await _entry(node)
    return entry.name, await node.memory.read(entry.entry_id)


async def _entry(node: Node[ReadArgs]) -> EntryInfo:
    if node.args.file:
        return await resolve(node, node.args.file)
    entries = await attached(node)
    if len(entries) == 1:
        return entries[0]
    raise ActionError("which_file", f"The directive names no file to read. {describe(entries)}")
