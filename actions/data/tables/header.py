"""The row of column names: found, cleaned, or made. Rule: names are never empty and never twice the same."""

import re
from collections.abc import Sequence

from pgswarm.actions.data.tables import dates, numbers

Row = tuple[int, list[str]]
_PROBE = 50
_YEAR = re.compile(r"^(1[89]|20)\d\d$")


def split_preamble(rows: Sequence[Row], width: int) -> tuple[Sequence[Row], list[str]]:
    """Drop comment and title lines that stand before the table; return the rest and the notes on it."""
    start = 0
    for _, row in rows:
        filled = sum(bool(cell.strip()) for cell in row)
        title = width > 1 and (
            len(row) == 1 or (filled == 1 and len(row) <= width and start == 0 and width > filled + 1)
        )
        if not (row[0].lstrip().startswith("#") and len(row) != width) and not title:
            break
        start += 1
    if start in (0, len(rows)):
        return rows, []
    lines = ", ".join(str(line) for line, _ in rows[:start])
    return rows[start:], [f"Skipped before the table: line{'s' if start > 1 else ''} {lines}."]


def has_header(rows: Sequence[Row]) -> bool:
    """Return whether the first row names the columns: no numbers, no dates, and nothing that its column repeats."""
    first = [cell.strip() for cell in rows[0][1]]
    below = [row for _, row in rows[1:_PROBE]]
    if not below:
        return not any(map(_is_value, first))
    values = [i for i, cell in enumerate(first) if _is_value(cell)]
    if values:
        years = [first[i] for i in values]
        return 0 not in values and all(map(_YEAR.match, years)) and len(set(years)) == len(years) > 1
    if any(_is_value(cell.strip()) for row in below for cell in row):
        return any(first)
    repeated = any(i < len(row) and row[i].strip() == cell for row in below for i, cell in enumerate(first) if cell)
    return not repeated and len(set(first)) == len(first)


def clean_names(cells: Sequence[str], width: int) -> tuple[list[str], list[str]]:
    """Return `width` names, empty and repeated ones replaced, and the notes on it."""
    names: list[str] = []
    notes: list[str] = []
    for i in range(width):
        raw = " ".join(cells[i].split()) if i < len(cells) else ""
        name = raw or f"column_{i + 1}"
        if not raw:
            notes.append(f"Column {i + 1} has no name; it is called {name}.")
        base, n = name, 2
        while name in names:
            name, n = f"{base}_{n}", n + 1
        if name != base:
            notes.append(f"Two columns are called {base!r}; column {i + 1} is called {name}.")
        names.append(name)
    return names, notes


def _is_value(cell: str) -> bool:
    return numbers.shape(cell) is not None or dates.looks_like_date(cell)
