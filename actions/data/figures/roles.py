"""What a column is good for: to be added up, averaged, or only to group by. Rule: by its name, unit and cells."""

from decimal import Decimal

from pgswarm.actions.data.tables.values import Column, Kind, Table
from pgswarm.actions.data.words import stems_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CODES = _words("id code key zip zipcode postcode postal phone uuid isbn sku index idx fip rank ranking serial")
_LAST_CODES = _words("no nr number num")
_PLACES = _words("lat latitude lon lng long longitude")
_CLOCK = _words("year yr month week weekday quarter decade hour day")
_RATES = _words(
    """temp temperature price rate ratio score percent percentage pct share age speed velocity wind pressure humidity
    rating mpg height weight density average avg mean median expectancy grade gpa level ph probability elevation
    altitude depth concentration efficiency latency interest yield degree celsius fahrenheit per max min maximum minimum
    width length size diameter displacement horsepower hp acceleration"""
)
_RATE_UNITS = frozenset({"%", "°", "°C", "°F"})
_MAX_CATEGORIES = 12


def is_clock(column: Column) -> bool:
    """Return whether a whole-number column holds years, months or the like, which nobody adds up."""
    names = stems_of(column.name)
    return column.kind is Kind.INTEGER and bool(names) and names[-1] in _CLOCK and column.unit == ""


def is_code(column: Column) -> bool:
    """Return whether the numbers only name something: identifiers, postcodes, positions, running numbers."""
    names = stems_of(column.name)
    if not column.numeric:
        return False
    if any(name in _CODES | _PLACES for name in names) or (names and names[-1] in _LAST_CODES):
        return True
    first = column.values[0] if len(column.values) > _MAX_CATEGORIES else None
    running = column.kind is Kind.INTEGER and isinstance(first, Decimal)
    return running and all(value == i for i, value in enumerate(column.values, start=int(str(first))))


def is_measure(column: Column) -> bool:
    """Return whether figures of the column mean something."""
    return column.numeric and not is_clock(column) and not is_code(column)


def is_rate(column: Column) -> bool:
    """Return whether the numbers are averaged rather than added up (temperatures, prices, rates)."""
    return is_measure(column) and (column.unit in _RATE_UNITS or any(n in _RATES for n in stems_of(column.name)))


def measures(table: Table) -> list[Column]:
    """Return the columns that figures are computed of."""
    return [column for column in table.columns if is_measure(column)]


def categories(table: Table, most: int = _MAX_CATEGORIES) -> list[Column]:
    """Return the columns of few different values that rows are worth grouping by."""
    found = []
    for column in table.columns:
        if column.temporal or is_measure(column):
            continue
        distinct = len({value for value in column.values if value is not None})
        if 1 < distinct <= most and distinct < table.rows:
            found.append(column)
    return found
