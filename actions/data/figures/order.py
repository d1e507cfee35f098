"""The order of groups. Rule: months and weekdays as the calendar has them, numbers by size, the rest by letter."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from pgswarm.actions.data.tables.dates import MONTHS

MONTH_NAMES = tuple(name.title() for name in MONTHS if len(name) > len("sept") or name in ("may", "june", "july"))
"""January first."""
WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAYS = {name: i for i, day in enumerate(WEEKDAY_NAMES) for name in (day.lower(), day.lower()[:3])}
"""Weekday names and their short forms, in lower case, Monday first."""
_TEXT = 4
_PERIOD = re.compile(r"^\d{4}-(Q\d|W\d\d|\d\d)$")


def calendar(values: Iterable[Any]) -> bool:
    """Return whether all keys are names of months, or all names of weekdays."""
    named = {str(value).lower() for value in values if value is not None}
    return bool(named) and (named <= set(MONTHS) or named <= set(WEEKDAYS))


def key_rank(value: Any, *, names: bool = False) -> tuple[int, Any]:
    """Return what to sort a group's key by; `names`: months and weekdays are in use. A missing key comes last."""
    if value is None:
        return 9, 0
    if isinstance(value, Decimal | int):
        return 0, value
    if isinstance(value, date):
        return 1, value.isoformat()
    low = str(value).lower()
    if names and low in MONTHS:
        return 2, MONTHS[low]
    if names and low in WEEKDAYS:
        return 3, WEEKDAYS[low]
    return _TEXT, (low, str(value))


def is_ordered(values: Iterable[Any]) -> bool:
    """Return whether keys like these have an order of their own, so that they are not shown by size of the figure."""
    present = [value for value in values if value is not None]
    return calendar(present) or all(key_rank(v)[0] < _TEXT or _PERIOD.match(str(v)) for v in present)
