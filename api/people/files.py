"""A file as it is kept: its name, its kind, and its bytes. Pure.

Rule: text is kept as UTF-8, as `run --file` keeps it, and what it was written in is told, for that may be a guess.
Everything else stays byte by byte as it came.
"""

from pathlib import PurePosixPath
from typing import Final

from pgswarm.schema.decode import NotTextError, decode
from pgswarm.schema.errors import InvalidInputError
from pgswarm.schema.text import clean

LONGEST_NAME: Final = 255
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


def as_kept(name: str, content: bytes) -> tuple[str, bytes, str | None]:
    """Return kind, bytes and encoding (None: no text) as they are kept; an empty file is an `InvalidInputError`."""
    if not content:
        raise InvalidInputError(f"file {name} is empty", field="file", hint="leave it out, or fill it")
    if content.startswith(_IMAGES) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        return "image", content, None
    try:
        decoded = decode(content, name)
    except NotTextError:
        return "binary", content, None
    kind = _KINDS.get(PurePosixPath(name).suffix.lower(), "text")
    return kind, decoded.text.encode() or content, decoded.encoding
