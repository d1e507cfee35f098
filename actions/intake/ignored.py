"""What the `.gitignore` files of a folder say of a path.

Rule: a file of others costs no more than its length: pathspec's patterns are expressions that go back over what they
have read, once for each wildcard, so that lines with many are matched part by part, in a time that grows with the
product of the lengths.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path
from typing import Final, Protocol

from pathspec import GitIgnoreSpec

MAX_BYTES: Final = 100_000
FEW_WILDCARDS: Final = 2
_STARS: Final = re.compile(r"\*+")
_ESCAPED: Final = re.compile(r"\\(.)")


class _Said(Protocol):
    @property
    def include(self) -> bool | None: ...


class _Lines(Protocol):
    def check_file(self, file: str) -> _Said: ...


Rules = Sequence[tuple[Path, _Lines]]
"""Folders, and lines of them in their order: those of folders above first."""


@dataclass(frozen=True, slots=True)
class _Answer:
    include: bool | None


class ManyWildcards:
    """One line with many wildcards; says of a path itself, not of what lies below it, whether it fits."""

    def __init__(self, line: str) -> None:
        """Take the line as it stands in the file."""
        text = line.rstrip()
        self._ignores = not text.startswith("!")
        text = text.removeprefix("!")
        self._folders_only = text.endswith("/")
        parts = [part for part in text.split("/") if part]
        if "/" not in text.rstrip("/"):
            parts.insert(0, "**")
        self._parts = [_ESCAPED.sub(_plain, part.replace("[^", "[!")) for part in parts]

    def check_file(self, file: str) -> _Answer:
        """Answer for a path, a folder's with a slash at its end."""
        if self._folders_only and not file.endswith("/"):
            return _Answer(None)
        return _Answer(self._ignores if self._fits(file.rstrip("/").split("/")) else None)

    def _fits(self, names: Sequence[str]) -> bool:
        """Compare part by part; after a `**` the first place that fits is right, for only the next `**` may move it."""
        at = part = 0
        again: tuple[int, int] | None = None
        while at < len(names):
            if part < len(self._parts) and self._parts[part] == "**":
                if part + 1 == len(self._parts):
                    return True
                again = (part + 1, at)
                part += 1
            elif part < len(self._parts) and fnmatchcase(names[at], self._parts[part]):
                at, part = at + 1, part + 1
            elif again is not None:
                again = (again[0], again[1] + 1)
                part, at = again
            else:
                return False
        return part == len(self._parts)


def _plain(escaped: re.Match[str]) -> str:
    return f"[{escaped[1]}]" if escaped[1] in "*?[" else escaped[1]


def rules_of(folder: Path) -> Rules:
    """Return the rules of a folder's own `.gitignore`, and at a repository's root those of `.git/info/exclude`."""
    found: list[tuple[Path, _Lines]] = []
    for place in (folder / ".git" / "info" / "exclude", folder / ".gitignore"):
        try:
            if place.is_symlink() or not place.is_file() or place.stat().st_size > MAX_BYTES:
                continue
            lines = place.read_text("utf-8", "replace").splitlines()
        except OSError:
            continue
        for many, some in groupby(lines, lambda line: len(_STARS.findall(line)) > FEW_WILDCARDS):
            if many:
                found.extend((folder, ManyWildcards(line)) for line in some if not line.startswith("#"))
            else:
                found.append((folder, _spec(some)))
    return found


def is_ignored(rules: Rules, path: Path, end: str = "") -> bool:
    """Say whether the last rule that fits says so: those nearer to the file go before those above."""
    for folder, lines in reversed(rules):
        said = lines.check_file(path.relative_to(folder).as_posix() + end).include
        if said is not None:
            return said
    return False


def _spec(lines: Iterable[str]) -> GitIgnoreSpec:
    """Return the lines as pathspec reads them; one that is no pattern is passed over, as git does."""
    usable: list[str] = []
    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            continue
        usable.append(line)
    return GitIgnoreSpec.from_lines(usable)
