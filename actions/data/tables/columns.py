"""The kind of a column from its cells. Rule: a column has one kind; at most a tenth of its cells may be misfits."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from pgswarm.actions.data.tables import dates, numbers
from pgswarm.actions.data.tables.values import MISSING, MISSING_TEXT, Column, Kind, Value

_MAX_MISFITS = 0.1
_MIN_TO_TOLERATE = 10
_CODE = 2
_PROBE = 2_000
"""Cells of a column that are looked at to decide what is worth trying."""
_BOOLEANS = (frozenset({"true", "false"}), frozenset({"yes", "no"}), frozenset({"t", "f"}), frozenset({"y", "n"}))
_DATE_WORDS = ("date", "day", "time", "_at", "when")


def decimal_hint(columns: Sequence[Sequence[str]]) -> str | None:
    """Return the decimal separator that the cells of a whole table vouch for, None where nothing does."""
    commas = dots = 0
    for cells in columns:
        for cell in cells[:_PROBE]:
            if "," in cell or "." in cell:
                found = numbers.shape(cell)
                mark = numbers.certain_decimal(found.body) if found else None
                commas += mark == ","
                dots += mark == "."
    if commas == dots:
        return None
    return "," if commas > dots else "."


def infer(name: str, cells: Sequence[str], hint: str | None) -> tuple[Column, list[str]]:
    """Return the typed column of stripped cells, and notes on what was decided or left out."""
    present = [cell for cell in cells if cell.lower() not in MISSING]
    if not present:
        if all(cell.lower() in MISSING_TEXT for cell in cells):
            return Column(name, Kind.EMPTY, [None] * len(cells)), []
        return _text(name, cells), []
    for kind in (_number, _date):
        found = kind(name, cells, present, hint)
        if found is not None:
            return found
    return _text(name, cells), []


def _number(
    name: str, cells: Sequence[str], present: Sequence[str], hint: str | None
) -> tuple[Column, list[str]] | None:
    if not any(map(numbers.shape, present[:_PROBE])) or _coded_date(name, present):
        return None
    shaped = {cell: numbers.shape(cell) for cell in dict.fromkeys(present)}
    shapes = [found for cell in present if (found := shaped[cell])]
    if _too_few(len(shapes), len(present)):
        return None
    unit = numbers.common_unit(shapes)
    if unit is None:
        if all(found.symbol for found in shapes):
            return _text(name, cells), [f"{name} mixes currencies or units; it is kept as text and not added up."]
        return None
    mark = numbers.decimal_mark((found.body for found in shapes), hint)

    def parse(cell: str) -> Decimal | None:
        found = shaped[cell]
        return numbers.to_decimal(found, mark) if found else None

    values = _parsed(cells, parse)
    numbers_read = [value for value in values if value is not None]
    if _too_few(len(numbers_read), len(present)):
        return None
    notes = _misfit_note(name, cells, values, "a number")
    if mark == "," and hint != ",":
        notes.append(f"{name} writes numbers with a decimal comma.")
    whole = all(isinstance(value, Decimal) and value.as_tuple().exponent == 0 for value in numbers_read)
    kind = Kind.INTEGER if whole else Kind.NUMBER
    return Column(name, kind, values, unit, len(present) - len(numbers_read)), notes


def _date(
    name: str, cells: Sequence[str], present: Sequence[str], _hint: str | None
) -> tuple[Column, list[str]] | None:
    compact = _coded_date(name, present)
    if not compact and not any(map(dates.looks_like_date, present[:_PROBE])):
        return None
    first = dates.day_first(present)

    def parse(cell: str) -> date | None:
        return dates.parse_date(cell, day_first=bool(first), compact=compact)

    values = _parsed(cells, parse)
    read = [value for value in values if value is not None]
    if _too_few(len(read), len(present)):
        return None
    notes = _misfit_note(name, cells, values, "a date")
    if first is None and dates.has_open_order(present):
        notes.append(f"{name} fits both day orders; it is read as month/day/year.")
    kind = Kind.DATE
    if any(isinstance(value, datetime) for value in read):
        kind = Kind.MOMENT
        values = [_moment(value) for value in values]
    return Column(name, kind, values, invalid=len(present) - len(read)), notes


def _moment(value: Value | None) -> Value | None:
    """A day without a clock, in a column of moments, is its midnight."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    return value


def _text(name: str, cells: Sequence[str]) -> Column:
    words = {cell for cell in cells if cell.lower() not in MISSING_TEXT}
    others = words - {"NA", "na"}
    codes = bool(others) and all(len(w) == _CODE and w.isupper() for w in others)
    lost = MISSING_TEXT if codes else MISSING_TEXT | {"na"}
    known: dict[str, str] = {}
    values = [None if cell.lower() in lost else known.setdefault(cell, cell) for cell in cells]
    lowered = {word.lower() for word in known}
    kind = Kind.BOOLEAN if any(lowered <= pair and lowered for pair in _BOOLEANS) else Kind.TEXT
    return Column(name, kind, values)


def _parsed(cells: Sequence[str], parse: Callable[[str], Value | None]) -> list[Value | None]:
    known: dict[str, Value | None] = {}
    values = []
    for cell in cells:
        if cell not in known:
            known[cell] = None if cell.lower() in MISSING else parse(cell)
        values.append(known[cell])
    return values


def _too_few(fitting: int, present: int) -> bool:
    misfits = present - fitting
    return fitting == 0 or (misfits > 0 and (present < _MIN_TO_TOLERATE or misfits > present * _MAX_MISFITS))


def _misfit_note(name: str, cells: Sequence[str], values: Sequence[Value | None], what: str) -> list[str]:
    misfits = [c for c, v in zip(cells, values, strict=True) if v is None and c.lower() not in MISSING]
    if not misfits:
        return []
    some = ", ".join(repr(cell[:40]) for cell in dict.fromkeys(misfits))
    return [f"{name}: {len(misfits)} cell(s) that are not {what} are left out ({some[:120]})."]


def _coded_date(name: str, present: Sequence[str]) -> bool:
    """Return whether the cells are days such as 20190504; the column's name must say that it holds dates."""
    lowered = name.lower()
    return any(word in lowered for word in _DATE_WORDS) and all(
        dates.parse_date(cell, compact=True) is not None for cell in present
    )
