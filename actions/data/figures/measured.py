"""Cells to one figure. Rule: sums are exact; a mean has 40 digits and is rounded where it is shown."""

from collections.abc import Callable, Sequence
from decimal import Context, Decimal, Inexact, localcontext
from typing import Any

from pgswarm.actions.data.figures.plan import How
from pgswarm.actions.data.tables.values import Value

_EXACT = 160
"""Digits: cells have at most 40 and exponents within 30, so that this holds any sum without rounding."""
_MEAN = 40


def total(numbers: Sequence[Decimal]) -> Decimal:
    """Return the exact sum."""
    with localcontext(Context(prec=_EXACT, traps=[Inexact])):
        return sum(numbers, Decimal(0))


def mean(numbers: Sequence[Decimal]) -> Decimal:
    """Return the arithmetic mean to 40 digits."""
    whole = total(numbers)
    with localcontext(Context(prec=_MEAN)):
        return whole / len(numbers)


def median(numbers: Sequence[Decimal]) -> Decimal:
    """Return the middle number, or the mean of the middle two."""
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else mean(ordered[middle - 1 : middle + 1])


def measured(how: How, present: Sequence[Any]) -> Decimal | Value | None:
    """Return the figure of the cells that are not missing; None where none is."""
    if how in _COUNTS:
        return _COUNTS[how](present)
    if how in _ENDS:
        return _ENDS[how](present) if present else None
    numbers = [value for value in present if isinstance(value, Decimal)]
    return _FIGURES[how](numbers) if numbers else None


_COUNTS: dict[How, Callable[[Sequence[Any]], Decimal]] = {
    How.COUNT: lambda present: Decimal(len(present)),
    How.DISTINCT: lambda present: Decimal(len(set(present))),
}
_ENDS: dict[How, Callable[[Sequence[Any]], Value]] = {How.MIN: min, How.MAX: max}
_FIGURES: dict[How, Callable[[Sequence[Decimal]], Decimal]] = {
    How.SUM: total,
    How.MEAN: mean,
    How.MEDIAN: median,
}
