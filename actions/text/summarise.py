"""`text/summarise`: a text condensed and kept among the results; a long one piece by piece, then the pieces' summaries.

Rule: limits hold for the whole. What is longer than asked for is condensed again, and after `MAX_AGAIN` times ends with
the last sentence that fits. Bounded: at most `MAX_PIECES` pieces of `PIECE_CHARS` characters.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.files.inventory import RESULTS, attached, describe, is_table, resolve, safe_name
from pgswarm.actions.memory.filing import Artifact, folder_at, keep_in
from pgswarm.actions.models.offline.rules.sentences import sentences
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Fail, Finish
from pgswarm.actions.swarm.notes import Note

PIECE_CHARS = 60_000
MAX_PIECES = 40
MAX_AGAIN = 2
_MAX_NAME: Final = 80
_PLACE: Final = re.compile(r" \((?:[^()\n]*, )?line \d+\)$", re.MULTILINE)
_LEAD: Final = re.compile(r"^.*:$", re.MULTILINE)
_BULLET: Final = re.compile(r"^[-*\u2022] +")


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
        """Report the summary, and keep it."""
        name, text, source = await _source(node)
        if not text.strip():
            return Finish(f"{name} is empty.")
        pieces = _pieces(text)
        if len(pieces) > MAX_PIECES:
            most = MAX_PIECES * PIECE_CHARS
            raise ActionError("too_long", f"{name} has {len(text):,} characters; at most {most:,} can be summarised.")
        limits = {"max_words": node.args.max_words, "max_sentences": node.args.max_sentences}
        if len(pieces) == 1:
            summary = await self._condense(node, name, text, 1, limits)
        else:
            summary = await self._of_pieces(node, name, pieces)
        if any(limits.values()):
            again = {**limits, "again": True, "of_words": len(text.split())}
            for number in range(MAX_AGAIN + 1):
                problem = excess(summary, node.args.max_words, node.args.max_sentences)
                if not problem and (number or len(pieces) == 1):
                    break
                if number == MAX_AGAIN:
                    summary = fitting(summary, node.args.max_words, node.args.max_sentences)
                    break
                summary = await self._condense(node, name, summary, 1, {**again, "problem": problem})
        return await _keep(node, name, summary, source)

    async def _of_pieces(self, node: Node[SummariseArgs], name: str, pieces: Sequence[tuple[int, str]]) -> str:
        """Return the pieces' summaries, one after the other: together no longer than a piece."""
        room = PIECE_CHARS // len(pieces) - 2
        parts = []
        for number, (line, piece) in enumerate(pieces, start=1):
            part = await self._condense(node, f"{name}, part {number} of {len(pieces)}", piece, line, {})
            parts.append(part if len(part) <= room else part[:room].rpartition("\n")[0] or part[:room])
        return "\n\n".join(parts)

    async def _condense(
        self, node: Node[SummariseArgs], name: str, text: str, line: int, limits: Mapping[str, Any]
    ) -> str:
        data: dict[str, Any] = {"name": name, "text": text, "first_line": line, "focus": node.args.focus, **limits}
        found = await node.llm(Summary, Prompt(task="summarise", data=data, role="talker"))
        return found.summary


def excess(summary: str, words: int | None, most: int | None) -> str:
    """Return by how much a summary is longer than it may be, in a sentence for its writer; "" where it is not.

    What says where a sentence stands does not count, and one sentence is no word too long.
    """
    found = _counted(summary)
    if most is not None and len(found) > most:
        return f"It has {len(found)} sentences; {most} at most."
    count = sum(len(text.split()) for text in found)
    return f"It has {count} words; {words} at most." if words is not None and count > words and len(found) > 1 else ""


def fitting(summary: str, words: int | None, most: int | None) -> str:
    """Return the first sentences of a summary that keep to the limits; at least one."""
    kept: list[str] = []
    for text in _counted(summary)[:most]:
        if kept and words is not None and sum(len(each.split()) for each in [*kept, text]) > words:
            break
        kept.append(text)
    return " ".join(kept)


def _counted(summary: str) -> list[str]:
    plain = _LEAD.sub("", _PLACE.sub("", summary)).replace(" […]", "")
    return [_BULLET.sub("", sentence.text) for sentence in sentences(plain)]


async def _keep(node: Node[SummariseArgs], name: str, summary: str, source: UUID | None) -> ActionOutcome:
    called = safe_name(f"summary_of_{PurePosixPath(name).stem}"[:_MAX_NAME]).replace(" ", "_") + ".md"
    described = f"Summary of {name}. {node.directive}"[:200]
    artifact = Artifact(called, summary, described, derived_from=(source,) if source else ())
    kept = await keep_in(node, await folder_at(node, RESULTS), artifact)
    return kept if isinstance(kept, Fail) else Finish(summary)


async def _source(node: Node[SummariseArgs]) -> tuple[str, str, UUID | None]:
    """The text to condense, what it is called, and the entry that it is the text of."""
    args = node.args
    if args.text is not None:
        return "the text", args.text, None
    if args.file is None and args.context:
        texts = (f"# {note.directive}\n\n{note.report}" for note in args.context if note.report)
        return "the results", "\n\n".join(texts), None
    if args.file is not None:
        entry = await resolve(node, args.file)
    else:
        found = [e for e in await attached(node) if not is_table(e)]
        if len(found) != 1:
            raise ActionError(
                "which_file", f"The directive names no text to summarise. {describe(await attached(node))}"
            )
        entry = found[0]
    if is_table(entry):
        raise ActionError("not_prose", f"{entry.name} is a table, not prose: data/describe_table describes it.")
    return entry.name, await node.memory.read(entry.entry_id), entry.entry_id


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
