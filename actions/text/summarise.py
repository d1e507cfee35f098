"""`text/summarise`: a text condensed; a long one piece by piece, then the pieces' summaries.

Bounded: at most `MAX_PIECES` pieces of `PIECE_CHARS` characters.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.files.inventory import attached, describe, is_table, resolve
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Finish
from pgswarm.actions.swarm.notes import Note

PIECE_CHARS = 60_000
MAX_PIECES = 40


class SummariseArgs(BaseModel):
    """The file or the text to condense (else the reports in `context`), how long, and for what."""

    model_config = ConfigDict(extra="forbid")

    file: str | None = None
    text: str | None = None
    max_words: int | None = Field(default=None, ge=5, le=20_000)
    max_sentences: int | None = Field(default=None, ge=1, le=500)
    focus: str = ""
    context: list[Note] = Field(default_factory=list)


class Summary(BaseModel):
    """The text in short."""

    summary: str


@action(
    "text/summarise",
    description="Summarise a text file or document: condense its prose to the main points, the gist, in fewer words.",
)
class Summarise(Action[SummariseArgs]):
    """Condenses prose."""

    async def main(self, node: Node[SummariseArgs]) -> ActionOutcome:
        """Report the summary."""
        name, text = await _source(node)
        if not text.strip():
            return Finish(f"{name} is empty.")
        pieces = _pieces(text)
        if len(pieces) > MAX_PIECES:
            most = MAX_PIECES * PIECE_CHARS
            raise ActionError("too_long", f"{name} has {len(text):,} characters; at most {most:,} can be summarised.")
        if len(pieces) == 1:
            return Finish(await self._condense(node, name, text, 1, last=True))
        parts = [
            await self._condense(node, f"{name}, part {number} of {len(pieces)}", piece, line, last=False)
            for number, (line, piece) in enumerate(pieces, start=1)
        ]
        return Finish("\n\n".join(parts))

    async def _condense(self, node: Node[SummariseArgs], name: str, text: str, line: int, *, last: bool) -> str:
        data: dict[str, Any] = {"name": name, "text": text, "first_line": line, "focus": node.args.focus}
        if last:
            data |= {"max_words": node.args.max_words, "max_sentences": node.args.max_sentences}
        found = await node.llm(Summary, Prompt(task="summarise", data=data, role="talker"))
        return found.summary


async def _source(node: Node[SummariseArgs]) -> tuple[str, str]:
    """The text to condense and what it is called."""
    args = node.args
    if args.text is not None:
        return "the text", args.text
    if args.file is None and args.context:
        return "the results", "\n\n".join(
            f"# {note.directive}\n\n{note.report}" for note in args.context if note.report
        )
    if args.file is not None:
        entry = await resolve(node, args.file)
    else:
        texts = [e for e in await attached(node) if not is_table(e)]
        if len(texts) != 1:
            raise ActionError(
                "which_file", f"The directive names no text to summarise. {describe(await attached(node))}"
            )
        entry = texts[0]
    if is_table(entry):
        raise ActionError("not_prose", f"{entry.name} is a table, not prose: data/describe_table describes it.")
    return entry.name, await node.memory.read(entry.entry_id)


def _pieces(text: str) -> list[tuple[int, str]]:
    """The text in pieces that end at a paragraph where there is one, each with its first line."""
    pieces, begin = [], 0
    while begin < len(text):
        end = begin + PIECE_CHARS
        if end < len(text):
            breaks = (text.rfind(mark, begin + PIECE_CHARS // 2, end) + len(mark) for mark in ("\n\n", "\n", " "))
            end = next((place for place in breaks if place > begin + PIECE_CHARS // 2), end)
        pieces.append((1 + text.count("\n", 0, begin), text[begin:end]))
        begin = end
    return pieces
