"""What to group by: `by region`, `for each month`, `which carrier`, `the wettest day`. Rule: at most two keys."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pgswarm.actions.data.figures import roles
from pgswarm.actions.data.figures.plan import Key, Part
from pgswarm.actions.data.questions import lexicon
from pgswarm.actions.data.questions.columns import match_columns
from pgswarm.actions.data.questions.sentence import Sentence
from pgswarm.actions.data.questions.times import time_column
from pgswarm.actions.data.tables.values import Column, Kind
from pgswarm.actions.data.words import stems_of

_EACH = ("each", "every", "per")
_LIST = ("by", "across", "among", "between", "per", "each", "every")
_SKIP = lexicon.word_set("a an both calendar different distinct each every given individual particular single the")
_TYPES = lexicon.word_set("type types kind kinds sort sorts")
_ENDS = lexicon.word_set(
    """after and are as at before by came come comes did do does during for from got had has have in is me on or
    over per saw since so than that then to us was were what where which while with"""
)
_VERBS = frozenset({"is", "was", "are", "were", "s"})
_MIN_KEY = 0.55
_FEW = 50


@dataclass(slots=True)
class Keys:
    """The keys found. `asked` says that a `which` or a superlative asks for one of them; `unknown` found no column."""

    found: list[Key] = field(default_factory=list)
    asked: bool = False
    plural: bool = False
    unknown: list[str] = field(default_factory=list)
    choices: tuple[str, ...] = ()

    def add(self, key: Key) -> None:
        """Add a key once."""
        if key not in self.found:
            self.found.append(key)


def take_keys(sentence: Sentence, *, ranked: bool) -> Keys:
    """Return the keys that the sentence names and take their words; `ranked`: it asks for a highest or a lowest."""
    keys = Keys()
    _periods(sentence, keys)
    _which(sentence, keys)
    if ranked and not keys.found:
        _superlative(sentence, keys)
    for i in range(len(sentence.words)):
        low = sentence.lower(i)
        if i in sentence.taken or low not in _LIST:
            continue
        if low == "by" and _measures_by(sentence, i) and (_ordered(sentence, keys, i) or ranked):
            continue
        if not _listed(sentence, keys, i + 1) and low in ("by", *_EACH):
            _note_unknown(sentence, keys, i + 1)
    return keys


def _periods(sentence: Sentence, keys: Keys) -> None:
    column = time_column(sentence.table)
    for i, word in enumerate(sentence.words):
        part = lexicon.PERIODS.get(word.lower)
        if part is not None and column is not None and sentence.free(i):
            key = _time_key(column, part)
            if key is not None and not any(word.stem in stems_of(c.name) for c in sentence.table.columns):
                keys.add(key)
                sentence.take([i])


def _which(sentence: Sentence, keys: Keys) -> None:
    for i, word in enumerate(sentence.words):
        low = word.lower
        if low in ("which", "what") and sentence.lower(i + 1) not in _VERBS:
            run = _run(sentence, i + 1)
            if sentence.lower(i + 1) in lexicon.SHARE or sentence.lower(i + 1) in ("total", "average", "number"):
                continue
            key, used = _key_in(sentence, run)
            if key is not None:
                sentence.take([i, *used])
                keys.add(key)
                keys.asked = True
                keys.plural = sentence.lower(used[-1]).endswith("s") and not sentence.lower(used[-1]).endswith("ss")
        elif low in ("who", "where", "when") and sentence.free(i):
            _pronoun(sentence, keys, i)


def _pronoun(sentence: Sentence, keys: Keys, i: int) -> None:
    low = sentence.lower(i)
    column = time_column(sentence.table)
    if low == "when":
        key = _time_key(column, Part.DAY) if column else None
    else:
        names = lexicon.WHO if low == "who" else lexicon.WHERE
        fits = [c for c in sentence.table.columns if c.kind is Kind.TEXT and set(stems_of(c.name)) & names]
        key = Key(fits[0].name) if len(fits) == 1 else None
    if key is not None:
        keys.add(key)
        keys.asked = True
        sentence.take([i])


def _superlative(sentence: Sentence, keys: Keys) -> None:
    """`the wettest month`, `top 5 products`, `the three busiest airports`, `best-selling product`."""
    for i, word in enumerate(sentence.words):
        if word.lower not in lexicon.MOST | lexicon.LEAST and word.lower not in lexicon.ADJECTIVES:
            continue
        start = i + 1
        while sentence.lower(start) in lexicon.NUMBERS or sentence.lower(start).isdigit():
            start += 1
        key, used = _key_in(sentence, _run(sentence, start))
        if key is None and sentence.lower(start).endswith(("ing", "ed")):
            key, used = _key_in(sentence, _run(sentence, start + 1))
        if key is None or not _beats_measures(sentence, used):
            continue
        sentence.take(used)
        keys.add(key)
        keys.asked = True
        keys.plural = sentence.lower(used[-1]).endswith("s")
        return


def _beats_measures(sentence: Sentence, used: Sequence[int]) -> bool:
    stems = sentence.stems(used)
    figures = match_columns(stems, roles.measures(sentence.table))
    if any(stem in lexicon.PARTS for stem in stems):
        return True
    keyed = match_columns(stems, [c for c in sentence.table.columns if not roles.is_measure(c)])
    return keyed.score > figures.score


def _ordered(sentence: Sentence, keys: Keys, i: int) -> bool:
    """`rank genres by average rating`: what stands before `by` is the key."""
    if keys.found or not sentence.free(i - 1):
        return bool(keys.found)
    key, used = _key_in(sentence, [i - 1])
    if key is None or not _beats_measures(sentence, used):
        return False
    sentence.take(used)
    keys.add(key)
    return True


def _measures_by(sentence: Sentence, i: int) -> bool:
    """`top 5 products by revenue`: after a ranking, `by` may name the figure."""
    stems = sentence.stems(sentence.content(_run(sentence, i + 1)))
    figures = match_columns(stems, roles.measures(sentence.table))
    others = match_columns(stems, [c for c in sentence.table.columns if not roles.is_measure(c)])
    counted = any(
        stem in ("number", "count", "total", "average", "mean") for stem in sentence.stems(_run(sentence, i + 1))
    )
    return counted or (figures.score >= _MIN_KEY and figures.score > others.score)


def _listed(sentence: Sentence, keys: Keys, start: int) -> bool:
    """Take `region`, `region and product`, `region, then year` from `start` on."""
    found = False
    while start < len(sentence.words):
        while sentence.lower(start) in ("and", "then", "by", "each", "every", "per", "also") and found:
            start += 1
        run = _run(sentence, start)
        key, used = _key_in(sentence, run)
        if key is None:
            break
        sentence.take([*range(start, used[0]), *used])
        keys.add(key)
        found = True
        start = used[-1] + 1
        if sentence.lower(start) not in ("and", "then") and not _comma(sentence, start):
            break
    return found


def _comma(sentence: Sentence, i: int) -> bool:
    return 0 < i < len(sentence.words) and "," in sentence.text[sentence.words[i - 1].end : sentence.words[i].start]


def _note_unknown(sentence: Sentence, keys: Keys, start: int) -> None:
    run = [i for i in _run(sentence, start)[:1] if sentence.words[i].stem not in lexicon.STOP | lexicon.ROW_NOUNS]
    named = {*stems_of(sentence.table.name)}
    keys.unknown += [
        sentence.words[i].text for i in run if sentence.words[i].stem not in named and run[0] not in sentence.taken
    ]


def _run(sentence: Sentence, start: int) -> list[int]:
    """The free words from `start` that may name a key."""
    while sentence.free(start) and (
        sentence.lower(start) in _SKIP or (sentence.lower(start) in _TYPES and sentence.lower(start + 1) == "of")
    ):
        start += 1 if sentence.lower(start) in _SKIP else 2
    run: list[int] = []
    for i in sentence.phrase(start):
        if sentence.lower(i) in _ENDS and not (sentence.lower(i) == "of" and run):
            break
        run.append(i)
    return run


def _key_in(sentence: Sentence, run: Sequence[int]) -> tuple[Key | None, list[int]]:
    """Return the key that the first words of `run` name, and the words that name it."""
    if not run:
        return None, []
    part = _part_in(sentence, run)
    named = _column_in(sentence, run)
    if part is not None and (named is None or not _exact(sentence, named[1], named[0])):
        return part
    if named is None:
        return None, []
    column, used = named
    if column.temporal:
        return _time_key(column, Part.DAY), used
    return Key(column.name), used


def _part_in(sentence: Sentence, run: Sequence[int]) -> tuple[Key | None, list[int]] | None:
    column = time_column(sentence.table)
    words = [sentence.words[i].stem for i in run]
    part = lexicon.PARTS.get(words[0])
    if part is None or column is None:
        return None
    used = [run[0]]
    follow = [sentence.lower(k) for k in range(run[0] + 1, run[0] + 4)]
    if follow[:2] == ["of", "year"] or follow[:3] == ["of", "the", "year"]:
        part = Part.MONTH_OF_YEAR if part is Part.MONTH else part
        used = list(range(run[0], run[0] + (2 if follow[1] == "year" else 3) + 1))
    elif follow[:2] == ["of", "week"] or follow[:3] == ["of", "the", "week"]:
        part = Part.WEEKDAY
        used = list(range(run[0], run[0] + (2 if follow[1] == "week" else 3) + 1))
    elif part is Part.MONTH and sentence.lower(run[0] - 1) == "calendar":
        part = Part.MONTH_OF_YEAR
    key = _time_key(column, part)
    return None if key is None else (key, [k for k in used if k < len(sentence.words)])


def _time_key(column: Column, part: Part) -> Key | None:
    if column.temporal:
        return Key(column.name, part)
    return Key(column.name) if part is Part.YEAR else None


def _column_in(sentence: Sentence, run: Sequence[int]) -> tuple[Column, list[int]] | None:
    best: tuple[float, Column, list[int]] | None = None
    for size in range(1, min(len(run), 4) + 1):
        span = list(run[:size])
        match = match_columns(sentence.stems(span), sentence.table.columns, _prefers)
        if not match.columns or match.score < _MIN_KEY:
            continue
        used = [i for i in span if sentence.words[i].stem in match.used]
        if best is None or match.score > best[0] + 0.01:
            best = (match.score, match.columns[0], used)
    if best is None or (roles.is_measure(best[1]) and not _groups(best[1])):
        return None
    return best[1], best[2]


def _prefers(column: Column) -> float:
    if roles.is_code(column):
        return 0.01
    return 0.0 if roles.is_measure(column) else 0.03


def _groups(column: Column) -> bool:
    """A column of figures is worth grouping by where it has few different values (cylinders, stars)."""
    distinct = {value for value in column.values if value is not None}
    return len(distinct) <= _FEW and len(distinct) * 2 <= max(len(column.values), 1)


def _exact(sentence: Sentence, used: Sequence[int], column: Column) -> bool:
    return tuple(sentence.stems(used)) == stems_of(column.name) and not column.temporal
