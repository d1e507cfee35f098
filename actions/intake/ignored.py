"""What the `.gitignore` files of a folder say of a path.

Rule: a line means what it means to git (gitignore(5)), and a file of others costs no more than its length: a path is
compared part by part, and each part by `fnmatch`, neither of which goes back further than to the last wildcard.
"""

import re
from collections.abc import Sequence
from fnmatch import translate
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 100_000
_ESCAPED: Final = re.compile(r"\\(.)")
_ANY: Final = "**"


class Line:
    """One line; says of a path itself, not of what lies below it, whether it fits."""

    __slots__ = ("_folders_only", "_parts", "ignores")

    def __init__(self, line: str) -> None:
        """Take the line as it stands in the file."""
        text = line if line.endswith("\\ ") else line.rstrip()
        self.ignores = not text.startswith("!")
        text = text.removeprefix("!")
        self._folders_only = text.endswith("/")
        parts = [part for part in text.split("/") if part]
        if "/" not in text.rstrip("/"):
            parts.insert(0, _ANY)
        self._parts = [
            None if part == _ANY else re.compile(translate(_ESCAPED.sub(_plain, part.replace("[^", "[!")))).match
            for part in parts
        ]

    def fits(self, names: Sequence[str], *, is_folder: bool) -> bool:
        """Say whether a path from the line's folder fits, given by its parts."""
        if self._folders_only and not is_folder:
            return False
        if len(self._parts) == 2 and self._parts[0] is None:  # noqa: PLR2004 - a name, anywhere: most lines are
            return self._parts[1] is None or self._parts[1](names[-1]) is not None
        return self._fits(names)

    def _fits(self, names: Sequence[str]) -> bool:
        """Compare part by part; only the last `**` need be moved on where what follows it does not fit."""
        at = number = 0
        again: tuple[int, int] | None = None
        while at < len(names):
            part = self._parts[number] if number < len(self._parts) else _nothing
            if part is None:
                if number + 1 == len(self._parts):
                    return True
                again = (number + 1, at)
                number += 1
            elif part(names[at]):
                at, number = at + 1, number + 1
            elif again is not None:
                again = (again[0], again[1] + 1)
                number, at = again
            else:
                return False
        return number == len(self._parts)


Rules = Sequence[tuple[Path, Line]]
"""Lines with the folders of their files, in their order: those of folders above first."""


def rules_of(folder: Path) -> Rules:
    """Return the rules of a folder's own `.gitignore`, and at a repository's root those of `.git/info/exclude`."""
    found: list[tuple[Path, Line]] = []
    for place in (folder / ".git" / "info" / "exclude", folder / ".gitignore"):
        try:
            if place.is_symlink() or not place.is_file() or place.stat().st_size > MAX_BYTES:
                continue
            lines = place.read_text("utf-8", "replace").splitlines()
        except OSError:
            continue
        found.extend((folder, Line(line)) for line in lines if line.strip(" /!") and not line.startswith("#"))
    return found


def is_ignored(rules: Rules, path: Path, end: str = "") -> bool:
    """Say whether the last rule that fits says so: those nearer to the file go before those above."""
    names: Sequence[str] = ()
    of: Path | None = None
    for folder, line in reversed(rules):
        if folder is not of:
            of, names = folder, path.relative_to(folder).parts
        if line.fits(names, is_folder=end == "/"):
            return line.ignores
    return False


def _nothing(_: str) -> None:
    """Fit nothing."""


def _plain(escaped: re.Match[str]) -> str:
    return f"[{escaped[1]}]" if escaped[1] in "*?[" else escaped[1]
