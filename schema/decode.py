"""Bytes to text, for every file that a person gives: one way for the command line, the memory, and every action.

Rule: UTF-8 where it fits (with or without a mark), UTF-16 and UTF-32 by their mark, else Windows-1252, and the caller
is told which; what is no text in any of them is refused, with what it seems to be. Nothing is replaced or left out.
Light to import: the command line reads files before anything else.
"""

import codecs
from dataclasses import dataclass
from typing import Final

_MARKED: Final = (  # UTF-32's mark begins with UTF-16's: it comes first
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EXPORT: Final = "export it as text or CSV and give that file"
_KINDS: Final = (
    (b"%PDF", "a PDF", "extract its text (`pdftotext FILE`) and give that file"),
    (b"PK\x03\x04", "a zip archive or an office document (Word, Excel, OpenDocument)", _EXPORT),
    (b"\xd0\xcf\x11\xe0", "an old office document (Word, Excel)", _EXPORT),
    (b"\x1f\x8b", "a gzip archive", "unpack it and give what is in it"),
    (b"PAR1", "a Parquet file", _EXPORT),
    (b"SQLite format 3", "an SQLite database", _EXPORT),
    (b"\x89PNG", "a PNG image", "give its text"),
    (b"\xff\xd8\xff", "a JPEG image", "give its text"),
)
_TEXT_CONTROLS: Final = frozenset("\t\n\r\f\v\x1a\x1b")
_MAX_CONTROL_SHARE: Final = 0.02
_PROBE_CHARS: Final = 65_536


class NotTextError(ValueError):
    """These bytes are no text: `message` says what they are instead, with the file's name; `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        """Take a sentence and the remedy."""
        super().__init__(f"{message}: {hint}")
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text without a mark, and the encoding that it was read with, as Python calls it."""

    text: str
    encoding: str

    @property
    def guessed(self) -> bool:
        """Whether the bytes fitted no Unicode encoding, so that some characters may be others than were meant."""
        return self.encoding == "cp1252"


def decode(content: bytes, name: str) -> Decoded:
    """Return the text of a file; raise `NotTextError`, which calls the file `name`, where it holds none."""
    for magic, kind, remedy in _KINDS:
        if content.startswith(magic):
            raise NotTextError(f"{name} is {kind}, not text", remedy)
    decoded = _decode(content, name)
    refuse_binary(decoded.text, name)
    return decoded


def refuse_binary(text: str, name: str) -> None:
    """Raise `NotTextError` where `text` holds what no text file holds: NUL, or more than a few control characters."""
    probe = text[:_PROBE_CHARS]
    controls = sum(1 for ch in probe if ch < " " and ch not in _TEXT_CONTROLS)
    if "\0" in text or controls > len(probe) * _MAX_CONTROL_SHARE:
        raise NotTextError(f"{name} is binary, not text", "give text: UTF-8, such as .txt, .md or .csv")


def _decode(content: bytes, name: str) -> Decoded:
    for mark, encoding in _MARKED:
        if content.startswith(mark):
            try:
                return Decoded(content.decode(encoding), encoding)
            except UnicodeDecodeError:
                raise NotTextError(f"{name} is damaged {encoding.upper()}", "save it as UTF-8") from None
    try:
        return Decoded(content.removeprefix(codecs.BOM_UTF8).decode(), "utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    if b"\0" in content:
        raise NotTextError(f"{name} is binary, not text", "give text: UTF-8, such as .txt, .md or .csv")
    try:
        return Decoded(content.decode("cp1252"), "cp1252")
    except UnicodeDecodeError:
        raise NotTextError(
            f"{name} is text of an unknown encoding (neither UTF-8 nor Windows-1252; first seen in line {line})",
            "convert it, as in `iconv -f SHIFT_JIS -t UTF-8 FILE > NEW`, and give that file",
        ) from None
