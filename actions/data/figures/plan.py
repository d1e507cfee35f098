"""What is to be computed: measures, keys, conditions, order. Rule: plain data that says in words what it means."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class How(StrEnum):
    """How cells become one figure."""

    SUM = "total"
    MEAN = "mean"
    MEDIAN = "median"
    MIN = "lowest"
    MAX = "highest"
    COUNT = "rows"
    DISTINCT = "different"


class Part(StrEnum):
    """The part of a date that rows are grouped or chosen by. `month` is 2019-03; `month of the year` is March."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    MONTH_OF_YEAR = "month of the year"
    WEEK = "week"
    WEEKDAY = "weekday"
    DAY = "day"
    HOUR = "hour"


def _named(column: str, part: Part | None) -> str:
    """Return `month of date`, but `month` where the column is called so itself."""
    return column if part is None or column.lower() == part else f"{part} of {column}"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure; `column` is None for a count of rows."""

    how: How
    column: str | None = None

    def __str__(self) -> str:
        """Return the figure's name, such as `total precipitation`."""
        if self.column is None:
            return "number of rows"
        if self.how is How.COUNT:
            return f"number of {self.column}"
        if self.how is How.DISTINCT:
            return f"number of different {self.column}"
        said = self.column.lower().startswith(f"{self.how} ")
        return self.column if said else f"{self.how} {self.column}"


@dataclass(frozen=True, slots=True)
class Key:
    """What rows are grouped by."""

    column: str
    part: Part | None = None

    def __str__(self) -> str:
        """Return the key's name, such as `region` or `month of date`."""
        return _named(self.column, self.part)


@dataclass(frozen=True, slots=True)
class Condition:
    """Which rows count.

    `op` is one of `=` (any of the values), `!=`, `>`, `>=`, `<`, `<=`, `contains`, `between` (inclusive).
    """

    column: str
    op: str
    values: tuple[str | Decimal | date | int, ...]
    part: Part | None = None

    def __str__(self) -> str:
        """Return the condition in words."""
        name = _named(self.column, self.part)
        if self.op == "between":
            return f"{name} from {self.values[0]} to {self.values[1]}"
        return f"{name} {self.op} {' or '.join(map(str, self.values))}"


@dataclass(frozen=True, slots=True)
class Rank:
    """Order by the first measure; `limit` groups are the answer (None: all)."""

    descending: bool
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A question as understood.

    `having` keeps only groups whose first figure fits; its column is that of the figure. `share` adds each figure's
    part of the whole in percent; with `part`, what the rows that fit these too have of all rows of the group. `also`
    is a second reading that the question allows; `unused` are words of the question that found no use.
    """

    measures: tuple[Measure, ...]
    keys: tuple[Key, ...] = ()
    conditions: tuple[Condition, ...] = ()
    having: Condition | None = None
    rank: Rank | None = None
    share: bool = False
    part: tuple[Condition, ...] = ()
    also: "Plan | None" = None
    unused: tuple[str, ...] = ()

    @property
    def understood(self) -> str:
        """Return in words what is computed."""
        text = " and ".join(map(str, self.measures))
        if self.share:
            text = f"share of {text}"
        if self.keys:
            text += f" by {' and '.join(map(str, self.keys))}"
        if self.part:
            text += f" with {' and '.join(map(str, self.part))}"
        if self.conditions:
            text += f", where {' and '.join(map(str, self.conditions))}"
        if self.having:
            text += f", only groups with {self.measures[0]} {self.having.op} {self.having.values[0]}"
        if self.rank and self.rank.limit:
            text += f", the {'highest' if self.rank.descending else 'lowest'}"
            text += f" {self.rank.limit}" if self.rank.limit > 1 else ""
        return text
