"""The task `write`: a document for a reader, put together from earlier reports; every statement is one of theirs.

Figures first, then what texts say, then the summaries, then what could not be done, within the length asked for. The
reader decides the title and how much detail there is, nothing else. Who it is for is asked where nobody said.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pgswarm.actions.models.offline.rules import slots
from pgswarm.actions.models.offline.rules.errors import needs_model
from pgswarm.actions.models.offline.rules.files import files_of
from pgswarm.actions.models.offline.rules.lexicon import Kind
from pgswarm.actions.models.offline.rules.parts import Part, explicit
from pgswarm.actions.models.offline.rules.titles import heading

_DEFAULT_WORDS = 450
_EXPERTS = re.compile(
    r"\b(analysts?|engineers?|scientists?|researchers?|statisticians?|auditors?|accountants?|experts?|specialists?|"
    r"developers?|technical|economists?|data)\b",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"^A(?:nswer)?:\s*(?P<answer>.+)$", re.MULTILINE | re.IGNORECASE)
_TABLE_HEAD = 2
_TABLE_ROWS = 5
_TABLE_ROWS_EXPERTS = 15
_QUOTES = 3
_POINTS = 4
_LEAST_ROOM = 20


@dataclass(slots=True)
class _Material:
    figures: list[tuple[Part, str]]
    quotes: list[tuple[Part, str]]
    summaries: list[tuple[Part, str]]
    others: list[tuple[Part, str]]
    failed: list[tuple[str, str]]


def write(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document, or the question that must be answered first."""
    directive = str(data.get("directive", ""))
    kind = str(data.get("kind") or slots.document(directive))
    notes: Sequence[Mapping[str, Any]] = list(data.get("context") or ())
    reader = str(data.get("audience") or "").strip() or slots.audience(directive) or _answered(data, notes)
    if not reader:
        return {"questions": [f"Who is the {kind} for?"], "title": "", "text": ""}
    material = _sorted(notes, data)
    if not (material.figures or material.quotes or material.summaries or material.others):
        raise needs_model("There is nothing to write from: attach files with --file. Writing from general knowledge")
    words = int(data.get("max_words") or slots.words_wanted(directive) or _DEFAULT_WORDS)
    title = f"{_title_kind(kind)} for {reader}"
    text = _fit(_sections(material, experts=bool(_EXPERTS.search(reader))), words)
    sources = _sources(data, notes)
    parts = [f"# {title}", text]
    if sources:
        parts.append(
            f"Sources: {', '.join(sources)}. Figures are computed from them, and sentences are quoted from them."
        )
    return {"questions": [], "title": title, "text": "\n\n".join(parts)}


def _answered(data: Mapping[str, Any], notes: Sequence[Mapping[str, Any]]) -> str:
    """The reader as a person named them, in an answer or in the report of a node that asked."""
    for answer in data.get("answers") or ():
        if slots.asks_audience([str(answer.get("question", ""))]):
            return str(answer.get("answer", "")).strip()
    for note in notes:
        if slots.asks_audience([str(note.get("directive", ""))]) and (
            found := _ANSWER.search(str(note.get("report", "")))
        ):
            return found["answer"].strip()
    return ""


def _title_kind(kind: str) -> str:
    plain = re.sub(r"^(?:one|two|three|single|short|brief|\d+)[- ]?(?:page )?(?=\w)", "", kind).strip() or kind
    plain = "report" if plain in {"pager", "page"} else plain
    return plain[:1].upper() + plain[1:]


def _sorted(notes: Sequence[Mapping[str, Any]], data: Mapping[str, Any]) -> _Material:
    files = files_of(data)
    found = _Material([], [], [], [], [])
    for note in notes:
        directive, report = str(note.get("directive", "")), str(note.get("report") or "").strip()
        if str(note.get("outcome") or "succeeded") != "succeeded":
            found.failed.append((directive, str((note.get("error") or {}).get("message") or "not done")))
            continue
        parts = explicit(directive, files)
        part = parts[0] if len(parts) == 1 else Part(Kind.OTHER, directive)
        if not report or (part.kind is Kind.ASK and slots.asks_audience([directive])):
            continue
        shelf = {Kind.COMPUTE: found.figures, Kind.FIND: found.quotes, Kind.SUMMARISE: found.summaries}
        shelf.get(part.kind, found.others).append((part, report))
    return found


def _sections(material: _Material, *, experts: bool) -> list[tuple[str, list[str]]]:
    """Sections as (heading, blocks); the first block of each is kept, later ones go when there is no room."""
    rows = _TABLE_ROWS_EXPERTS if experts else _TABLE_ROWS
    sections: list[tuple[str, list[str]]] = []
    if material.figures:
        firsts = [line for _, report in material.figures for line in _lines(report)[:1]]
        tables = [table for _, report in material.figures if (table := _table(report, rows))]
        sections.append(("Key figures", ["\n".join(f"- {_capital(line)}" for line in firsts), *tables]))
    sections += [(heading(part), _blocks(report)[: _QUOTES + 1]) for part, report in material.quotes]
    sections += [(heading(part), _points(report, experts=experts)) for part, report in material.summaries]
    sections += [(heading(part), _blocks(report)) for part, report in material.others]
    if material.failed:
        sections.append(("Not done", ["\n".join(f"- {directive}: {why}" for directive, why in material.failed)]))
    return sections


def _fit(sections: Sequence[tuple[str, list[str]]], words: int) -> str:
    """Take the first block of every section, then further blocks in turn, until the length is reached."""
    taken = [blocks[:1] for _, blocks in sections]
    room = words - sum(len(block.split()) for blocks in taken for block in blocks)
    for depth in range(1, max((len(blocks) for _, blocks in sections), default=0)):
        for index, (_, blocks) in enumerate(sections):
            if depth < len(blocks) and len(taken[index]) == depth and len(blocks[depth].split()) <= room:
                taken[index].append(blocks[depth])
                room -= len(blocks[depth].split())
        if room < _LEAST_ROOM:
            break
    return "\n\n".join(f"## {title}\n\n" + _join(blocks) for (title, _), blocks in zip(sections, taken, strict=True))


def _join(blocks: Sequence[str]) -> str:
    text = ""
    for block in blocks:
        glue = "\n" if block.startswith("- ") and text.rsplit("\n", 1)[-1].startswith("- ") else "\n\n"
        text = f"{text}{glue}{block}" if text else block
    return text


def _lines(report: str) -> list[str]:
    """The lines of a report that say something: no tables, headings or rules."""
    lines = (line.strip() for line in report.splitlines())
    return [line.lstrip("- ").strip("*") for line in lines if line and not line.startswith(("|", "#", "---"))]


def _table(report: str, rows: int) -> str:
    table = [line.strip() for line in report.splitlines() if line.strip().startswith("|")]
    if len(table) <= _TABLE_HEAD:
        return ""
    left = len(table) - _TABLE_HEAD - rows
    return "\n".join(table[: _TABLE_HEAD + rows]) + (
        f"\n\n({left} more rows are in the answer itself.)" if left > 0 else ""
    )


def _blocks(report: str) -> list[str]:
    """The report's paragraphs; one that only announces the next ("Figures:") stays with it."""
    blocks: list[str] = []
    for block in (block.strip() for block in re.split(r"\n\s*\n", report)):
        if blocks and blocks[-1].endswith(":") and "\n" not in blocks[-1]:
            blocks[-1] = f"{blocks[-1]}\n\n{block}"
        elif block:
            blocks.append(block)
    return blocks


def _points(report: str, *, experts: bool) -> list[str]:
    """A summary in prose as its points; one of a table as its first line, for experts with its tables."""
    points = [line for line in report.splitlines() if line.startswith("- ")]
    if "|" in report or not points:
        return _blocks(report) if experts else _blocks(report)[:1]
    return points[:_POINTS]


def _capital(line: str) -> str:
    return line[:1].upper() + line[1:]


def _sources(data: Mapping[str, Any], notes: Sequence[Mapping[str, Any]]) -> list[str]:
    told = " ".join(f"{note.get('directive', '')} {note.get('report', '')}" for note in notes)
    return [f.name for f in files_of(data) if f.name in told]
