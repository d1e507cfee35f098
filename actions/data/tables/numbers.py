"""Cells to exact decimals. Rule: how a column writes numbers is decided once for the column, never cell by cell.

`1,234` alone may be a thousand or one and a bit: cells that leave no doubt (`1,234.5`, `12,5`) decide, first those
of the same column, then those of the table.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

_CURRENCY = r"(?:[A-Z]{1,3})?[$€£¥₹₽₩₺₴₪₫]|[A-Z]{3}(?=\s?[-+]?\d)"
_CELL = re.compile(
    rf"""^(?P<open>\()?\s*(?P<sign>[-+\u2212])?\s*(?P<before>{_CURRENCY})?\s*(?P<sign2>[-+\u2212])?
    (?P<body>\d[\d.,'\u2019\u00a0\u202f ]*|[.,]\d+)(?P<exp>[eE][-+]?\d{{1,2}})?
    \s*(?P<after>%|[$€£¥₹₽₩₺₴₪₫]|[^\W\d_]{{1,8}}|°[CF]?)?\s*(?P<close>\))?$""",
    re.VERBOSE,
)
_GROUPS = re.compile(r"^\d{1,3}([ '\u2019\u00a0\u202f])\d{3}(\1\d{3})*$")
_SPACING = re.compile(r"[ '\u2019\u00a0\u202f]")
_MAX_DIGITS = 40
_MAX_EXPONENT = 30
_GROUP = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """A cell that looks like a number: its digits with separators, sign, exponent and unit."""

    body: str
    negative: bool
    exponent: int
    unit: str
    symbol: bool
    """The unit is a currency sign or `%`, which cells of one column may leave out."""


def shape(cell: str) -> Shape | None:
    """Return the parts of a cell that looks like a number, else None."""
    match = _CELL.match(cell)
    if match is None or bool(match["open"]) != bool(match["close"]) or (match["sign"] and match["sign2"]):
        return None
    before, after = match["before"] or "", match["after"] or ""
    if before and after and after != "%":
        return None
    body = match["body"].rstrip(" \u00a0\u202f")
    exponent = int(match["exp"][1:]) if match["exp"] else 0
    if len(body) > _MAX_DIGITS or abs(exponent) > _MAX_EXPONENT:
        return None
    sign = match["sign"] or match["sign2"]
    symbol = bool(before) or not after.isalpha()
    return Shape(body, sign in ("-", "\u2212") or bool(match["open"]), exponent, before or after, symbol)


def certain_decimal(body: str) -> str | None:
    """Return the decimal separator where the digits leave no doubt about it, else None."""
    dots, commas = body.count("."), body.count(",")
    if dots and commas:
        return "." if body.rfind(".") > body.rfind(",") else ","
    if dots + commas != 1:
        if dots > 1:
            return ","
        return "." if commas > 1 else None
    mark = "." if dots else ","
    whole, _, rest = body.partition(mark)
    if len(rest) == _GROUP and whole not in ("", "0") and len(whole) <= _GROUP:
        return None
    return mark


def decimal_mark(bodies: Iterable[str], fallback: str | None) -> str:
    """Return the decimal separator that most cells of a column vouch for, else the table's, else a dot."""
    votes = Counter(mark for mark in map(certain_decimal, bodies) if mark)
    if votes:
        return votes.most_common(1)[0][0]
    return fallback or "."


def to_decimal(cell: Shape, mark: str) -> Decimal | None:
    """Return the exact number, `mark` being the decimal separator; None where the digits do not fit it.

    A leading zero (`007`) makes a code, not a number.
    """
    whole, found, fraction = cell.body.partition(mark)
    grouping = "," if mark == "." else "."
    if found and (mark in fraction or grouping in fraction or _SPACING.search(fraction)):
        return None
    plain = _ungrouped(whole, grouping)
    if plain is None or (len(plain) > 1 and plain[0] == "0" and not found):
        return None
    number = Decimal(f"{plain or '0'}.{fraction}E{cell.exponent}" if fraction else f"{plain or '0'}E{cell.exponent}")
    return number.copy_negate() if cell.negative else number


def common_unit(cells: Sequence[Shape]) -> str | None:
    """Return the unit that all cells share ('' for none), or None where they differ: then they cannot be added."""
    units = {cell.unit for cell in cells}
    if len(units) <= 1:
        return next(iter(units), "")
    bare = units - {""}
    if len(bare) == 1 and all(cell.symbol for cell in cells if cell.unit):
        return bare.pop()
    return None


def _ungrouped(whole: str, grouping: str) -> str | None:
    """Return the digits without thousands separators, or None where these stand in wrong places."""
    if whole.isdigit() or not whole:
        return whole
    if grouping in whole:
        first, *others = whole.split(grouping)
        valid = first.isdigit() and len(first) <= _GROUP and all(len(o) == _GROUP and o.isdigit() for o in others)
        return first + "".join(others) if valid else None
    return _SPACING.sub("", whole) if _GROUPS.match(whole) else None
