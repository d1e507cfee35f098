"""What models are told to do: one Markdown file a task, with a version, which people can replace by their own.

Rule: the text that was sent can be told afterwards: each call is written down with its prompt's name, version and hash.
A file `<task>.md` begins with `<!-- version: N -->`; the folder that PGSWARM_PROMPTS names goes first.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

SHIPPED: Final = Path(__file__).parent
MOST_BYTES: Final = 100_000
_TASK: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_VERSION: Final = re.compile(r"\s*<!--\s*version:\s*(\d{1,9})\s*-->\s*")

Source = Literal["shipped", "own", "code"]
"""From the package, from the operator's folder, or written in the action itself."""


class PromptFileError(ValueError):
    """A prompt's file cannot be used; the message names it and the remedy."""


@dataclass(frozen=True, slots=True)
class PromptText:
    """What a model is told for a task; `version` is 0 where the text names none."""

    task: str
    text: str
    version: int
    source: Source

    @property
    def digest(self) -> str:
        """The first 12 hex digits of the text's SHA-256."""
        return hashlib.sha256(self.text.encode("utf-8", "replace")).hexdigest()[:12]

    @property
    def label(self) -> str:
        """Return the name under which calls are written down, as in `route@2 shipped 1f3a9c0d5b7e`."""
        return f"{self.task}@{self.version} {self.source} {self.digest}"


class Prompts:
    """The prompts of one process. Each file is read once, when its task is first asked for."""

    def __init__(self, own: Path | None = None) -> None:
        """Take the operator's folder; raise `PromptFileError` where it is none."""
        if own is not None and not own.is_dir():
            raise PromptFileError(f"PGSWARM_PROMPTS: there is no folder {own}: make it, or correct the path")
        self._own = own
        self._read: dict[str, PromptText | None] = {}

    def of(self, task: str, in_code: str | None = None) -> PromptText:
        """Return what is told for `task`: the operator's file, else the text `in_code`, else the shipped file.

        Raises `PromptFileError` where there is none, or the file cannot be used.
        """
        if task not in self._read:
            self._read[task] = self._find(task)
        found = self._read[task]
        if found is not None and (found.source == "own" or in_code is None):
            return found
        if in_code is not None:
            return PromptText(task, in_code, 0, "code")
        raise PromptFileError(f"the task {task!r} has no prompt: give Prompt a system text, or add {task}.md")

    def _find(self, task: str) -> PromptText | None:
        if not _TASK.fullmatch(task):
            return None
        if self._own is not None and (self._own / f"{task}.md").is_file():
            return read_prompt(self._own / f"{task}.md", "own")
        shipped = SHIPPED / f"{task}.md"
        return read_prompt(shipped, "shipped") if shipped.is_file() else None


def read_prompt(path: Path, source: Source) -> PromptText:
    """Read one file; raise `PromptFileError` where it is too large, no UTF-8, or holds nothing."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PromptFileError(f"the prompt {path} has more than {MOST_BYTES:,} bytes: make it shorter")
        whole = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptFileError(f"the prompt {path} cannot be read ({error}): it must be a file in UTF-8") from error
    head = _VERSION.match(whole)
    text = (whole[head.end() :] if head else whole).strip()
    if not text or "\0" in text:
        raise PromptFileError(f"the prompt {path} holds no text (or a NUL character): write what the model is to do")
    return PromptText(path.stem, text, int(head[1]) if head else 0, source)


def shipped_prompts() -> list[PromptText]:
    """Return the prompts of the package, by task."""
    return [read_prompt(path, "shipped") for path in sorted(SHIPPED.glob("*.md"))]
