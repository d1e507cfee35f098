"""The files that a goal comes with: read, checked and brought to UTF-8 before anything is started.

Rule: what no action could read is refused here, with the file's name and what to do; a guess about its bytes is said.
Of a PDF its text is what comes with the goal.
"""

import asyncio
import hashlib
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pgswarm.cli.exits import BadInputError
from pgswarm.cli.output import one_line
from pgswarm.schema.decode import NotTextError, decode

MOST_BYTES = 50_000_000
MOST_FILES = 200
LONGEST_NAME = 255
KINDS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".md": "markdown", ".json": "json", ".html": "html"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file as the swarm's memory will hold it: UTF-8 text. `note` is said to the person before the run."""

    name: str
    kind: str
    content: bytes
    note: str = ""

    @property
    def digest(self) -> str:
        """The hash that tells whether the content is the same."""
        return hashlib.sha256(self.content).hexdigest()


def read_files(paths: Sequence[str]) -> tuple[Attachment, ...]:
    """Return the files, each once; raise `BadInputError` that names the first one that cannot be used."""
    if len(paths) > MOST_FILES:
        raise BadInputError(f"--file: {len(paths)} files are too many", f"Give at most {MOST_FILES}, or join some.")
    found: dict[str, Attachment] = {}
    for path in dict.fromkeys(paths):
        attachment = _pdf(path) if path.lower().endswith(".pdf") else read_file(path)
        twin = found.setdefault(attachment.name, attachment)
        if twin.content != attachment.content:
            raise BadInputError(
                f"--file: two files are called {attachment.name}", "Rename one: the swarm knows them by name."
            )
    return tuple(found.values())


def _pdf(path: str) -> Attachment:
    from pgswarm.actions.intake.items import IntakeError
    from pgswarm.actions.intake.pdf import SUFFIX, pdf_text

    content, shown = _content(path, "--file ")
    try:
        text = asyncio.run(pdf_text(content, shown))
    except IntakeError as error:
        raise BadInputError(f"--file {error}", "Give its text as a file.") from None
    name = Path(path).name + SUFFIX
    return attachment_of(name, text.encode(), f"{shown}: the text of it is given, as {name}.")


def read_file(path: str, before: str = "--file ") -> Attachment:
    """Return one file; raise `BadInputError`, whose message calls it `before` and its path, where it is no text."""
    content, shown = _content(path, before)
    text, note = _text(content, shown, before)
    return attachment_of(Path(path).name, text, note)


def _content(path: str, before: str) -> tuple[bytes, str]:
    """Return a file's bytes, and its path as it is shown."""
    shown = one_line(path.encode(errors="surrogateescape").decode(errors="replace"))
    name = Path(path).name
    if not name.isprintable() or len(name) > LONGEST_NAME:
        raise BadInputError(f"{before}{shown}: its name cannot be stored", "Rename it to plain letters and digits.")
    try:
        state = Path(path).stat()
        if stat.S_ISDIR(state.st_mode):
            raise BadInputError(f"{before}{shown} is a directory", "Name the files in it.")
        if not stat.S_ISREG(state.st_mode):  # a pipe or a device may never end
            raise BadInputError(f"{before}{shown} is not a regular file", "Write its content to a file first.")
        if state.st_size > MOST_BYTES:
            raise BadInputError(
                f"{before}{shown} has {state.st_size:,} bytes, the limit is {MOST_BYTES:,}", "Cut it into parts."
            )
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise BadInputError(f"{before}{shown}: there is no such file", "Correct the path.") from None
    except OSError as error:
        raise BadInputError(
            f"{before}{shown} cannot be read: {error.strerror}", "See that it is yours to read."
        ) from error
    return content, shown


def attachment_of(name: str, content: bytes, note: str = "") -> Attachment:
    """Return text in UTF-8 as an attachment, its kind by its name."""
    return Attachment(name, KINDS.get(Path(name).suffix.lower(), "text"), content, note)


def _text(content: bytes, shown: str, before: str) -> tuple[bytes, str]:
    """Return the content as UTF-8 without a mark, and what is to be said of it; raise where it is no text."""
    try:
        decoded = decode(content, f"{before}{shown}")
    except NotTextError as error:
        raise BadInputError(error.message, f"{error.hint[0].upper()}{error.hint[1:]}.") from None
    if not decoded.text.strip():
        raise BadInputError(f"{before}{shown} is empty", "Leave it out, or fill it.")
    note = f"{shown} is not UTF-8: it is read as Windows-1252." if decoded.guessed else ""
    return decoded.text.encode(), note
