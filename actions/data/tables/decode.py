"""Bytes to text. Rule: UTF-8 where it fits (with or without a mark), UTF-16 by its mark, else Windows-1252, said so."""

from pgswarm.actions.data.tables.limits import MAX_BYTES, TableError

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_MAGIC = {
    b"PK\x03\x04": "a zip archive or an Excel or OpenDocument workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
}
_TEXT_CONTROLS = frozenset("\t\n\r\f\v\x1a\x1b")
_MAX_CONTROL_SHARE = 0.02
_PROBE = 65_536


def decode(content: bytes, name: str) -> tuple[str, str]:
    """Return the text of `content` and the encoding that it was read with.

    Raises `TableError`: `too_large`, `binary_file`.
    """
    if len(content) > MAX_BYTES:
        raise TableError(
            "too_large",
            f"{name} has {len(content):,} bytes; tables are read up to {MAX_BYTES:,}. "
            "Split it, or give only the columns that the question needs.",
        )
    for magic, kind in _MAGIC.items():
        if content.startswith(magic):
            raise TableError("binary_file", f"{name} is {kind}, not text. Export the table as CSV and give that file.")
    text, encoding = _decode(content)
    refuse_binary(text, name)
    return text, encoding


def refuse_binary(text: str, name: str) -> None:
    """Raise `TableError` (`binary_file`) where `text` holds what no text file holds."""
    probe = text[:_PROBE]
    controls = sum(1 for ch in probe if ch < " " and ch not in _TEXT_CONTROLS)
    if "\0" in text or controls > len(probe) * _MAX_CONTROL_SHARE:
        raise TableError(
            "binary_file", f"{name} is a binary file, not text. Export the table as CSV (UTF-8) and give that file."
        )


def _decode(content: bytes) -> tuple[str, str]:
    if content.startswith(_UTF16_MARKS):
        try:
            return content.decode("utf-16"), "utf-16"
        except UnicodeDecodeError:
            return content.decode("latin-1"), "latin-1"
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        plain = encoding == "utf-8-sig" and not content.startswith(b"\xef\xbb\xbf")
        return text, "utf-8" if plain else encoding
    return content.decode("latin-1"), "latin-1"
