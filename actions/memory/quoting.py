"""Quotations: what passages say, letter by letter, with file and line; nothing invented can be quoted.

A passage of a text is grown to its whole paragraph, by `MAX_GROWTH` lines at most to either side. A quotation is shown
only where it stands in the passage (but for white space), whatever a model gives back.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, Field

from pgswarm.actions.node import Node, Passage, Prompt

MAX_GROWTH = 40
MAX_TEXT = 6_000
"""Characters of one passage that a model sees."""
_HEADING_WORDS = 10


class Quote(BaseModel):
    """A sentence of a passage, letter by letter."""

    passage: int
    text: str


class Found(BaseModel):
    """What the passages say, and which questions they leave open."""

    quotes: list[Quote]
    answer: str
    open: list[str] = Field(default_factory=list)


async def find_quotes(
    node: Node[Any], question: str, subject: str, passages: Sequence[Passage], most: int
) -> tuple[Found, list[str]]:
    """Let the model pick sentences; return what it said, and those quotations that stand in the passages."""
    data: Mapping[str, Any] = {
        "question": question,
        "subject": subject,
        "max_quotes": most,
        "passages": [
            {"number": number, "file": p.name, "first_line": p.first_line, "text": p.text[:MAX_TEXT]}
            for number, p in enumerate(passages, start=1)
        ],
    }
    found = await node.llm(Found, Prompt(task="find_quotes", data=data, role="reviewer"))
    places = [place for quote in found.quotes if (place := place_of(quote, passages))]
    if len(places) < len(found.quotes):
        node.log.warning("%d quotations do not stand in the text and are left out", len(found.quotes) - len(places))
    return found, list(dict.fromkeys(places))[:most]


def paragraph(passage: Passage, lines: Sequence[str]) -> Passage:
    """Return the whole paragraph that the passage lies in; below a heading, what it announces too."""
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


def place_of(quote: Quote, passages: Sequence[Passage]) -> str | None:
    """Return the quotation with file and lines, as it stands in the passage; None where it does not stand there."""
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
            where = f"{passage.name}, {lines}" if passage.first_line else passage.name
            return f"> {' '.join(match.group().split())}\n> — {where}"
    return None
