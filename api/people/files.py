"""A file as it is kept: its name, its kind, and text brought to UTF-8 as `run --file` does. Pure.

Rule: nothing is guessed about bytes: what is not text by its bytes is kept as it came, and its kind says so.
"""

import codecs
from pathlib import PurePosixPath
from typing import Final

from pgswarm.schema.errors import InvalidInputError
from pgswarm.schema.text import clean

LONGEST_NAME: Final = 255
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_KINDS: Final = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".md": "markdown",
    ".json": "json",
    ".html": "html",
    ".py": "python",
}
_IMAGES: Final = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")


def plain_name(name: str | None) -> str:
    """Return a file's name without folders; raise `InvalidInputError` where nothing is left, or it cannot be stored."""
    plain = PurePosixPath(clean("file", name or "").replace("\\", "/")).name
    if not plain.strip() or not plain.isprintable() or len(plain) > LONGEST_NAME or plain == "..":
        raise InvalidInputError(
            "file has no name that can be kept", field="file", hint="name it in plain letters and digits"
        )
    return plain


def as_kept(name: str, content: bytes) -> tuple[str, bytes]:
    """Return the kind and the bytes that are kept; raise `InvalidInputError` where the file is empty."""
    if content.startswith(_UTF16):
        try:
            content = content.decode("utf-16").encode()
        except UnicodeError:
            return "binary", content
    content = content.removeprefix(codecs.BOM_UTF8)
    if not content:
        raise InvalidInputError(f"file {name} is empty", field="file", hint="leave it out, or fill it")
    if content.startswith(_IMAGES) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        return "image", content
    try:
        text = b"\0" not in content and bool(content.decode())
    except UnicodeDecodeError:
        text = False
    suffix = PurePosixPath(name).suffix.lower()
    return (_KINDS.get(suffix, "text") if text else "binary"), content
