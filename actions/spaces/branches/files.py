"""A folder on the processors' disks as a store: searched by words, and written to. An example that works.

Rule: nothing outside `options.root` is read or written: links are not followed. Bounded: `MOST_FILES` files of at most
`MOST_BYTES` each are looked at for one question.
"""

import asyncio
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pgswarm.actions.outside.settings import BranchSettings
from pgswarm.actions.spaces.branches.types import BranchError, Found
from pgswarm.schema.decode import NotTextError, decode

MOST_FILES: Final = 5_000
MOST_BYTES: Final = 1_000_000
_WORD: Final = re.compile(r"\w{2,50}")


class FileStore:
    """Retriever and uploader of the kind `files`."""

    def __init__(self, settings: BranchSettings) -> None:
        """Take the settings; raise `BranchError` where `options.root` is no folder."""
        root = settings.options.get("root")
        if not isinstance(root, str) or not Path(root).is_dir():
            raise BranchError("options.root is no folder here: name one that every processor has")
        self._root = Path(root).resolve()
        self._most = settings.max_bytes

    async def search(self, query: str, limit: int) -> Sequence[Found]:
        """Return the paragraphs with the most of the words, best first."""
        return await asyncio.to_thread(self._search, query, limit)

    async def read(self, path: str) -> bytes:
        """Return a file's content."""
        return await asyncio.to_thread(self._read, path)

    async def upload(self, path: str, content: bytes, description: str) -> str:
        """Write a file, whole or not at all; return its path from the root."""
        del description
        return await asyncio.to_thread(self._write, path, content)

    def _search(self, query: str, limit: int) -> list[Found]:
        words = {word.lower() for word in _WORD.findall(query)}
        found: list[Found] = []
        for path in self._files():
            try:
                text = decode(path.read_bytes(), path.name).text
            except (OSError, NotTextError):
                continue
            found += _paragraphs(path.relative_to(self._root).as_posix(), text, words)
        return sorted(found, key=lambda one: (-one.score, one.path, one.first_line))[:limit]

    def _files(self) -> Iterator[Path]:
        seen = 0
        for here, folders, files in os.walk(self._root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                path = Path(here, name)
                if name.startswith(".") or path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
                    continue
                seen += 1
                if seen > MOST_FILES:
                    return
                yield path

    def _read(self, path: str) -> bytes:
        place = self._place(path)
        if not place.is_file() or place.stat().st_size > self._most:
            raise BranchError(f"{path} is no file of up to {self._most:,} bytes")
        return place.read_bytes()

    def _write(self, path: str, content: bytes) -> str:
        place = self._place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
            file.write(content)
        Path(file.name).replace(place)
        return place.relative_to(self._root).as_posix()

    def _place(self, path: str) -> Path:
        """Return the place of a path below the root; raise `BranchError` where it, or a link on the way, leads out."""
        place = self._root.joinpath(path)
        if not place.resolve().is_relative_to(self._root) or place.is_symlink() or place.resolve() == self._root:
            raise BranchError(f"{path} is not in this store")
        return place


def _paragraphs(path: str, text: str, words: set[str]) -> Iterator[Found]:
    first, lines = 1, text.split("\n")
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            continue
        paragraph = "\n".join(lines[first - 1 : number - 1])
        held = words & {word.lower() for word in _WORD.findall(paragraph)}
        if held:
            yield Found(path, paragraph, "", first, number - 1, len(held) / len(words))
        first = number + 1
