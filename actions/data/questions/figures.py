"""Which figures: how cells become one number, and of which column. Rule: of columns that fit alike all, or ask."""

from collections.abc import Sequence
from dataclasses import dataclass

from pgswarm.actions.data.figures import roles
from pgswarm.actions.data.figures.plan import How, Measure, Rank
from pgswarm.actions.data.questions import lexicon
from pgswarm.actions.data.questions.columns import NONE, Match, match_columns
from pgswarm.actions.data.questions.sentence import Sentence
from pgswarm.actions.data.tables.values import Column
from pgswarm.actions.data.words import stem, stems_of

_ADJECTIVES = ("able", "ible", "ful", "ive", "ous", "al", "ent", "ant", "ic")
_MAX_ALIKE = 3
_HINT = 0.04
_MEASURE = 0.03
_MIN_SCORE = 0.4


@dataclass(frozen=True, slots=True)
class Cues:
    """What the wording says before columns are looked at."""

    hows: tuple[How, ...]
    rank: Rank | None
    share: bool
    many: int | None
    """Where the noun of `how many …` or `number of …` stands."""
    distinct: bool
    subjects: tuple[str, ...]
    """Subjects that an adjective brings along (`wettest`: precipitation)."""
    frequent: bool


@dataclass(frozen=True, slots=True)
class Unsure:
    """No column, or too many, for what the question wants a figure of."""

    wanted: str
    columns: tuple[str, ...]


def read_cues(sentence: Sentence) -> Cues:
    """Return what the wording asks for and take the words that say only this."""
    hows: list[How] = []
    subjects: list[str] = []
    high = low = frequent = False
    many = _many(sentence)
    for i, word in enumerate(sentence.words):
        if i in sentence.taken or i in sentence.named:
            continue
        how = lexicon.HOW.get(word.stem)
        if how in (How.MIN, How.MAX) or (how is How.COUNT and many is not None):
            how = None
        if how is not None and how not in hows:
            hows.append(how)
        adjective = lexicon.ADJECTIVES.get(word.lower)
        if adjective is not None:
            high, low = high or adjective[0], low or not adjective[0]
            subjects += map(stem, adjective[1])
            frequent = frequent or not adjective[1]
        elif word.lower in lexicon.MOST and sentence.lower(i - 1) != "at" and sentence.lower(i + 1) != "than":
            high = True
        elif word.lower in lexicon.LEAST and sentence.lower(i - 1) != "at" and sentence.lower(i + 1) != "than":
            low = True
        frequent = frequent or (word.lower in lexicon.FREQUENT)
    rank = Rank(high, _limit(sentence)) if high != low else Rank(descending=True) if high else None
    stems = {word.stem for word in sentence.words}
    return Cues(
        tuple(hows),
        rank,
        bool(stems & lexicon.SHARE) and not _named(sentence, lexicon.SHARE),
        many,
        bool(stems & lexicon.DISTINCT),
        tuple(subjects),
        frequent,
    )


def choose(sentence: Sentence, cues: Cues, keys: Sequence[str]) -> tuple[Measure, ...] | Unsure:
    """Return the measures that the question asks for, or what is not clear about them."""
    if cues.many is not None:
        return _counted(sentence, cues, keys)
    pool = sentence.content()
    stems = [sentence.words[i].stem for i in pool if i in sentence.named or sentence.words[i].stem not in _cue_words()]
    options = [_match(sentence, [*stems, subject], cues) for subject in cues.subjects]
    match = max(options, key=lambda option: option.score) if options else _match(sentence, stems, cues)
    if not match.columns:
        return _without_column(sentence, cues, stems)
    sentence.take(i for i in pool if sentence.words[i].stem in match.used)
    if len(match.columns) > 1 and (cues.rank is not None or len(match.columns) > _MAX_ALIKE):
        return Unsure(" ".join(dict.fromkeys(sorted(match.used))), tuple(c.name for c in match.columns))
    return tuple(
        Measure(how, column.name) for column in match.columns for how in _hows(cues, column, grouped=bool(keys))
    )


def _match(sentence: Sentence, stems: Sequence[str], cues: Cues) -> Match:
    hints = lexicon.INTENSIVE_HINTS[cues.rank.descending] if cues.rank else frozenset()
    adds = How.SUM in cues.hows or cues.many is not None or cues.share
    if How.MEAN in cues.hows:
        hints = frozenset({"average", "avg", "mean"})

    def prefer(column: Column) -> float:
        hinted = bool(hints & set(stems_of(column.name))) or (adds and not roles.is_rate(column))
        return _HINT * hinted + _MEASURE * roles.is_measure(column)

    columns = [c for c in sentence.table.columns if c.numeric and not roles.is_code(c)]
    if "date" in cues.subjects:
        columns += [c for c in sentence.table.columns if c.temporal]
    match = match_columns(stems, columns, prefer)
    return match if match.score >= _MIN_SCORE else NONE


def _hows(cues: Cues, column: Column, *, grouped: bool) -> tuple[How, ...]:
    if cues.hows:
        return tuple(how for how in cues.hows if how is not How.COUNT) or (How.SUM,)
    rate = roles.is_rate(column)
    if cues.rank is not None and (rate or not grouped or not column.numeric):
        return (How.MAX if cues.rank.descending else How.MIN,)
    return (How.MEAN,) if rate and not cues.share else (How.SUM,)


def _counted(sentence: Sentence, cues: Cues, keys: Sequence[str]) -> tuple[Measure, ...] | Unsure:
    """`how many X`: a total where X is a column of figures, different values where it names things, else rows."""
    if cues.many is None:
        return (Measure(How.COUNT),)
    run = [i for i in sentence.phrase(cues.many, 4) if i not in sentence.taken]
    stems: list[str] = []
    for i in run:
        if sentence.words[i].stem in lexicon.STOP and stems:
            break
        stems.append(sentence.words[i].stem)
    sentence.take(run[: len(stems)])
    stems = [s for s in stems if s not in lexicon.DISTINCT | lexicon.STOP]
    rows = set(stems) <= lexicon.ROW_NOUNS or bool(set(stems) & set(stems_of(sentence.table.name)))
    if not stems or (rows and not cues.distinct):
        return (Measure(How.COUNT),)
    figures = _match(sentence, stems, cues)
    names = match_columns(stems, [c for c in sentence.table.columns if not roles.is_measure(c) and c.name not in keys])
    if figures.columns and figures.score > max(names.score, _STRONG) and len(figures.columns) == 1:
        how = cues.hows[0] if cues.hows and How.COUNT not in cues.hows else How.SUM
        return (Measure(how, figures.columns[0].name),)
    if names.score >= _STRONG and len(names.columns) == 1 and not names.columns[0].temporal:
        return (Measure(How.DISTINCT, names.columns[0].name),)
    if names.score >= _STRONG and names.columns[0].temporal and not _unique(names.columns[0]):
        return (Measure(How.DISTINCT, names.columns[0].name),)
    return (Measure(How.COUNT),)


_STRONG = 0.55


def _without_column(sentence: Sentence, cues: Cues, stems: Sequence[str]) -> tuple[Measure, ...] | Unsure:
    figures = roles.measures(sentence.table)
    counted = set(stems_of(sentence.table.name)) | lexicon.ROW_NOUNS
    if cues.frequent or not figures or (stems and set(stems) <= counted):
        return (Measure(How.COUNT),)
    wants = [how for how in cues.hows if how is not How.COUNT]
    if not stems and How.COUNT in cues.hows:
        return (Measure(How.COUNT),)
    if not stems and len(figures) == 1 and (wants or cues.rank):
        return tuple(Measure(how, figures[0].name) for how in _hows(cues, figures[0], grouped=True))
    if not wants and (cues.share or (cues.rank is not None and stems and _amounts(sentence))):
        return (Measure(How.COUNT),)
    if not wants and not stems and cues.rank is None:
        return (Measure(How.COUNT),)
    wanted = " ".join(stems) or " and ".join(wants)
    return Unsure(wanted, tuple(column.name for column in figures))


def _amounts(sentence: Sentence) -> bool:
    """`the most flights` counts; `the most reliable` and `the highest foo` do not."""
    for i in range(len(sentence.words)):
        if sentence.lower(i) in ("most", "fewest", "least", "more", "fewer"):
            return not sentence.lower(i + 1).endswith(_ADJECTIVES)
    return False


def _many(sentence: Sentence) -> int | None:
    """Return where the noun of `how many X`, `number of X`, `count of X` or `count the X` stands."""
    for i in range(len(sentence.words)):
        two = (sentence.lower(i), sentence.lower(i + 1))
        if two in (("how", "many"), ("number", "of"), ("count", "of"), ("numbers", "of"), ("counts", "of")):
            return _skip_the(sentence, i + 2)
        if two == ("count", "the"):
            return i + 2
        if two == ("how", "often"):
            return len(sentence.words)
    return None


def _skip_the(sentence: Sentence, i: int) -> int:
    return i + 1 if sentence.lower(i) in ("the", "all", "its", "our") else i


def _limit(sentence: Sentence) -> int | None:
    """Return how many groups `top 5` or `the three largest` asks for; 1 where a superlative stands alone."""
    for i, word in enumerate(sentence.words):
        if word.lower in lexicon.MOST | lexicon.LEAST or word.lower in lexicon.ADJECTIVES:
            for k in (i + 1, i - 1):
                low = sentence.lower(k)
                count = lexicon.NUMBERS.get(low) or (int(low) if low.isdigit() and len(low) < len("2019") else 0)
                if count:
                    sentence.take([k])
                    return count
    ordered = {"order", "ordered", "sort", "sorted", "rank", "ranked", "ranking"}
    return None if any(word.lower in ordered for word in sentence.words) else 1


def _cue_words() -> frozenset[str]:
    return frozenset(lexicon.HOW) | lexicon.MOST | lexicon.LEAST | frozenset(lexicon.ADJECTIVES) | _CUES


_CUES = (
    lexicon.FREQUENT
    | lexicon.SHARE
    | lexicon.DISTINCT
    | frozenset(lexicon.NUMBERS)
    | frozenset(map(stem, lexicon.ADJECTIVES))
)


def _named(sentence: Sentence, words: frozenset[str]) -> bool:
    """Return whether a column's own name holds one of the words (a column called `market share`)."""
    return any(
        name in words and any(w.stem == name for w in sentence.words)
        for column in sentence.table.columns
        for name in stems_of(column.name)
    )


def _unique(column: Column) -> bool:
    present = [value for value in column.values if value is not None]
    return len(set(present)) == len(present)
