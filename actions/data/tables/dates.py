"""Cells to days and moments. Rule: day-month order is decided once for a column by the cells that leave no doubt."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import TypeAlias

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sep", "sept"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
"""Month names and their short forms, in lower case."""

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_TIME = (
    r"(?:[T ,]\s*(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"\s*(?P<ap>[AaPp]\.?[Mm]\.?)?\s*(?:Z|[-+]\d{2}:?\d{2}|UTC)?)?"
)
_YEAR_FIRST = re.compile(rf"^(?P<y>\d{{4}})(?P<sep>[-/.])(?P<m>\d{{1,2}})(?P=sep)(?P<d>\d{{1,2}}){_TIME}$")
_YEAR_MONTH = re.compile(r"^(?P<y>\d{4})[-/](?P<m>0[1-9]|1[0-2])$")
_NUMBERS = re.compile(rf"^(?P<a>\d{{1,2}})(?P<sep>[-/.])(?P<b>\d{{1,2}})(?P=sep)(?P<y>\d{{4}}|\d{{2}}){_TIME}$")
_DAY_NAME = re.compile(
    rf"^(?:[a-z]{{3,9}},?\s+)??(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[-\s.]+(?P<mon>{_MONTH})\.?,?[-\s]+(?P<y>\d{{4}}|\d{{2}}){_TIME}$",
    re.IGNORECASE,
)
_NAME_DAY = re.compile(
    rf"^(?:[a-z]{{3,9}},?\s+)??(?P<mon>{_MONTH})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}}){_TIME}$",
    re.IGNORECASE,
)
_NAME_YEAR = re.compile(rf"^(?P<mon>{_MONTH})\.?[-\s,]+(?P<y>\d{{4}})$", re.IGNORECASE)
_COMPACT = re.compile(r"^(?P<y>(?:19|20)\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])$")
_PIVOT = 69
_CENTURY = 100
_LAST_MONTH = 12
_NOON = 12
_PATTERNS = (_YEAR_FIRST, _YEAR_MONTH, _DAY_NAME, _NAME_DAY, _NAME_YEAR)

DateParser: TypeAlias = Callable[[str], date | None]


def looks_like_date(cell: str) -> bool:
    """Return whether a cell reads as a date in any order."""
    return parse_date(cell) is not None or parse_date(cell, day_first=True) is not None


def parse_date(cell: str, *, day_first: bool = False, compact: bool = False) -> date | None:
    """Return the day or moment that a cell names, else None.

    `day_first` reads 5/4/2019 as the fifth of April; `compact` accepts 20190504. The clock is kept as written,
    without its zone. A year of two digits lies in 1969 to 2068, as POSIX `%y` has it. A month stands for its first day.
    """
    match = next((m for m in (p.match(cell) for p in _PATTERNS) if m), None)
    if match is None and compact:
        match = _COMPACT.match(cell)
    if match is not None:
        part = match.groupdict()
        month = MONTHS[part["mon"].lower()] if part.get("mon") else int(part["m"])
        return _build(_full_year(part["y"]), month, int(part.get("d") or 1), part)
    match = _NUMBERS.match(cell)
    if match is None:
        return None
    part = match.groupdict()
    first, second = int(part["a"]), int(part["b"])
    if day_first or part["sep"] == ".":
        first, second = second, first
    return _build(_full_year(part["y"]), first, second, part)


def day_first(cells: Sequence[str]) -> bool | None:
    """Return whether cells such as 5/4/2019 have the day first; None where every cell fits both orders."""
    firsts = seconds = False
    for cell in cells:
        match = _NUMBERS.match(cell)
        if match is not None and match["sep"] != ".":
            firsts = firsts or int(match["a"]) > _LAST_MONTH
            seconds = seconds or int(match["b"]) > _LAST_MONTH
    if firsts != seconds:
        return firsts
    return None


def has_open_order(cells: Sequence[str]) -> bool:
    """Return whether the cells are of the kind 5/4/2019, where the order matters."""
    return any(m is not None and m["sep"] != "." for m in map(_NUMBERS.match, cells))


def _full_year(text: str) -> int:
    year = int(text)
    if year < _CENTURY and len(text) == len("19"):
        return year + (1900 if year >= _PIVOT else 2000)
    return year


def _build(year: int, month: int, day: int, part: dict[str, str | None]) -> date | None:
    try:
        whole = date(year, month, day)
        clock = _clock(part)
        return whole if clock is None else datetime.combine(whole, clock)
    except (ValueError, OverflowError):
        return None


def _clock(part: dict[str, str | None]) -> time | None:
    if not part.get("h"):
        return None
    hour = int(part["h"] or 0)
    half = (part["ap"] or "").lower()
    if half:
        hour = hour % _NOON + (_NOON if half.startswith("p") else 0)
    fraction = int(((part["f"] or "") + "000000")[:6])
    return time(hour, int(part["mi"] or 0), int(part["s"] or 0), fraction)
