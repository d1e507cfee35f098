"""Which character separates cells. Rule: the one that gives the most rows the same number of cells, above one."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pgswarm.actions.data.tables.limits import TableError

DELIMITERS = ",;\t|"
_PROBE_ROWS = 300
_PROBE_CHARS = 200_000
_MIN_REGULAR = 0.6
_MARKUP = ("<", "{", "[")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file writes rows. `start` is where the rows begin in the text (after a `sep=;` line)."""

    delimiter: str
    width: int
    start: int = 0


def detect(text: str, name: str) -> Dialect:
    """Return the dialect of `text`.

    Raises `TableError` (`not_a_table`, `empty_file`) where no character separates rows of a regular width.
    """
    if not text.strip():
        raise TableError("empty_file", f"{name} is empty. Give a CSV file with a row of column names and rows of data.")
    first = text.split("\n", 1)[0].strip().strip('"').lower()
    if first.startswith("sep=") and len(first) == len("sep=;"):
        return Dialect(first[-1], 0, text.index("\n") + 1 if "\n" in text else len(text))
    scored = [(*_score(text, delimiter), delimiter) for delimiter in DELIMITERS]
    share, width, delimiter = max(scored, key=lambda item: (item[1] > 1, round(item[0], 1), item[1]))
    if width <= 1:
        _refuse_prose(text, name)
        return Dialect(",", 1)
    if share < _MIN_REGULAR or text.lstrip().startswith(_MARKUP):
        raise not_a_table(name)
    return Dialect(delimiter, width)


def rows_of(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number from 1, cells) of each row that is not blank.

    Raises `TableError` (`cell_too_long`). A stray quote inside a cell is taken as a character.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=delimiter != "\t")
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableError(
                "cell_too_long",
                f"line {line} cannot be read as a row ({error}); perhaps a quote is opened there and never closed.",
            ) from error
        if any(cell.strip() for cell in row):
            yield line, row


def not_a_table(name: str) -> TableError:
    """Return the error that says that a file has no rows and columns."""
    return TableError(
        "not_a_table",
        f"{name} does not read as a table: no comma, semicolon, tab or bar separates its lines into the same number "
        "of cells. Give a CSV file; to read or search a text, use files/read or memory/retrieve.",
    )


def _score(text: str, delimiter: str) -> tuple[float, int]:
    widths: Counter[int] = Counter()
    try:
        for _, row in rows_of(text[:_PROBE_CHARS], delimiter):
            widths[len(row)] += 1
            if widths.total() >= _PROBE_ROWS:
                break
    except TableError:
        return 0.0, 0
    wide = {width: count for width, count in widths.items() if width > 1}
    if not wide:
        return 1.0, 1
    width = max(wide, key=lambda w: (wide[w], w))
    return wide[width] / widths.total(), width if wide[width] > 1 or widths.total() == 1 else 1


def _refuse_prose(text: str, name: str) -> None:
    """A table of one column has short lines and no sentences."""
    lines = [line.strip() for line in text[:_PROBE_CHARS].splitlines() if line.strip()][:_PROBE_ROWS]
    longest = max(len(line) for line in lines)
    sentences = sum(line.endswith((".", "!", "?", ":")) and " " in line for line in lines)
    if len(lines) == 1 or longest > 200 or sentences * 5 > len(lines) or text.lstrip().startswith(_MARKUP):  # noqa: PLR2004 (a fifth; two lines of text)
        raise not_a_table(name)
