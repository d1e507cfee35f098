"""Which of the swarm's files a clause speaks of. Pure.

A file is named by its name, by a telling word of its name, or by its kind ("the table", "the text"); "each file"
means all of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pgswarm.actions.models.offline.rules.lexicon import DOCUMENTS
from pgswarm.actions.models.offline.rules.words import content, stem, stem_list, tokens

TABLES = frozenset({"csv", "tsv", "table", "xlsx"})
_TABLE_SUFFIXES = (".csv", ".tsv", ".tab")
_PLAIN = stem_list("plain_file_words")
_TIME = stem_list("time_words")
_TELLING_CHARS = 3
_EACH = r"(?:each|every|both|all)(?: (?:one )?of)?(?: (?:the|these|those|my|our|your))?(?: \w+)??"
_NOUN = (
    r"(?:texts?|tables?|csvs?|spreadsheets?|letters?|articles?|files?|"
    r"documents?|attachments?|sources?|inputs?|of them|them|one)"
)
GROUP = re.compile(
    rf"\b(?:{_EACH} {_NOUN}|(?:the|these|those|my|our)(?: (?:two|three|four|five|attached|given|supplied))*"
    r" (?:files|documents|attachments|sources|texts|tables|csvs|spreadsheets|letters|articles)|them (?:all|"
    r"both)|them|everything)\b",
    re.IGNORECASE,
)
TABLE_WORD = re.compile(
    r"\b(?:the|this|that|my|our|attached) (?:\w+ )?(?:csv|tables?|spreadsheets?|data ?sets?|data|figures|records)"
    r"(?: files?)?\b",
    re.IGNORECASE,
)
TEXT_WORD = re.compile(
    r"\b(?:the|this|that|my|our|attached) (?:\w+ )?(?:texts?|documents?|articles?|books?|essays?|papers?|"
    r"story|chapters?|"
    r"speech|transcripts?|notes|letter|treaty|report|prose|txt|policy|contract|manual|minutes)(?: files?)?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file as the planner sees it: `head` is the first line of a text or the column names of a table."""

    name: str
    kind: str
    head: str = ""

    @property
    def is_table(self) -> bool:
        """Whether the file holds rows and columns."""
        return self.kind in TABLES or self.name.lower().endswith(_TABLE_SUFFIXES)

    @property
    def telling(self) -> frozenset[str]:
        """The stems in its name that tell it from others."""
        base = re.sub(r"\.\w{1,5}$", "", self.name.rsplit("/", 1)[-1])
        spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", base).replace("_", " ").replace("-", " ")
        return (
            frozenset(word for word in content(spaced) if len(word) >= _TELLING_CHARS and not word.isdigit()) - _PLAIN
        )


def files_of(data: Mapping[str, Any]) -> list[FileInfo]:
    """Read the files of a prompt's data."""
    return [
        FileInfo(str(item.get("name", "")), str(item.get("kind", "")), str(item.get("head", "")))
        for item in data.get("files") or ()
        if item.get("name")
    ]


def named(clause: str, files: Sequence[FileInfo]) -> list[FileInfo]:
    """Return the files whose whole name stands in the clause."""
    low = clause.lower()
    found = [f for f in files if re.search(rf"(?<![\w.-]){re.escape(f.name.lower())}(?![\w-])", low)]
    if found:
        return found
    spaced = f" {' '.join(tokens(clause))} "
    return [f for f in files if f.telling and f" {' '.join(_base_words(f.name))} " in spaced]


def hinted(clause: str, files: Sequence[FileInfo], *, writing: bool = False) -> list[FileInfo]:
    """Return the files that a telling word of their name points at, the best fitting only."""
    words = frozenset(content(clause))
    scored = [(len(words & (f.telling - (DOCUMENTS if writing else frozenset()))), f) for f in files]
    best = max((score for score, _ in scored), default=0)
    return [f for score, f in scored if score == best] if best else []


def mentioned(clause: str, files: Sequence[FileInfo], *, writing: bool = False) -> list[FileInfo]:
    """Return the files that the clause speaks of, in the order of `files`; none where it speaks of no file."""
    whole = named(clause, files)
    by_kind = [
        f
        for f in files
        if not writing
        and f not in whole
        and ((TABLE_WORD.search(clause) and f.is_table) or (TEXT_WORD.search(clause) and not f.is_table))
    ]
    if whole:
        kinds = {f.is_table for f in whole}
        return [f for f in files if f in whole or (f in by_kind and f.is_table not in kinds)]
    if GROUP.search(clause):
        return _narrow(clause, files)
    hints = hinted(clause, files, writing=writing)
    if by_kind:
        told = {f.is_table for f in hints}
        return [f for f in files if f in hints or (f in by_kind and f.is_table not in told)]
    return hints


def _narrow(clause: str, files: Sequence[FileInfo]) -> list[FileInfo]:
    """`each text file`, `all the tables`: the group may name a kind."""
    match = GROUP.search(clause)
    phrase = match.group().lower() if match else ""
    if re.search(r"\b(?:texts?|txt|prose|letters?|articles?)\b", phrase):
        return [f for f in files if not f.is_table]
    if re.search(r"\b(?:csvs?|data|tables?|spreadsheets?)\b", phrase):
        return [f for f in files if f.is_table]
    return list(files)


def columns_fit(clause: str, file: FileInfo) -> int:
    """Count the words of the clause that stand among a table's column names; words of time stand in most of them."""
    return len(frozenset(content(clause)) & frozenset(content(file.head.replace("_", " "))) - _TIME)


def named_directive(clause: str, file: FileInfo, files: Sequence[FileInfo]) -> str:
    """Return the clause with one file's name where it speaks of several."""
    if GROUP.search(clause):
        return GROUP.sub(file.name, clause, count=1)
    spans = [m.span() for pattern in (TABLE_WORD, TEXT_WORD) for m in pattern.finditer(clause)]
    telling = frozenset().union(*(f.telling for f in files))
    spans += [m.span() for m in re.finditer(r"\b(?:(?:the|my|our) )?(\w+)", clause) if stem(m[1]) in telling]
    low = clause.lower()
    spans += [
        (low.find(f.name.lower()), low.find(f.name.lower()) + len(f.name)) for f in files if f.name.lower() in low
    ]
    if not spans:
        words = clause.split()
        return f"{words[0]} {file.name}" if len(words) == 1 else f"{clause} ({file.name})"
    begin, end = min(s for s, _ in spans), max(e for _, e in spans)
    return f"{clause[:begin]}{file.name}{clause[end:]}"


def _base_words(name: str) -> list[str]:
    base = re.sub(r"\.\w{1,5}$", "", name.rsplit("/", 1)[-1])
    return tokens(base.replace("_", " ").replace("-", " "))
