"""What kind of work a clause asks for. Pure.

The leading verb decides where it is plain; a verb that only points ("give", "tell") leaves it to the rest, and so does
a clause without one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from pgswarm.actions.models.offline.rules.lexicon import (
    ASK_VERBS,
    COMPUTE_VERBS,
    DOCUMENTS,
    FIND_VERBS,
    LIST_VERBS,
    NEUTRAL_VERBS,
    NOUN_VERBS,
    OTHER_VERBS,
    READ_VERBS,
    SAVE_VERBS,
    SUMMARY_NOUNS,
    SUMMARY_VERBS,
    WRITE_VERBS,
    Kind,
    condensed,
    groups,
    into_document,
    is_question,
    names_document,
    names_document_phrase,
    names_web,
    text_says,
    wants_figures,
)
from pgswarm.actions.models.offline.rules.words import STOP, stem, stems, tokens

_COMPARE, _ANALYSE, _SHOW, _GIVE = stem("compare"), stem("analyse"), stem("show"), stem("give")
_INDIRECT = frozenset(stem(word) for word in ("what", "which", "who", "how", "where", "when", "why"))
_FILE_WORDS = frozenset({"file", "files", "text", "document", "documents", "attachment", "attachments"})
_WHOLE_FILE = _FILE_WORDS | {"whole", "full", "entire", "content", "contents", "complete", "lines"}
_TEXTS = re.compile(
    r"\b(?:texts?|documents?|files?|articles?|essays?|letters?|versions?)\b|\.(?:txt|md)\b", re.IGNORECASE
)
_NAMED_FILE = re.compile(r"(?<![\w/.])[\w-]+\.(?:txt|md|csv|tsv|pdf|json|html?)\b", re.IGNORECASE)
_ARITHMETIC = re.compile(
    r"\b(totals?|sum|averages?|mean|medians?|how many|how much|number of|"
    r"count)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Clause:
    """A clause with what the rules look at; `figures` only where there is a table, or no text, to get them from."""

    text: str
    words: tuple[str, ...]
    figures: bool
    says: bool
    question: bool
    has_table: bool
    has_text: bool

    @property
    def verb(self) -> str:
        return self.words[0]


def kind_of(clause: str, *, has_table: bool = True, has_text: bool = True) -> Kind:
    """Say what kind of work a clause asks for; `has_table` and `has_text` say which files there are."""
    words = tuple(stems(clause))
    if not words:
        return Kind.REMARK
    told = _Clause(
        text=clause,
        words=words,
        figures=wants_figures(clause) and (has_table or not has_text),
        says=text_says(clause),
        question=is_question(clause),
        has_table=has_table,
        has_text=has_text,
    )
    return next((kind for fits, kind in _RULES if fits(told)), Kind.REMARK)


def _looks_on_web(c: _Clause) -> bool:
    """`search the web for …`, `who invented … on the internet?`: but not `write a memo on the web`."""
    asks = c.question or c.verb in FIND_VERBS | ASK_VERBS | NEUTRAL_VERBS | OTHER_VERBS
    return names_web(c.text) and asks and not _NAMED_FILE.search(c.text)


def _condenses(c: _Clause) -> bool:
    """`sum up the text`, `the main points`: but not `sum up the sales by region`, nor a question."""
    return condensed(c.text) and not (c.figures and groups(c.text)) and not _asks_else(c)


def _asks_else(c: _Clause) -> bool:
    """A question, but for `what is the gist of …`."""
    return c.question and not re.match(r"what(?:'s| is| are) the\b", c.text, re.IGNORECASE)


def _condenses_into_document(c: _Clause) -> bool:
    document = c.verb in WRITE_VERBS and names_document(c.text) and not SUMMARY_NOUNS.intersection(c.words)
    return _condenses(c) and document


def _computes(c: _Clause) -> bool:
    return c.verb in COMPUTE_VERBS and not (c.verb in NOUN_VERBS and names_document(c.text))


def _writes_document(c: _Clause) -> bool:
    return c.verb in WRITE_VERBS and names_document(c.text)


def _writes_summary(c: _Clause) -> bool:
    return c.verb in WRITE_VERBS and bool(SUMMARY_NOUNS.intersection(c.words))


def _saves_new_document(c: _Clause) -> bool:
    """`save a report as …` makes one; `save the report` keeps one."""
    match = re.match(r"\S+ (?:an?|one)\b(?P<rest>.*)", c.text, re.IGNORECASE)
    return c.verb in SAVE_VERBS and match is not None and names_document(match["rest"])


def _lists_files(c: _Clause) -> bool:
    files = r"\b(?:files|documents|attachments)\b"
    asks = re.search(
        rf"^(?:what|which) {files} (?:are|do|have|were|can)|^what (?:is|was) attached", c.text, re.IGNORECASE
    )
    lists = rf"\S+ (?:me )?(?:(?:all|of|the|my|our|which) )*{files}"
    pointing = c.verb in LIST_VERBS | NEUTRAL_VERBS | READ_VERBS
    return bool(asks) or (pointing and bool(re.match(lists, c.text, re.IGNORECASE)))


def _shows_file(c: _Clause) -> bool:
    """`read notes.txt`, `show me the whole text`: nothing but the file is asked for."""
    rest = tokens(re.sub(r"[\w-][\w./-]*\.\w{2,5}\b", " file ", c.text))[1:]
    words = frozenset(word for word in rest if word not in STOP)
    return c.verb in READ_VERBS | {_SHOW, _GIVE} and words <= _WHOLE_FILE and bool(words & _FILE_WORDS)


def _compares_figures(c: _Clause) -> bool:
    return c.verb in {_COMPARE, _ANALYSE} and c.has_table and not _TEXTS.search(c.text)


def _looks_up(c: _Clause) -> bool:
    return c.verb in FIND_VERBS | LIST_VERBS | READ_VERBS


def _looks_up_figures(c: _Clause) -> bool:
    return _looks_up(c) and c.figures and not c.says and c.has_table


def _splits_into_groups(c: _Clause) -> bool:
    """`work out spending by department`, `show how it splits across regions`: groups without a word for a figure."""
    pointing = _looks_up(c) or c.verb in NEUTRAL_VERBS
    return pointing and c.has_table and groups(c.text) and not c.says and not _TEXTS.search(c.text)


def _names_summary(c: _Clause) -> bool:
    """`give me a summary of …`: the first thing named is a summary."""
    first = next((word for word in c.words[:_HEAD] if word in SUMMARY_NOUNS | DOCUMENTS), "")
    return not _asks_else(c) and first in SUMMARY_NOUNS


def _names_document(c: _Clause) -> bool:
    head = " ".join(c.text.split()[: _HEAD + 1])
    words = c.words[: next((i for i, word in enumerate(c.words) if word in _INDIRECT), _HEAD)]
    verb = bool(re.match(r"\S+ (?:the|what|which|how|all|each|every)\b", c.text)) and c.verb in NOUN_VERBS
    named = bool(DOCUMENTS.intersection(words[1 if verb else 0 : _HEAD])) and not c.says
    return not c.question and (named or names_document_phrase(head))


_HEAD = 6
"""How many words from its beginning a clause names the thing that it wants."""

_MAKING = SUMMARY_VERBS | WRITE_VERBS | NEUTRAL_VERBS | COMPUTE_VERBS

_RULES: tuple[tuple[Callable[[_Clause], bool], Kind], ...] = (
    (_looks_on_web, Kind.WEB),
    (lambda c: c.verb in _MAKING and into_document(c.text), Kind.WRITE),
    (_condenses_into_document, Kind.WRITE),
    (_condenses, Kind.SUMMARISE),
    (lambda c: c.verb in ASK_VERBS, Kind.ASK),
    (lambda c: c.verb in SUMMARY_VERBS, Kind.SUMMARISE),
    (_computes, Kind.COMPUTE),
    (_writes_document, Kind.WRITE),
    (_writes_summary, Kind.SUMMARISE),
    (lambda c: c.verb in WRITE_VERBS and c.figures, Kind.COMPUTE),
    (lambda c: c.verb in WRITE_VERBS, Kind.OTHER),
    (_saves_new_document, Kind.WRITE),
    (lambda c: c.verb in SAVE_VERBS, Kind.SAVE),
    (_lists_files, Kind.LIST),
    (_shows_file, Kind.READ),
    (_compares_figures, Kind.COMPUTE),
    (_looks_up_figures, Kind.COMPUTE),
    (_splits_into_groups, Kind.COMPUTE),
    (_looks_up, Kind.FIND),
    (lambda c: c.verb in OTHER_VERBS and not c.question, Kind.OTHER),
    (_names_summary, Kind.SUMMARISE),
    (_names_document, Kind.WRITE),
    (lambda c: c.says and c.has_text, Kind.FIND),
    (lambda c: c.figures, Kind.COMPUTE),
    (lambda c: c.question or c.verb in NEUTRAL_VERBS, Kind.FIND),
    (lambda c: groups(c.text) and bool(_ARITHMETIC.search(c.text)), Kind.COMPUTE),
)
"""The first that fits decides; a clause that none fits is a remark."""
