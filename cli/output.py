"""How commands print: tables and JSON that read well in a terminal and in a pipe.

Rule: colour and shortening are for a terminal only; what is piped is plain and whole, one record a line. `NO_COLOR` is
honoured (no-color.org).
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import typer

STYLES = {
    "succeeded": "32",
    "failed": "31",
    "cancelled": "33",
    "paused": "33",
    "running": "36",
    "waiting_user": "35",
    "head": "1",
    "dim": "2",
}
# C0 and C1 controls: text of a model must not steer the terminal of whoever reads it
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def styled(text: str, style: str) -> str:
    """Return the text in the colour of a status or role, if standard output is a terminal that wants it."""
    code = STYLES.get(style)
    if code is None or not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    return f"\x1b[{code}m{text}\x1b[0m"


def safe(text: str) -> str:
    """Return the text without control characters other than newline and tab."""
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str, width: int | None = None) -> str:
    """Return the text as one safe line, shortened to `width` characters where one is given."""
    line = " ".join(safe(text).split())
    return line if width is None or len(line) <= width else line[: max(width - 1, 0)] + "…"


def terminal_width() -> int | None:
    """Return the columns of the terminal; None where standard output is not one."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def print_json(value: Any) -> None:
    """Print one JSON document on one line: ids, times and numbers as JSON can hold them."""
    typer.echo(json.dumps(value, default=_plain, ensure_ascii=False))


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]], styles: Sequence[str] = ()) -> None:
    """Print aligned columns; the last one is shortened to the terminal's width. `styles` holds one for each row."""
    lines = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(head), *lines]) for i in range(len(head))]
    width = terminal_width()
    for index, line in enumerate([list(head), *lines]):
        text = "  ".join([*(cell.ljust(size) for cell, size in zip(line[:-1], widths[:-1], strict=True)), line[-1]])
        style = "head" if index == 0 else styles[index - 1] if index <= len(styles) else ""
        typer.echo(styled(one_line_keeping(text, width), style))


def one_line_keeping(text: str, width: int | None) -> str:
    """Return the text cut to `width` with its spaces kept."""
    return text.rstrip() if width is None or len(text) <= width else text[: max(width - 1, 0)] + "…"


def short_time(at: datetime | None) -> str:
    """Return a moment in the reader's time zone, to the second; `-` for none."""
    return "-" if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def money(amount: Any) -> str:
    """Return US dollars as people write them."""
    return f"${float(amount):.4f}".rstrip("0").rstrip(".") if amount else "$0"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if hasattr(value, "is_finite"):  # Decimal
        return float(value)
    return str(value)
