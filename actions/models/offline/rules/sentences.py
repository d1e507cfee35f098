"""A text as headings and sentences with their lines. Pure. Nothing is changed but the white space inside a sentence.

Lines end at a line feed only, as editors and the
database count them, and count from the `first_line` that the caller gives, so that a passage keeps its file's lines.
"""

import re
from dataclasses import dataclass

_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "no",
        "nos",
        "vol",
        "fig",
        "figs",
        "e.g",
        "i.e",
        "etc",
        "vs",
        "approx",
        "inc",
        "ltd",
        "co",
        "jr",
        "sr",
        "al",
        "cf",
        "ca",
        "p",
        "pp",
        "sec",
        "art",
        "dept",
        "u.s",
    ]
)
_END = re.compile(r"""[.!?]+["'\u201d\u2019)\]]*(?=\s|$)""")
_MARKDOWN = re.compile(r"^#{1,6}\s+(?P<title>.+?)\s*#*$")
_UNDERLINE = re.compile(r"^(=+|-+|~+|\*+)$")
_BULLET = re.compile(r"^\s*(?:[-*\u2022]|\d{1,3}[.)])\s+")
_HEADING_WORDS = 10


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: where it stands, and the heading that it stands under ("" before the first one)."""

    text: str
    first_line: int
    last_line: int
    heading: str
    paragraph: int


@dataclass(slots=True)
class _Block:
    lines: list[tuple[int, str]]
    heading: str
    paragraph: int


def sentences(text: str, first_line: int = 1) -> list[Sentence]:
    """Split `text` into its sentences; headings are kept as context, not as sentences."""
    found: list[Sentence] = []
    for block in _blocks(text, first_line):
        found.extend(_of_block(block))
    return found


def headings(text: str) -> list[str]:
    """Return the headings of `text`, in order."""
    seen: list[str] = []
    for block in _blocks(text, 1):
        if block.heading and (not seen or seen[-1] != block.heading):
            seen.append(block.heading)
    return seen


def _blocks(text: str, first_line: int) -> list[_Block]:
    """Paragraphs: lines between blank lines; a bullet begins a new one; a heading ends the one before it."""
    blocks: list[_Block] = []
    current: list[tuple[int, str]] = []
    heading, level_title = "", ""

    def close() -> None:
        nonlocal heading, level_title
        if not current:
            return
        title = _heading_of([line for _, line in current])
        if title is None:
            blocks.append(_Block(list(current), heading, len(blocks)))
        elif _is_numbered(title) and level_title and not _is_numbered(level_title):
            heading = f"{level_title}, {title}"
        else:
            heading = level_title = title
        current.clear()

    for number, line in enumerate(text.split("\n"), start=first_line):
        if not line.strip():
            close()
            continue
        if _MARKDOWN.match(line) or _BULLET.match(line):
            close()
        current.append((number, line.strip()))
        if _MARKDOWN.match(line):
            close()
    close()
    return blocks


def _heading_of(lines: list[str]) -> str | None:
    """Say whether a paragraph is a heading: marked, underlined, or one short line without an end."""
    if match := _MARKDOWN.match(lines[0]):
        return match["title"] if len(lines) == 1 else None
    if [bool(_UNDERLINE.match(line)) for line in lines] == [False, True]:
        return lines[0]
    line = lines[0]
    short = len(line.split()) <= _HEADING_WORDS and not _BULLET.match(line)
    if len(lines) == 1 and short and line[-1] not in ".!?:;,\"'" and not line[0].islower():
        return line
    return None


def _is_numbered(title: str) -> bool:
    return bool(re.match(r"(?i)(section|part|§|sub|clause|paragraph)\b", title))


def _of_block(block: _Block) -> list[Sentence]:
    joined, starts = "", []
    for number, line in block.lines:
        joined = f"{joined} {line}" if joined else line
        starts.append((len(joined) - len(line), number))

    def line_at(offset: int) -> int:
        return max(number for start, number in starts if start <= offset)

    found = []
    for begin, end in spans(joined):
        raw = joined[begin:end]
        text = re.sub(r"\s+", " ", raw).strip()
        if text:
            lead = len(raw) - len(raw.lstrip())
            found.append(
                Sentence(text, line_at(begin + lead), line_at(end - 1), block.heading, block.paragraph),
            )
    return found


def spans(text: str) -> list[tuple[int, int]]:
    """Return where each sentence of one paragraph begins and ends."""
    found, begin = [], 0
    for match in _END.finditer(text):
        before = text[begin : match.start()].rsplit(maxsplit=1)
        last = before[-1].lower().lstrip("(\"'") if before else ""
        after = text[match.end() :].lstrip()
        single = len(last) == 1 and last.isalpha() and last != "i"
        if match.group().startswith(".") and (last in _ABBREVIATIONS or single or after[:1].islower()):
            continue
        found.append((begin, match.end()))
        begin = match.end()
    if text[begin:].strip():
        found.append((begin, len(text)))
    return found
