"""One thing that is to be kept, or that was left out; and what a content is, by its name. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from pgswarm.actions.intake.secret import why_secret
from pgswarm.schema.decode import NotTextError, decode

MAX_BYTES: Final = 50_000_000
MAX_SEARCHED: Final = 20_000_000
"""Bytes of a text: as `index_entry` has it."""
MAX_NAME: Final = 255
MAX_PATH: Final = 500
"""Characters: what is matched with patterns of others is bounded, too."""
_KINDS: Final = {
    **dict.fromkeys((".md", ".markdown", ".mdx"), "markdown"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    ".csv": "csv",
    **dict.fromkeys((".tsv", ".tab"), "tsv"),
    **dict.fromkeys((".json", ".geojson"), "json"),
    ".pdf": "pdf",
    **dict.fromkeys((".py", ".pyi"), "python"),
}
_CODE: Final = [
    "js",
    "jsx",
    "ts",
    "tsx",
    "mjs",
    "cjs",
    "go",
    "rs",
    "java",
    "kt",
    "kts",
    "c",
    "h",
    "cc",
    "cpp",
    "cxx",
    "hpp",
    "cs",
    "rb",
    "php",
    "pl",
    "pm",
    "sh",
    "bash",
    "zsh",
    "sql",
    "lua",
    "r",
    "swift",
    "scala",
    "css",
    "scss",
    "vue",
    "ex",
    "exs",
    "erl",
    "hs",
    "ml",
    "clj",
    "dart",
    "groovy",
    "zig",
    "nim",
]
_LANGUAGES: Final = {f".{suffix}": suffix for suffix in _CODE}
EMPTY: Final = "is empty"
_NO_NAMES: Final = frozenset({"", ".", ".."})


@dataclass(frozen=True, slots=True)
class Item:
    """One entry to be: its path below the folder that it goes into, what it is, and where it came from.

    `content` None: a folder of its kind. `derived_from` is the path of the item that it was made of. `note` is said.
    """

    path: str
    kind: str
    content: bytes | None
    fields: Mapping[str, Any] = field(default_factory=dict)
    derived_from: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is not kept, and why."""

    path: str
    reason: str


class IntakeError(Exception):
    """A source cannot be taken in at all; the message says why, and what to do."""


class NotNowError(IntakeError):
    """A source does not answer at the moment: trying again may help. `after_s`: for how long it asks to be left."""

    def __init__(self, message: str, after_s: float | None = None) -> None:
        """Take the sentence, and the seconds."""
        super().__init__(message)
        self.after_s = after_s


def too_large(size: int) -> str:
    """Return why a file of so many bytes is left out."""
    return f"it has {size:,} bytes, the limit is {MAX_BYTES:,}"


def kind_of_file(name: str) -> str:
    """Return the kind of a file by its name: `text` where that says nothing."""
    suffix = PurePosixPath(name).suffix.lower()
    return "code" if suffix in _LANGUAGES else _KINDS.get(suffix, "text")


def read_item(path: str, content: bytes, source: str) -> Item | LeftOut:
    """Return a file's content as text in UTF-8, a PDF as it is; `LeftOut` where it is neither, empty, or a secret."""
    name = path.rpartition("/")[2]
    kind = kind_of_file(name)
    unfit = _unfit(path, len(content))
    if unfit:
        return LeftOut(path, unfit)
    fields: dict[str, Any] = {"source": source}
    if kind == "pdf" and content.startswith(b"%PDF-"):
        return Item(path, "pdf", content, fields)
    return _text_item(path, "text" if kind == "pdf" else kind, content, fields)


def _text_item(path: str, kind: str, content: bytes, fields: dict[str, Any]) -> Item | LeftOut:
    name = path.rpartition("/")[2]
    try:
        decoded = decode(content, name)
    except NotTextError as error:
        return LeftOut(path, str(error))
    reason = why_secret(path, decoded.text) if decoded.text.strip() else EMPTY
    if reason:
        return LeftOut(path, reason)
    if kind in {"python", "code"}:
        fields["language"] = "python" if kind == "python" else _LANGUAGES[PurePosixPath(name).suffix.lower()]
    kept = decoded.text.encode()
    note = f"{path} is not UTF-8: it is read as Windows-1252." if decoded.guessed else ""
    if len(kept) > MAX_SEARCHED:
        note = f"{path} is kept, but not searched: it has more than {MAX_SEARCHED:,} bytes. {note}".rstrip()
    return Item(path, kind, kept, fields, note=note)


def _unfit(path: str, size: int) -> str:
    if len(path) > MAX_PATH:
        return f"its path has {len(path):,} characters, the limit is {MAX_PATH:,}"
    if any(not part.isprintable() or len(part) > MAX_NAME or part.strip() in _NO_NAMES for part in path.split("/")):
        return "its name cannot be stored"
    return too_large(size) if size > MAX_BYTES else ""
