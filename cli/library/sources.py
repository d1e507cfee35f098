"""Which files a person means, and under which path each is kept.

Rule: a file that was named must be text; in a folder what is hidden is left out, what is no text is left out and named.
No link is followed: a folder brings what is in it, and nothing else.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pgswarm.cli.exits import BadInputError
from pgswarm.cli.output import one_line
from pgswarm.cli.run.files import Attachment, read_file

MOST_FILES = 100_000


@dataclass(frozen=True, slots=True)
class Source:
    """A file on this machine, and the folder of the memory that it belongs in."""

    path: Path
    folder: str
    named: bool


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that cannot be kept, and why."""

    path: Path
    reason: str


def find_sources(paths: Sequence[str], folder: str) -> list[Source]:
    """Return the files, those of a folder under the folder's own name; raise where there are none or too many."""
    found: list[Source] = []
    for path in map(Path, paths):
        if path.is_dir():
            base = "/".join(filter(None, (folder, path.resolve().name)))
            found += [Source(file, _below(base, path, file), named=False) for file in _walk(path)]
        else:
            found.append(Source(path, folder, named=True))
        if len(found) > MOST_FILES:
            raise BadInputError(f"{one_line(str(path))} holds more than {MOST_FILES:,} files", "Name a part of it.")
    if not found:
        raise BadInputError(f"there is no file in {one_line(', '.join(paths))}", "Hidden files are left out.")
    return found


def read_source(source: Source) -> Attachment | LeftOut:
    """Return the file as text; raise `BadInputError` where one that was named is none."""
    try:
        return read_file(str(source.path), "")
    except BadInputError as error:
        if source.named:
            raise
        return LeftOut(source.path, error.message)


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the regular files below a folder in the order of their names."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(here, name)
            if not name.startswith(".") and not path.is_symlink() and path.is_file():
                yield path


def _below(base: str, folder: Path, file: Path) -> str:
    parts = file.parent.relative_to(folder).parts
    return "/".join((base, *parts))
