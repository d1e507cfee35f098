"""Conditions on numbers: `more than 100 passengers`, `price below 5`. Rule: no column to hold them, no condition."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from pgswarm.actions.data.figures import roles
from pgswarm.actions.data.figures.plan import Condition
from pgswarm.actions.data.questions.columns import Match, match_columns
from pgswarm.actions.data.questions.sentence import Sentence

_PHRASES: dict[tuple[str, ...], str] = {
    ("more", "than"): ">",
    ("greater", "than"): ">",
    ("higher", "than"): ">",
    ("larger", "than"): ">",
    ("bigger", "than"): ">",
    ("longer", "than"): ">",
    ("older", "than"): ">",
    ("over",): ">",
    ("above",): ">",
    ("exceeding",): ">",
    ("exceeds",): ">",
    ("exceeded",): ">",
    ("at", "least"): ">=",
    ("no", "less", "than"): ">=",
    ("less", "than"): "<",
    ("fewer", "than"): "<",
    ("lower", "than"): "<",
    ("smaller", "than"): "<",
    ("shorter", "than"): "<",
    ("younger", "than"): "<",
    ("cheaper", "than"): "<",
    ("under",): "<",
    ("below",): "<",
    ("at", "most"): "<=",
    ("no", "more", "than"): "<=",
    ("equal", "to"): "=",
    ("exactly",): "=",
}
_SUFFIXES = dict.fromkeys(("more", "above", "higher", "greater", "over", "older", "longer", "up"), ">=")
_SUFFIXES |= dict.fromkeys(("less", "below", "lower", "fewer", "under", "younger", "shorter"), "<=")
_LONGEST = max(map(len, _PHRASES))
_BEFORE, _AFTER = 5, 3


@dataclass(frozen=True, slots=True)
class Unclear:
    """A comparison that no column, or no number, could be found for."""

    text: str
    columns: tuple[str, ...] = ()


def take_comparisons(sentence: Sentence) -> Iterator[Condition | Unclear]:
    """Yield the conditions on numbers in the sentence and take their words."""
    yield from _or_more(sentence)
    i = 0
    while i < len(sentence.words):
        found = _phrase_at(sentence, i)
        if found is None:
            i += 1
            continue
        op, after = found
        if sentence.lower(after) in ("the", "an"):
            after += 1
        if sentence.lower(after) in ("average", "mean", "median"):
            yield Unclear(" ".join(sentence.lower(k) for k in range(i, after + 1)))
        elif _number(sentence, after) is not None:
            yield _condition(sentence, i, after, op)
        i = after + 1


def _or_more(sentence: Sentence) -> Iterator[Condition | Unclear]:
    """`5 or more`, `20 and above`, `18 or younger`."""
    for i in range(len(sentence.words)):
        op = _SUFFIXES.get(sentence.lower(i + 2))
        if op and sentence.lower(i + 1) in ("or", "and") and _number(sentence, i) is not None:
            yield _condition(sentence, i, i, op)
            sentence.take([i + 1, i + 2])


def _condition(sentence: Sentence, start: int, at: int, op: str) -> Condition | Unclear:
    number = _number(sentence, at) or Decimal(0)
    values: tuple[Decimal, ...] = (number,)
    last = at
    before = [k for k in range(max(0, start - _BEFORE), start) if sentence.free(k)]
    after = [k for k in range(at + 1, at + 1 + _AFTER) if sentence.free(k)]
    options = [_match(sentence, after), _match(sentence, before)]
    best = max(options, key=lambda match: match.score)
    text = " ".join(sentence.lower(k) for k in range(start, last + 1))
    if len(best.columns) != 1:
        return Unclear(text)
    sentence.take(range(start, last + 1))
    place = after if best is options[0] else before
    sentence.take(k for k in place if sentence.words[k].stem in best.used)
    return Condition(best.columns[0].name, op, values)


def _match(sentence: Sentence, indexes: list[int]) -> Match:
    columns = [c for c in sentence.table.columns if c.numeric]
    return match_columns(
        sentence.stems(sentence.content(indexes)),
        columns,
        lambda c: 0.03 * (roles.is_measure(c) + (not roles.is_rate(c))),
    )


def _phrase_at(sentence: Sentence, i: int) -> tuple[str, int] | None:
    for size in range(_LONGEST, 0, -1):
        words = tuple(sentence.lower(k) for k in range(i, i + size))
        if words in _PHRASES:
            return _PHRASES[words], i + size
    return None


def _number(sentence: Sentence, i: int) -> Decimal | None:
    text = sentence.lower(i).replace(",", "")
    if not text or not text[0].isdigit():
        return None
    number = Decimal(text)
    before = sentence.text[: sentence.words[i].start].rstrip("$€£ ")
    return -number if before.endswith(("-", "\u2212")) and before[-2:-1] in (" ", "") else number
