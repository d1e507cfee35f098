"""The files of a folder or a repository, as items.

Rule: what `.gitignore` files name is not there; neither are hidden files, links, and what lies in hidden folders. No
link is followed and no program is run: a folder brings what is in it, and nothing else.
"""

import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pgswarm.actions.intake.ignored import Rules, is_ignored, rules_of
from pgswarm.actions.intake.items import MAX_BYTES, MAX_PATH, IntakeError, Item, LeftOut, read_item, too_large

MOST_FILES: Final = 100_000
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def folder_items(
    root: Path, base: str, *, source: str = "", url: str = "", most_files: int = MOST_FILES, within_s: float = 0
) -> Iterator[Item | LeftOut]:
    """Yield a folder's files below `base`; where it is a repository, first that.

    `source` is said of each file in the place of its path here. Raises `IntakeError` where there are too many, or where
    to list them takes longer than `within_s` seconds (0: however long).
    """
    commit = commit_of(root)
    if commit is not None and base:
        told = {
            "source": source or str(root),
            **({"url": url} if url else {}),
            **({"commit": commit} if commit else {}),
        }
        yield Item(base, "repository", None, told)
    for path in list_files(root, most_files, within_s):
        below = path.relative_to(root).as_posix()
        named = "/".join(filter(None, (base, below)))
        content = _read(path)
        if isinstance(content, str):
            yield LeftOut(named, content)
        else:
            yield read_item(named, content, f"{source.rstrip('/')}/{below}" if source else str(path))


def list_files(root: Path, most_files: int = MOST_FILES, within_s: float = 0) -> list[Path]:
    """Return the regular files that are not ignored, in the order of their paths; raise `IntakeError` for too many."""
    found: list[Path] = []
    rules: dict[Path, Rules] = {}
    until = time.monotonic() + within_s if within_s else None

    def taken(path: Path, here: Rules, end: str = "") -> bool:
        if until is not None and time.monotonic() > until:
            raise IntakeError(f"to look through {root.name} takes longer than {within_s:g} s: name a part of it")
        if path.name.startswith(".") or path.is_symlink():
            return False
        if len(str(path)) - len(str(root)) > MAX_PATH:  # a file is left out and named later on
            return not end
        return not is_ignored(here, path, end)

    for here_name, folders, files in os.walk(root):
        here = Path(here_name)
        rules[here] = [*(rules.get(here.parent, ()) if here != root else ()), *rules_of(here)]
        folders[:] = sorted(name for name in folders if taken(here / name, rules[here], "/"))
        found.extend(
            path for path in (here / name for name in sorted(files)) if taken(path, rules[here]) and path.is_file()
        )
        if len(found) > most_files:
            raise IntakeError(f"{root.name} holds more than {most_files:,} files: name a part of it")
    return found


def commit_of(root: Path) -> str | None:
    """Return the commit that a repository stands at, empty where it cannot be told; None where it is no repository."""
    git = root / ".git"
    if not git.is_dir():
        return None
    try:
        head = (git / "HEAD").read_text("utf-8").strip()
        if not head.startswith("ref: "):
            return head if _COMMIT.fullmatch(head) else ""
        ref = head.removeprefix("ref: ")
        if ".." in ref or not ref.startswith("refs/"):
            return ""
        place = git / ref
        if place.is_file():
            found = place.read_text("utf-8").strip()
            return found if _COMMIT.fullmatch(found) else ""
        for line in (git / "packed-refs").read_text("utf-8").splitlines():
            commit, _, name = line.partition(" ")
            if name == ref and _COMMIT.fullmatch(commit):
                return commit
    except (OSError, UnicodeDecodeError):
        pass
    return ""


def _read(path: Path) -> bytes | str:
    """Return a regular file's content, or why there is none.

    A link that took the file's place after it was looked at is not followed, and a pipe is not waited for.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(number, "rb") as file:
            state = os.fstat(number)
            if not stat.S_ISREG(state.st_mode):
                return "it is no file any more"
            content = file.read(MAX_BYTES + 1) if state.st_size <= MAX_BYTES else b""
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    size = max(state.st_size, len(content))
    return too_large(size) if size > MAX_BYTES else content
