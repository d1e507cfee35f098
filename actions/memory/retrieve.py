"""`memory/retrieve`: what the swarm's texts say about something, quoted with file and line.

A quotation is shown only where it stands in the passage letter by letter (but for white space): whatever a model gives
back, nothing invented can be quoted. Bounded: `MAX_PASSAGES` passages, each grown by
`MAX_GROWTH` lines at most to either side, and `MAX_QUOTES` quotations.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.files.inventory import attached, describe, is_table, resolve
from pgswarm.actions.node import EntryInfo, Node, Passage, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Finish

MAX_PASSAGES = 12
MAX_QUOTES = 5
MAX_GROWTH = 40
_SEARCHED = 40
_HEADING_WORDS = 10


class RetrieveArgs(BaseModel):
    """The question, the subject to look for, and the files to look in (all texts where none is named).

    `folder`: a folder of memory to look in instead; `swarm` holds the documentation of the swarm and its actions.
    """

    model_config = ConfigDict(extra="forbid")

    question: str | None = None
    subject: str | None = None
    files: list[str] = Field(default_factory=list, max_length=50)
    folder: str = Field(default="", max_length=1_000)
    max_quotes: int = Field(default=3, ge=1, le=MAX_QUOTES)


class Quote(BaseModel):
    """A sentence of a passage, letter by letter."""

    passage: int
    text: str


class Found(BaseModel):
    """What the passages say."""

    quotes: list[Quote]
    answer: str


@action(
    "memory/retrieve",
    description=(
        "Search the swarm's memory and texts: find and quote the passages that answer a question or say "
        "something about a subject, with file and line."
    ),
)
class Retrieve(Action[RetrieveArgs]):
    """Searches the texts and quotes them."""

    async def main(self, node: Node[RetrieveArgs]) -> ActionOutcome:
        """Search, let the model pick sentences, check each, and report them with their places."""
        question = node.args.question or node.directive
        query = node.args.subject or question
        if node.args.folder:
            passages = list(await node.memory.search(query, limit=MAX_PASSAGES, folder=node.args.folder))
            names = f"the folder {node.args.folder}"
        else:
            entries = await _searched(node)
            passages = await _passages(node, entries, query)
            names = ", ".join(dict.fromkeys(entry.name for entry in entries))
        about = f"“{node.args.subject or question.rstrip('.')}”"
        if not passages:
            return Finish(f"Nothing about {about} was found in {names}.")
        data: dict[str, Any] = {
            "question": question,
            "subject": node.args.subject or "",
            "max_quotes": node.args.max_quotes,
            "passages": [
                {"number": number, "file": p.name, "first_line": p.first_line, "text": p.text}
                for number, p in enumerate(passages, start=1)
            ],
        }
        found = await node.llm(Found, Prompt(task="find_quotes", data=data, role="reviewer"))
        places = [place for quote in found.quotes if (place := _place(quote, passages))]
        if len(places) < len(found.quotes):
            node.log.warning("%d quotations do not stand in the text and are left out", len(found.quotes) - len(places))
        shown = list(dict.fromkeys(places))[: node.args.max_quotes]
        if not shown:
            return Finish(f"Nothing about {about} was found in {names}.")
        return Finish("\n\n".join([found.answer.strip() or f"On {about}, word for word:", *shown]))


async def _searched(node: Node[RetrieveArgs]) -> list[EntryInfo]:
    """The files named, else every text; tables only where there is no text."""
    entries = await attached(node)
    if node.args.files:
        return [await resolve(node, name) for name in node.args.files]
    texts = [entry for entry in entries if not is_table(entry)]
    if not texts and not entries:
        raise ActionError("not_found", f"There is no text to search. {describe(entries)}")
    return texts or entries


async def _passages(node: Node[RetrieveArgs], entries: Sequence[EntryInfo], query: str) -> list[Passage]:
    """The best passages of these entries, each grown to its whole paragraph: no sentence is cut in two."""
    ids = {entry.entry_id for entry in entries}
    found = [p for p in await node.memory.search(query, limit=_SEARCHED) if p.entry_id in ids]
    grown: dict[tuple[str, int], Passage] = {}
    lines: dict[Any, list[str]] = {}
    for passage in found:
        if passage.entry_id not in lines:
            lines[passage.entry_id] = (await node.memory.read(passage.entry_id)).split("\n")
        whole = _paragraph(passage, lines[passage.entry_id])
        grown.setdefault((passage.name, whole.first_line), whole)
        if len(grown) == MAX_PASSAGES:
            break
    return list(grown.values())


def _paragraph(passage: Passage, lines: Sequence[str]) -> Passage:
    """The whole paragraph that the passage lies in; below a heading, what it announces too."""
    first, last = passage.first_line, min(passage.last_line, len(lines))
    while first > 1 and passage.first_line - first < MAX_GROWTH and lines[first - 2].strip():
        first -= 1
    begin = last
    if _is_heading(lines[first - 1 : last]):
        while last < len(lines) and last - begin < MAX_GROWTH and not lines[last].strip():
            last += 1
    while last < len(lines) and last - begin < MAX_GROWTH and lines[last].strip():
        last += 1
    text = "\n".join(line.rstrip("\r") for line in lines[first - 1 : last])
    return replace(passage, text=text, first_line=first, last_line=last)


def _is_heading(lines: Sequence[str]) -> bool:
    """One short line without an end: what it announces stands below it."""
    line = lines[0].strip() if len(lines) == 1 else ""
    return line.startswith("#") or (0 < len(line.split()) <= _HEADING_WORDS and line[-1] not in ".!?;,")


def _place(quote: Quote, passages: Sequence[Passage]) -> str | None:
    """The quotation with file and lines, as it stands in the passage; None where it does not stand there."""
    order = [passages[quote.passage - 1]] if 0 < quote.passage <= len(passages) else []
    words = quote.text.split()
    if not words:
        return None
    pattern = re.compile(r"\s+".join(map(re.escape, words)))
    for passage in [*order, *passages]:
        match = pattern.search(passage.text)
        if match:
            first = passage.first_line + passage.text.count("\n", 0, match.start())
            last = first + match.group().count("\n")
            lines = f"line {first}" if first == last else f"lines {first} to {last}"
            return f"> {' '.join(match.group().split())}\n> — {passage.name}, {lines}"
    return None
