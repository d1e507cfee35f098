"""`read_table`: the one way from a file to a table. Rule: pure; one pass over the rows; bounded."""

import re
from collections.abc import Sequence

from pgswarm.actions.data.tables import columns, dialect, header
from pgswarm.actions.data.tables.limits import MAX_BYTES, MAX_CELLS, MAX_COLUMNS, TableError
from pgswarm.actions.data.tables.values import Column, Kind, Table
from pgswarm.schema.decode import NotTextError, decode, refuse_binary

_TOTAL = re.compile(r"^(grand\s+|over)?(total|sum|all)s?:?$", re.IGNORECASE)
_SHOWN = 5
_MIN_ROWS_FOR_TOTAL = 3


def read_table(source: str | bytes, name: str = "the file") -> Table:
    """Return the table in the CSV text or bytes `source`; `name` is used in errors and notes.

    Raises `TableError` with a stable code: `too_large`, `binary_file`, `empty_file`, `not_a_table`, `cell_too_long`,
    `bad_quotes`.
    """
    text, notes = _text_of(source, name)
    found = dialect.detect(text, name)
    rows = _bounded_rows(text[found.start :], found.delimiter, name)
    width = found.width or max(len(row) for _, row in rows)
    body, more = header.split_preamble(rows, width)
    notes += more
    named = header.has_header(body)
    width = max(width, len(body[0][1])) if named else width
    names, more = header.clean_names(body[0][1] if named else [], width)
    notes += more if named else ["The file has no row of column names; columns are called column_1, column_2, …"]
    data = body[1:] if named else body
    notes += _ragged(data, width)
    data, more = _without_total(data)
    notes += more
    cells = [[row[i].strip() if i < len(row) else "" for _, row in data] for i in range(width)]
    hint = columns.decimal_hint(cells)
    if hint is None and found.delimiter == ";" and _thousands_only(cells):
        notes.append("Numbers such as 1,234 are read as thousands: no cell shows a decimal comma.")
    typed: list[Column] = []
    for i, column_name in enumerate(names):
        column, more = columns.infer(column_name, cells[i], hint)
        cells[i] = []
        unnamed = not (i < len(body[0][1]) and body[0][1][i].strip())
        if column.kind is Kind.EMPTY and unnamed and named:
            notes = [note for note in notes if not note.startswith(f"Column {i + 1} has no name")]
            continue
        typed.append(column)
        notes += more
    return Table(name, tuple(typed), len(data), tuple(notes))


def _text_of(source: str | bytes, name: str) -> tuple[str, list[str]]:
    if len(source) > MAX_BYTES:
        unit = "bytes" if isinstance(source, bytes) else "characters"
        raise TableError(
            "too_large",
            f"{name} has {len(source):,} {unit}; tables are read up to {MAX_BYTES:,}. "
            "Split it, or give only the columns that the question needs.",
        )
    try:
        if isinstance(source, bytes):
            decoded = decode(source, name)
            notes = [f"{name} is not UTF-8; it is read as {decoded.encoding}."] if decoded.guessed else []
            return decoded.text, notes
        refuse_binary(source, name)
    except NotTextError as error:
        raise TableError("binary_file", str(error)) from None
    return source.removeprefix("\ufeff"), []


def _bounded_rows(text: str, delimiter: str, name: str) -> Sequence[header.Row]:
    rows: list[header.Row] = []
    cells = 0
    for line, row in dialect.rows_of(text, delimiter):
        cells += len(row)
        if cells > MAX_CELLS or len(row) > MAX_COLUMNS:
            raise TableError(
                "too_large",
                f"{name} has more than {MAX_CELLS:,} cells or {MAX_COLUMNS:,} columns (seen at line {line}). "
                "Split it, or give only the columns that the question needs.",
            )
        rows.append((line, row))
    if rows and text.count('"') % 2 and any("\n" in cell for cell in rows[-1][1]):
        raise TableError(
            "bad_quotes",
            f"{name}: a quote that is opened in the row at line {rows[-1][0]} is never closed. Close it, or double it "
            "where it is a character of the cell.",
        )
    if not rows:
        raise TableError("empty_file", f"{name} has no rows. Give a CSV file with column names and rows of data.")
    return rows


def _ragged(rows: Sequence[header.Row], width: int) -> list[str]:
    short = [line for line, row in rows if len(row) < width]
    long = [line for line, row in rows if any(cell.strip() for cell in row[width:])]
    notes = []
    if short:
        notes.append(f"{len(short)} row(s) have fewer than {width} cells; the last are missing ({_lines(short)}).")
    if long:
        notes.append(f"{len(long)} row(s) have more than {width} cells; the surplus is left out ({_lines(long)}).")
    return notes


def _lines(lines: Sequence[int]) -> str:
    some = ", ".join(map(str, lines[:_SHOWN]))
    return f"line{'s' if len(lines) > 1 else ''} {some}{', …' if len(lines) > _SHOWN else ''}"


def _without_total(rows: Sequence[header.Row]) -> tuple[Sequence[header.Row], list[str]]:
    """A last row called Total would be counted twice."""
    if len(rows) < _MIN_ROWS_FOR_TOTAL or not _TOTAL.match(rows[-1][1][0].strip()):
        return rows, []
    return rows[:-1], [f"The last row (line {rows[-1][0]}) holds totals; it is left out of every figure."]


def _thousands_only(cells: Sequence[Sequence[str]]) -> bool:
    return any(re.fullmatch(r"\d{1,3},\d{3}", cell) for column in cells for cell in column)
