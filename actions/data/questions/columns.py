"""Which column some words mean. Rule: scored by how many of the name's and the question's words fit each other."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from pgswarm.actions.data.questions.lexicon import SYNONYMS
from pgswarm.actions.data.tables.values import Column, Table
from pgswarm.actions.data.words import stems_of

_EXACT, _SYNONYM, _SHORT = 1.0, 0.8, 0.7
_MIN_SHORT = 3
_MIN_SCORE = 0.3
_NEAR = 0.02
_FILLERS = frozenset({"total", "sum", "amount", "value", "number", "of", "the", "in", "name", "overall"})
_FILLER = 0.3
_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
_FALSE_SHORTS = frozenset(
    {
        ("count", "country"),
        ("per", "person"),
        ("cat", "category"),
        ("man", "manufacturer"),
        ("age", "agent"),
        ("car", "carrier"),
        ("even", "event"),
        ("war", "warehouse"),
        ("tot", "total"),
    }
)


@dataclass(frozen=True, slots=True)
class Match:
    """The columns that fit best (several: they fit alike), how well (0 to 1), and which of the stems they used."""

    columns: tuple[Column, ...]
    score: float
    used: frozenset[str]


NONE = Match((), 0.0, frozenset())


@cache
def likeness(asked: str, named: str) -> float:
    """Return how well a word of a question fits a word of a column's name, 0 to 1."""
    if asked == named:
        return _EXACT
    if any(asked in group and named in group for group in SYNONYMS):
        return _SYNONYM
    short, long = sorted((asked, named), key=len)
    if len(short) >= _MIN_SHORT and long.startswith(short) and (short, long) not in _FALSE_SHORTS:
        named_is_short = short == named
        return _SHORT if named_is_short or len(short) > _MIN_SHORT else 0.0
    return 0.0


def match_columns(
    stems: Sequence[str],
    columns: Iterable[Column],
    prefer: Callable[[Column], float] = lambda _: 0.0,
) -> Match:
    """Return the columns whose names fit the words best; `prefer` (below 0.02 a step) decides between equals."""
    asked = list(dict.fromkeys(stems))
    scored: list[tuple[float, Column, frozenset[str]]] = []
    for column in columns:
        score, used = _score(asked, *_name(column.name))
        if score >= _MIN_SCORE:
            scored.append((score + prefer(column), column, used))
    if not scored:
        return NONE
    best = max(score for score, _, _ in scored)
    top = [item for item in scored if best - item[0] < _NEAR]
    return Match(tuple(column for _, column, _ in top), best, frozenset().union(*(used for _, _, used in top)))


def named_exactly(stems: Sequence[str], table: Table) -> Column | None:
    """Return the column whose whole name is these words."""
    return next((column for column in table.columns if stems_of(column.name) == tuple(stems)), None)


@cache
def _name(name: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the stems of a column's name, and those of them that say little (fillers and units in brackets)."""
    stems = tuple(dict.fromkeys(stems_of(name)))
    bracketed = {stem for part in _BRACKETS.findall(name) for stem in stems_of(part)}
    little = (bracketed | _FILLERS) & set(stems)
    return stems, frozenset() if little == set(stems) else frozenset(little)


def _score(asked: Sequence[str], named: Sequence[str], little: frozenset[str]) -> tuple[float, frozenset[str]]:
    if not named or not asked:
        return 0.0, frozenset()
    covered, weight, used = 0.0, 0.0, set()
    for name in named:
        part = _FILLER if name in little else 1.0
        weight += part
        like, word = max((likeness(word, name), word) for word in asked)
        if like:
            covered += like * part
            used.add(word)
    if not used:
        return 0.0, frozenset()
    return 0.75 * covered / weight + 0.25 * len(used) / len(asked), frozenset(used)
