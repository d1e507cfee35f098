"""The process that reads a PDF: from standard input to Markdown on standard output, within limits of the system.

Ends with 0, or with 1 and a line on standard error that says why. Opens no file and no connection.
"""

import io
import resource
import sys
from typing import Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError

CPU_S: Final = 110
MEMORY_BYTES: Final = 2 * 1024**3
MAX_PAGES: Final = 5_000
MAX_TEXT: Final = 20_000_000
"""Bytes."""


def main() -> int:
    """Read, write, and return the exit code."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    content = sys.stdin.buffer.read()
    try:
        _write(PdfReader(io.BytesIO(content)))
    except MemoryError:
        return _fail("it takes too much memory")
    except RecursionError:
        return _fail("it is nested too deep")
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        OSError,
        NotImplementedError,
    ) as error:
        return _fail(f"{type(error).__name__}: {error}")  # what the library raises for files that are no PDFs inside
    return 0


def _write(reader: PdfReader) -> None:
    if reader.is_encrypted and not reader.decrypt(""):
        raise ValueError("it is locked by a password: save it without one")
    written = 0
    for number, page in enumerate(reader.pages, start=1):
        text = "" if number > MAX_PAGES else _plain(page.extract_text())
        written += len(text.encode())
        if number > MAX_PAGES or written > MAX_TEXT:
            sys.stdout.write(f"\n\n(The rest, from page {number} on, was left out.)\n")
            break
        if text:
            sys.stdout.write(f"## Page {number}\n\n{text}\n\n")


def _plain(text: str) -> str:
    """Return text without what a database or a terminal would stumble over; a `#` in front of a line is no heading."""
    lines = ("".join(c for c in line if c.isprintable() or c == "\t").rstrip() for line in text.splitlines())
    return "\n".join(f"\\{line}" if line.startswith("#") else line for line in lines).strip()


def _fail(reason: str) -> int:
    sys.stderr.write(f"{reason}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
