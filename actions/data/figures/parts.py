"""The part of a date that rows are grouped by. Rule: calendar only (weeks as ISO 8601 counts them)."""

from collections.abc import Callable
from datetime import date, datetime

from pgswarm.actions.data.figures.order import MONTH_NAMES, WEEKDAY_NAMES
from pgswarm.actions.data.figures.plan import Part

_MONTHS_IN_QUARTER = 3


def _week(value: date) -> str:
    year, week, _ = value.isocalendar()
    return f"{year:04}-W{week:02}"


_PARTS: dict[Part, Callable[[date], int | str | date]] = {
    Part.YEAR: lambda value: value.year,
    Part.QUARTER: lambda value: f"{value.year:04}-Q{(value.month - 1) // _MONTHS_IN_QUARTER + 1}",
    Part.MONTH: lambda value: f"{value.year:04}-{value.month:02}",
    Part.MONTH_OF_YEAR: lambda value: MONTH_NAMES[value.month - 1],
    Part.WEEK: _week,
    Part.WEEKDAY: lambda value: WEEKDAY_NAMES[value.weekday()],
    Part.DAY: lambda value: value.date() if isinstance(value, datetime) else value,
    Part.HOUR: lambda value: value.hour if isinstance(value, datetime) else 0,
}


def part_of(value: date, part: Part) -> int | str | date:
    """Return the part of a day or moment that rows are grouped by."""
    return _PARTS[part](value)
