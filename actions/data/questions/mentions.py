"""Conditions on text: values of the table that a question names. Rule: the longest wins; a column's name beats it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from pgswarm.actions.data.figures import roles
from pgswarm.actions.data.figures.plan import Condition
from pgswarm.actions.data.questions import lexicon
from pgswarm.actions.data.questions.columns import likeness, named_exactly
from pgswarm.actions.data.questions.sentence import Sentence, spans
from pgswarm.actions.data.tables.values import Column, Kind, Table
from pgswarm.actions.data.words import stems_of

_MAX_WORDS = 6
_MAX_DISTINCT = 20_000
_SHORT = 3
_CLOSE = 0.8
_NOT = frozenset({"excluding", "except", "without", "not", "excepting", "besides", "exclude", "ignoring", "non", "but"})
_PREPOSITIONS = lexicon.word_set("in from for at on within inside among to")
_FROM, _TO = ("origin", "source", "departure", "from"), ("destination", "arrival", "to")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value that several columns hold alike."""

    text: str
    columns: tuple[str, ...]


def take_values(sentence: Sentence) -> Iterator[Condition | Doubt]:
    """Yield the conditions on values that the sentence names, and take their words."""
    index = _index(sentence.table)
    quoted = {stems_of(text) for text in sentence.quoted()}
    kept: dict[tuple[str, str], list[str]] = {}
    for run in spans(range(len(sentence.words)), _MAX_WORDS):
        if not all(map(sentence.free, run)):
            continue
        stems = tuple(sentence.stems(run))
        holders = index.get(stems, {})
        if not holders or not (stems in quoted or _meant(sentence, run, holders)):
            continue
        columns = _narrow(sentence, run, list(holders))
        if len(columns) > 1:
            sentence.take(run)
            yield Doubt(holders[columns[0]], tuple(columns))
            continue
        op = "!=" if _negated(sentence, run[0]) else "="
        if _placed(sentence, run[0]):
            sentence.placed.add(columns[0])
        sentence.take(run)
        _take_name(sentence, run, columns[0])
        kept.setdefault((columns[0], op), []).append(holders[columns[0]])
    for (column, op), values in kept.items():
        yield Condition(column, op, tuple(dict.fromkeys(values)))
    yield from _parts_of_values(sentence)


def _parts_of_values(sentence: Sentence) -> Iterator[Condition]:
    """A proper name that is a word of longer values of one column (`Alaska` in `10 km S of Nome, Alaska`)."""
    known = set(stems_of(sentence.table.name)) | {n for c in sentence.table.columns for n in stems_of(c.name)}
    for i, word in enumerate(sentence.words):
        if i == 0 or not sentence.free(i) or not word.capital or len(word.text) <= _SHORT or word.stem in known:
            continue
        holders = [c for c in sentence.table.columns if c.kind is Kind.TEXT and _holds_word(c, word.stem)]
        if len(holders) == 1 and word.stem not in lexicon.STOP:
            sentence.take([i])
            sentence.placed.add(holders[0].name)
            yield Condition(holders[0].name, "contains", (word.text,))


def _holds_word(column: Column, stem: str) -> bool:
    distinct = {value for value in column.values if isinstance(value, str)}
    return len(distinct) <= _MAX_DISTINCT and any(stem in stems_of(value) for value in distinct)


def take_flags(sentence: Sentence) -> Iterator[Condition]:
    """Yield conditions on yes/no columns that are named (`how many survived`), and take their words."""
    for column in sentence.table.columns:
        truth = _truth(column)
        names = stems_of(column.name)
        if truth is None or not names:
            continue
        for i in sentence.content():
            before = sentence.lower(i - 1)
            if before not in lexicon.EACH and all(likeness(sentence.words[i].stem, n) >= _CLOSE for n in names):
                sentence.take([i])
                yield Condition(column.name, "!=" if _negated(sentence, i) else "=", (truth,))
                break


def _truth(column: Column) -> str | Decimal | None:
    """Return how a column of two values says yes, None where it is no such column."""
    distinct = {value for value in column.values if value is not None}
    if distinct == {Decimal(0), Decimal(1)}:
        return Decimal(1)
    if column.kind is not Kind.BOOLEAN:
        return None
    return next((v for v in distinct if isinstance(v, str) and v.lower() in ("yes", "true", "y", "t")), None)


def _index(table: Table) -> dict[tuple[str, ...], dict[str, str]]:
    """Stems of a value → the columns that hold it, with the value as written there."""
    index: dict[tuple[str, ...], dict[str, str]] = {}
    for column in table.columns:
        distinct = {value for value in column.values if isinstance(value, str)}
        if len(distinct) > _MAX_DISTINCT or column.kind is Kind.BOOLEAN:
            continue
        for value in sorted(distinct):
            stems = stems_of(value)
            if 0 < len(stems) <= _MAX_WORDS and not all(stem[0].isdigit() for stem in stems):
                index.setdefault(stems, {}).setdefault(column.name, value)
    return index


def _meant(sentence: Sentence, run: tuple[int, ...], holders: dict[str, str]) -> bool:
    """Return whether the words are meant as a value and not as plain words or as a column's name."""
    words = [sentence.words[i] for i in run]
    written = any(" ".join(w.text for w in words) == " ".join(value.split()) for value in holders.values())
    if named_exactly([w.stem for w in words], sentence.table):
        return False
    if all(w.stem in lexicon.STOP or len(w.text) < _SHORT or _speaks(w.stem) for w in words):
        named = any(_is_name(sentence, i, column) for column in holders for i in (run[0] - 1, run[-1] + 1))
        return written and (words[0].capital and run[0] > 0) and (named or len(words[0].text) > 1)
    if {w.stem for w in words} <= set(stems_of(sentence.table.name)) or (len(run) == 1 and _measured(sentence, run[0])):
        return False
    names = {name for column in sentence.table.columns for name in stems_of(column.name)}
    listed = len(run) == 1 and sentence.lower(run[0] - 1) in lexicon.EACH and not words[0].capital
    return not (listed and any(likeness(words[0].stem, name) >= _CLOSE for name in names))


def _speaks(stem: str) -> bool:
    return stem in lexicon.HOW or stem in lexicon.MOST or stem in lexicon.LEAST or stem in lexicon.SHARE


def _measured(sentence: Sentence, i: int) -> bool:
    """`how much rain`, `the most snow`: a figure is meant where a column of figures fits the word."""
    stem = sentence.words[i].stem
    back = i - 1
    while sentence.lower(back) in ("the", "of", "all"):
        back -= 1
    before = sentence.lower(back)
    amount = before in ("much", "overall", "up") or before in lexicon.MOST | lexicon.LEAST or before in lexicon.HOW
    fits = any(likeness(stem, n) >= _CLOSE for c in roles.measures(sentence.table) for n in stems_of(c.name))
    return amount and fits


def _narrow(sentence: Sentence, run: tuple[int, ...], columns: list[str]) -> list[str]:
    """Of several columns that hold the value, keep those that the words around it name."""
    if len(columns) == 1:
        return columns
    near = [c for c in columns if any(_is_name(sentence, i, c) for i in (run[0] - 2, run[0] - 1, run[-1] + 1))]
    if near:
        return near[:1]
    before = sentence.lower(run[0] - 1)
    for words, hints in ((("from", "leaving"), _FROM), (("to", "into"), _TO)):
        if before in words:
            fits = [c for c in columns if any(likeness(h, n) >= _CLOSE for h in hints for n in stems_of(c))]
            if fits:
                return fits[:1]
    return columns


def _take_name(sentence: Sentence, run: tuple[int, ...], column: str) -> None:
    """`in the North region`: the column's name beside its value says nothing more."""
    for i in (run[0] - 1, run[-1] + 1):
        if sentence.free(i) and _is_name(sentence, i, column) and sentence.lower(i - 1) not in lexicon.EACH:
            sentence.take([i])


def _is_name(sentence: Sentence, i: int, column: str) -> bool:
    if not 0 <= i < len(sentence.words):
        return False
    return any(likeness(sentence.words[i].stem, name) >= _CLOSE for name in stems_of(column))


def _placed(sentence: Sentence, i: int) -> bool:
    """Return whether a preposition stands before the value: then it says where, not what."""
    before = sentence.lower(i - 1)
    if before in ("the", "a", "all"):
        before = sentence.lower(i - 2)
    return before in _PREPOSITIONS


def _negated(sentence: Sentence, i: int) -> bool:
    before = [sentence.lower(k) for k in range(max(0, i - 3), i)]
    return any(word in _NOT for word in before) or before[-2:] == ["other", "than"]
