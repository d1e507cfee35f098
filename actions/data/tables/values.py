"""What a column is once it is read: kinds, values, columns, tables. Rule: frozen, and cells keep the file's order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = Decimal | date | str
"""A cell: a number, a day (or a `datetime`, which is a `date`), or text. A missing cell is None."""

MISSING = frozenset({"", "na", "n/a", "#n/a", "n.a.", "null", "none", "nan", "nil", "-", "--", "–", "—", "?", "."})  # noqa: RUF001 (files use these dashes)
"""Cells, in lower case, that hold no number and no date."""
MISSING_TEXT = frozenset({"", "n/a", "#n/a", "null", "nan", "-", "--", "–", "—"})  # noqa: RUF001 (files use these dashes)
"""The same for text, where `none` and `?` are often categories."""


class Kind(StrEnum):
    """What all cells of a column are."""

    INTEGER = "whole number"
    NUMBER = "number"
    DATE = "date"
    MOMENT = "date and time"
    BOOLEAN = "yes/no"
    TEXT = "text"
    EMPTY = "empty"


NUMERIC = frozenset({Kind.INTEGER, Kind.NUMBER})
TEMPORAL = frozenset({Kind.DATE, Kind.MOMENT})


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `unit` is what all its numbers carry (`$`, `%`, `kg`); `invalid` counts cells left out as misfits."""

    name: str
    kind: Kind
    values: Sequence[Value | None]
    unit: str = ""
    invalid: int = 0

    @property
    def numeric(self) -> bool:
        """Return whether the cells are numbers."""
        return self.kind in NUMERIC

    @property
    def temporal(self) -> bool:
        """Return whether the cells are dates."""
        return self.kind in TEMPORAL


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read. `notes` are sentences on what was decided or left out."""

    name: str
    columns: tuple[Column, ...]
    rows: int
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """Return the column of that name; `KeyError` where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
