"""Conditions on time: `in 2019`, `since March 2015`, `between 2010 and 2012`. Rule: only where a column holds time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pgswarm.actions.data.figures import roles
from pgswarm.actions.data.figures.order import MONTH_NAMES, WEEKDAY_NAMES, WEEKDAYS
from pgswarm.actions.data.figures.plan import Condition, Part
from pgswarm.actions.data.questions.sentence import Sentence
from pgswarm.actions.data.tables.dates import MONTHS
from pgswarm.actions.data.tables.values import Column, Kind, Table
from pgswarm.actions.data.words import stems_of

_YEAR = re.compile(r"^(1[5-9]|20|21)\d\d$")
_ISO = re.compile(r"(?<![\d-])(\d{4})-(\d{2})(?:-(\d{2}))?(?![\d-])")
_QUARTER = re.compile(r"\b[Qq]([1-4])\b(?:\s+(?:of\s+)?(\d{4}))?")
_SINCE, _AFTER = frozenset({"since", "from", "starting"}), frozenset({"after", "following"})
_BEFORE, _UNTIL = frozenset({"before"}), frozenset({"until", "till", "through", "to"})
_LEAD = frozenset({"in", "during", "of", "for", "on", "year", "the", "month", "only"})
_AMOUNTS = frozenset({"than", "over", "above", "under", "below", "least", "most", "top", "exactly", "exceeding"})
_MAY = "may"
_DECEMBER = 12


@dataclass(frozen=True, slots=True)
class _Point:
    """A time named in a question: words `first` to `last`, and the days that it spans, or a month of any year."""

    first: int
    last: int
    start: date | None
    end: date | None
    month: int | None = None


def time_column(table: Table) -> Column | None:
    """Return the column that holds the time of a row: the first of dates, else one of years."""
    dated = [c for c in table.columns if c.temporal]
    if dated:
        return dated[0]
    return next((c for c in table.columns if roles.is_clock(c) and stems_of(c.name)[-1] in ("year", "yr")), None)


def take_times(sentence: Sentence) -> Iterator[Condition]:
    """Yield the conditions on time in the sentence and take their words."""
    column = time_column(sentence.table)
    yield from _month_numbers(sentence, column)
    if column is None:
        return
    if column.temporal:
        yield from _weekdays(sentence, column)
    points = _points(sentence)
    while points:
        point = points.pop(0)
        before = sentence.lower(point.first - 1)
        if points and _ranges(sentence, point, points[0], before):
            last = points.pop(0)
            sentence.take(range(point.first - (before in ("between", "from")), last.last + 1))
            yield from _between(column, point, last)
            continue
        alike = [point]
        while points and sentence.lower(alike[-1].last + 1) in ("and", "or") and points[0].first == alike[-1].last + 2:
            alike.append(points.pop(0))
        sentence.take(range(point.first, alike[-1].last + 1))
        if before in _LEAD | _SINCE | _AFTER | _BEFORE | _UNTIL:
            sentence.take([point.first - 1])
        yield from _single(column, alike, before)


def _ranges(sentence: Sentence, first: _Point, last: _Point, before: str) -> bool:
    """Return whether two times are the ends of a span: `2010 to 2012`, `between 2010 and 2012`, `2010-2012`."""
    link = sentence.lower(first.last + 1)
    if last.first == first.last + 2:
        return link in ("to", "through", "until", "till") or (link == "and" and before == "between")
    between = sentence.text[sentence.words[first.last].end : sentence.words[last.first].start]
    return last.first == first.last + 1 and between.strip() in ("-", "\u2013", "\u2014")


def _single(column: Column, points: list[_Point], before: str) -> Iterator[Condition]:
    point = points[0]
    if point.start is None or point.end is None:
        if column.temporal:
            names = tuple(MONTH_NAMES[p.month - 1] for p in points if p.month)
            yield Condition(column.name, "=", names, Part.MONTH_OF_YEAR)
        return
    if not column.temporal:
        op = _year_op(before)
        years = tuple(Decimal(p.start.year) for p in points if p.start) if op == "=" else (Decimal(point.start.year),)
        yield Condition(column.name, op, years)
        return
    if before in _SINCE:
        yield Condition(column.name, ">=", (point.start,), Part.DAY)
    elif before in _AFTER:
        yield Condition(column.name, ">", (point.end,), Part.DAY)
    elif before in _BEFORE:
        yield Condition(column.name, "<", (point.start,), Part.DAY)
    elif before in _UNTIL:
        yield Condition(column.name, "<=", (point.end,), Part.DAY)
    elif all(_is_year(p) for p in points):
        yield Condition(column.name, "=", tuple(p.start.year for p in points if p.start), Part.YEAR)
    elif len(points) == 1:
        yield Condition(column.name, "between", (point.start, point.end), Part.DAY)
    else:
        months = tuple(f"{p.start.year:04}-{p.start.month:02}" for p in points if p.start)
        yield Condition(column.name, "=", months, Part.MONTH)


def _between(column: Column, first: _Point, last: _Point) -> Iterator[Condition]:
    if first.start is None and first.month and last.start is not None:
        first = _Point(first.first, first.last, date(last.start.year, first.month, 1), last.start)
    if first.start is not None and last.end is not None:
        if not column.temporal:
            yield Condition(column.name, "between", (Decimal(first.start.year), Decimal(last.end.year)))
        else:
            yield Condition(column.name, "between", (first.start, last.end), Part.DAY)
    elif first.month and last.month and column.temporal:
        span = (last.month - first.month) % _DECEMBER + 1
        names = tuple(MONTH_NAMES[(first.month - 1 + k) % _DECEMBER] for k in range(span))
        yield Condition(column.name, "=", names, Part.MONTH_OF_YEAR)


def _year_op(before: str) -> str:
    for words, op in ((_SINCE, ">="), (_AFTER, ">"), (_BEFORE, "<"), (_UNTIL, "<=")):
        if before in words:
            return op
    return "="


def _is_year(point: _Point) -> bool:
    return point.start is not None and point.end is not None and (point.end - point.start).days > 360  # noqa: PLR2004 (days)


def _points(sentence: Sentence) -> list[_Point]:
    found = [*_iso_points(sentence), *_quarter_points(sentence)]
    used = {k for point in found for k in range(point.first, point.last + 1)}
    i = 0
    while i < len(sentence.words):
        point = None if i in used or not sentence.free(i) else _named_point(sentence, i)
        if point is not None:
            found.append(point)
            i = point.last
        i += 1
    return sorted(found, key=lambda point: point.first)


def _named_point(sentence: Sentence, i: int) -> _Point | None:
    low = sentence.lower(i)
    if (
        low in MONTHS
        and (low != _MAY or sentence.words[i].capital)
        and (len(low) > len("jan") or sentence.words[i].capital)
    ):
        month = MONTHS[low]
        last = i + 1 if sentence.lower(i + 1) != "of" else i + 2
        if _YEAR.match(sentence.lower(last)):
            year = int(sentence.lower(last))
            return _Point(i, last, date(year, month, 1), _month_end(year, month))
        return _Point(i, i, None, None, month)
    if _YEAR.match(low) and sentence.lower(i - 1) not in _AMOUNTS:
        return _Point(i, i, date(int(low), 1, 1), date(int(low), _DECEMBER, 31))
    return None


def _iso_points(sentence: Sentence) -> Iterator[_Point]:
    for match in _ISO.finditer(sentence.text):
        year, month, day = int(match[1]), int(match[2]), match[3]
        try:
            start = date(year, month, int(day or 1))
        except ValueError:
            continue
        inside = _inside(sentence, match.start(), match.end())
        yield _Point(inside[0], inside[-1], start, start if day else _month_end(year, month))


def _quarter_points(sentence: Sentence) -> Iterator[_Point]:
    for match in _QUARTER.finditer(sentence.text):
        if match[2]:
            year, first = int(match[2]), int(match[1]) * 3 - 2
            inside = _inside(sentence, match.start(), match.end())
            yield _Point(inside[0], inside[-1], date(year, first, 1), _month_end(year, first + 2))


def _inside(sentence: Sentence, start: int, end: int) -> list[int]:
    return [i for i, word in enumerate(sentence.words) if start <= word.start and word.end <= end]


def _weekdays(sentence: Sentence, column: Column) -> Iterator[Condition]:
    named: list[str] = []
    for i, word in enumerate(sentence.words):
        low = word.lower
        if low in ("weekend", "weekends") and sentence.free(i):
            named += WEEKDAY_NAMES[5:]
        elif (low in WEEKDAYS or low.rstrip("s") in WEEKDAYS) and word.capital and len(low) > len("mon"):
            named.append(WEEKDAY_NAMES[WEEKDAYS.get(low, WEEKDAYS.get(low.rstrip("s"), 0))])
        else:
            continue
        sentence.take([i])
    if named:
        yield Condition(column.name, "=", tuple(dict.fromkeys(named)), Part.WEEKDAY)


def _month_numbers(sentence: Sentence, column: Column | None) -> Iterator[Condition]:
    """A column of whole numbers called month takes `in March` as 3, where there are no dates."""
    if column is not None and column.temporal:
        return
    months = [c for c in sentence.table.columns if c.kind is Kind.INTEGER and stems_of(c.name)[-1:] == ("month",)]
    named = [i for i, w in enumerate(sentence.words) if w.lower in MONTHS and w.capital and sentence.free(i)]
    if months and named:
        sentence.take(named)
        yield Condition(months[0].name, "=", tuple(Decimal(MONTHS[sentence.lower(i)]) for i in named))


def _month_end(year: int, month: int) -> date:
    following = date(year + month // _DECEMBER, month % _DECEMBER + 1, 1)
    return following - timedelta(days=1)
