"""The files that a goal comes with: read, checked and brought to UTF-8 before anything is started.

Rule: what no action could read is refused here, with the file's name and what to do; nothing is guessed about bytes.
"""

import codecs
import hashlib
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pgswarm.cli.exits import BadInputError
from pgswarm.cli.output import one_line

MOST_BYTES = 50_000_000
MOST_FILES = 200
LONGEST_NAME = 255
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
KINDS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".md": "markdown", ".json": "json", ".html": "html"}
BINARY = (
    (b"%PDF", "a PDF", "Extract its text (`pdftotext FILE`)"),
    (b"PK\x03\x04", "a zip archive or an office document", "Export it as text or CSV"),
    (b"\xd0\xcf\x11\xe0", "an old office document", "Export it as text or CSV"),
    (b"\x1f\x8b", "a gzip archive", "Unpack it"),
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file as the swarm's memory will hold it: UTF-8 text."""

    name: str
    kind: str
    content: bytes

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
        attachment = _read(path)
        twin = found.setdefault(attachment.name, attachment)
        if twin.content != attachment.content:
            raise BadInputError(
                f"--file: two files are called {attachment.name}", "Rename one: the swarm knows them by name."
            )
    return tuple(found.values())


def _read(path: str) -> Attachment:
    shown = one_line(path.encode(errors="surrogateescape").decode(errors="replace"))
    name = Path(path).name
    if not name.isprintable() or len(name) > LONGEST_NAME:
        raise BadInputError(f"--file {shown}: its name cannot be stored", "Rename it to plain letters and digits.")
    try:
        state = Path(path).stat()
        if stat.S_ISDIR(state.st_mode):
            raise BadInputError(f"--file {shown} is a directory", "Name the files in it, each with --file.")
        if not stat.S_ISREG(state.st_mode):  # a pipe or a device may never end
            raise BadInputError(f"--file {shown} is not a regular file", "Write its content to a file first.")
        if state.st_size > MOST_BYTES:
            raise BadInputError(
                f"--file {shown} has {state.st_size:,} bytes, the limit is {MOST_BYTES:,}", "Cut it into parts."
            )
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise BadInputError(f"--file {shown}: there is no such file", "Correct the path.") from None
    except OSError as error:
        raise BadInputError(
            f"--file {shown} cannot be read: {error.strerror}", "See that it is yours to read."
        ) from error
    return Attachment(name, KINDS.get(Path(name).suffix.lower(), "text"), _text(content, shown))


def _text(content: bytes, shown: str) -> bytes:
    """Return the content as UTF-8 without a mark; raise where it is no text."""
    for magic, kind, remedy in BINARY:
        if content.startswith(magic):
            raise BadInputError(f"--file {shown} is {kind}, not text", f"{remedy} and give that file.")
    if content.startswith(UTF16_MARKS):
        try:
            content = content.decode("utf-16").encode()
        except UnicodeError:
            raise BadInputError(f"--file {shown} is damaged UTF-16", "Save it as UTF-8.") from None
    content = content.removeprefix(codecs.BOM_UTF8)
    if b"\0" in content:
        raise BadInputError(f"--file {shown} is binary, not text", "Give text: UTF-8, such as .txt, .md or .csv.")
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInputError(
            f"--file {shown} is not UTF-8 text (line {line})",
            "If it is text of an older encoding, convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW",
        ) from None
    if not content.strip():
        raise BadInputError(f"--file {shown} is empty", "Leave it out, or fill it.")
    return content
