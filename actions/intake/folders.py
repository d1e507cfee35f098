"""The files of a folder or a repository, as items.

Rule: what `.gitignore` files name is not there; neither are hidden files, links, and what lies in hidden folders. No
link is followed and no program is run: a folder brings what is in it, and nothing else.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pathspec import GitIgnoreSpec

from pgswarm.actions.intake.items import MAX_BYTES, IntakeError, Item, LeftOut, read_item

MOST_FILES: Final = 100_000
MAX_IGNORE_BYTES: Final = 1_000_000
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def folder_items(
    root: Path, base: str, *, source: str = "", url: str = "", most_files: int = MOST_FILES
) -> Iterator[Item | LeftOut]:
    """Yield a folder's files below `base`; where it is a repository, first that.

    `source` is said of each file in the place of its path here. Raises `IntakeError` where there are too many.
    """
    commit = commit_of(root)
    if commit is not None and base:
        told = {
            "source": source or str(root),
            **({"url": url} if url else {}),
            **({"commit": commit} if commit else {}),
        }
        yield Item(base, "repository", None, told)
    for path in list_files(root, most_files):
        below = path.relative_to(root).as_posix()
        named = "/".join(filter(None, (base, below)))
        try:
            size = path.stat().st_size
            if size > MAX_BYTES:
                yield LeftOut(named, f"it has {size:,} bytes, the limit is {MAX_BYTES:,}")
                continue
            content = path.read_bytes()
        except OSError as error:
            yield LeftOut(named, f"it cannot be read: {error.strerror}")
            continue
        yield read_item(named, content, f"{source.rstrip('/')}/{below}" if source else str(path))


def list_files(root: Path, most_files: int = MOST_FILES) -> list[Path]:
    """Return the regular files that are not ignored, in the order of their paths; raise `IntakeError` for too many."""
    found: list[Path] = []
    specs: dict[Path, Sequence[tuple[Path, GitIgnoreSpec]]] = {}
    for here_name, folders, files in os.walk(root):
        here = Path(here_name)
        rules = [*specs.get(here.parent, ()), *_rules(here)] if here != root else _rules(here)
        specs[here] = rules
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and not (here / name).is_symlink() and not _ignored(rules, here / name, "/")
        )
        for name in sorted(files):
            path = here / name
            if name.startswith(".") or path.is_symlink() or not path.is_file() or _ignored(rules, path):
                continue
            found.append(path)
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


def _rules(folder: Path) -> list[tuple[Path, GitIgnoreSpec]]:
    """Return the rules of a folder's own `.gitignore`, and at a repository's root those of `.git/info/exclude`."""
    found = []
    for place in (folder / ".git" / "info" / "exclude", folder / ".gitignore"):
        try:
            if place.is_symlink() or not place.is_file() or place.stat().st_size > MAX_IGNORE_BYTES:
                continue
            lines = place.read_text("utf-8", "replace").splitlines()
            found.append((folder, GitIgnoreSpec.from_lines(lines)))
        except (OSError, ValueError):  # no pattern: git passes over such lines too
            continue
    return found


def _ignored(rules: Sequence[tuple[Path, GitIgnoreSpec]], path: Path, end: str = "") -> bool:
    """Say whether the last rule that fits says so: those nearer to the file go before those above."""
    for folder, spec in reversed(rules):
        said = spec.check_file(path.relative_to(folder).as_posix() + end).include
        if said is not None:
            return said
    return False
