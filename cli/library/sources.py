"""What a person means by a path or an address, as items for the memory.

Rule: a file that was named must be text, a PDF or a zip archive of such; in a folder what is neither is left out and
named. No link is followed: a folder brings what is in it, and nothing else.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, TypeVar

import typer

from pgswarm.actions.intake import archive
from pgswarm.actions.intake.folders import folder_items, list_files
from pgswarm.actions.intake.items import (
    MAX_BYTES,
    IntakeError,
    Item,
    LeftOut,
    NotNowError,
    kind_of_file,
    read_item,
)
from pgswarm.actions.intake.patience import pause_s
from pgswarm.cli.exits import BadInputError
from pgswarm.cli.output import one_line
from pgswarm.cli.run.files import read_file

MOST_TRIES: Final = 3
LONGEST_WAIT_S: Final = 60.0
"""While somebody looks on."""
ItemT = TypeVar("ItemT")


@dataclass(slots=True)
class Walk:
    """What is known on the way.

    How many items there are (0: it cannot be told), the folders that they go into, and what could not be taken in.
    """

    total: int = 0
    bases: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


def text_item(name: str, text: str, into: str) -> Item:
    """Return a text that was given in the place of a file; raise `BadInputError` where its name is a path."""
    if "/" in name:
        raise BadInputError("--name: a name holds no /", "Say the folder with --into.")
    return Item(_joined(into, name), kind_of_file(name), text.encode())


def find_items(sources: Sequence[str], into: str, walk: Walk) -> Iterator[Item | LeftOut]:
    """Yield everything that the sources bring, a folder's files under its own name.

    Raises `BadInputError` at once for a path that is not there, or brings nothing. An address or an archive that cannot
    be taken in stands in `walk.troubles`, and the others go on.
    """
    from pgswarm.actions.intake.sources import is_address

    counted = [0 if is_address(source) or _is_archive(source) else _count(source) for source in sources]
    walk.total = sum(counted) if all(counted) else 0
    for source in sources:
        if is_address(source):
            yield from _told(_from_address(source, into, walk), walk)
        elif Path(source).is_dir():
            root = Path(source).resolve()
            walk.bases.append(_joined(into, root.name))
            yield from folder_items(root, walk.bases[-1])
        elif _is_archive(source):
            with Path(source).open("rb") as file:
                yield from _told(_from_archive(file, Path(source).resolve(), into, walk), walk)
        else:
            yield _named_file(source, into)


def _count(path: str) -> int:
    """Return how many files a path brings; raise `BadInputError` where that is none, or too many."""
    if not Path(path).is_dir():
        _named_file(path, "")
        return 1
    try:
        found = len(list_files(Path(path)))
    except IntakeError as error:
        raise BadInputError(str(error), "Hidden files and ignored ones do not count.") from None
    if not found:
        raise BadInputError(f"there is no file in {one_line(path)}", "Hidden files and ignored ones are left out.")
    return found


def _named_file(path: str, into: str) -> Item:
    """Return a file that was named; raise `BadInputError` where it cannot be kept."""
    file = Path(path)
    name = file.name
    if kind_of_file(name) == "pdf" and file.is_file() and file.stat().st_size <= MAX_BYTES:
        found = read_item(_joined(into, name), file.read_bytes(), str(file.resolve()))
        if isinstance(found, Item):
            return found
    attachment = read_file(path, "")
    found = read_item(_joined(into, name), attachment.content, str(file.resolve()))
    if isinstance(found, LeftOut):
        raise BadInputError(
            f"{one_line(path)}: {found.reason}", "Memory is shown to models and people: take it out first."
        )
    return Item(found.path, found.kind, found.content, found.fields, note=attachment.note)


async def _from_address(source: str, into: str, walk: Walk) -> AsyncIterator[Item | LeftOut]:
    from pgswarm.actions.intake.git import MARK, is_git, name_of
    from pgswarm.actions.intake.sources import address_items
    from pgswarm.actions.outside.settings import load

    connections = load()
    if is_git(source):
        walk.bases.append(_joined(into, name_of(source.removeprefix(MARK))))
    tries = 0
    while True:
        tries += 1
        try:
            async for item in address_items(
                source, into, web=connections.web, imports=connections.imports, any_repository=True
            ):
                yield item
        except NotNowError as error:
            wait_s = pause_s(tries, error.after_s, most_tries=MOST_TRIES)
            if wait_s is None or wait_s > LONGEST_WAIT_S:
                raise IntakeError(f"{error} (tried {tries} {'time' if tries == 1 else 'times'})") from None
            typer.echo(f"{error}. Trying again in {wait_s:.0f} s.", err=True)
            await asyncio.sleep(wait_s)
        else:
            return


def _is_archive(source: str) -> bool:
    path = Path(source)
    if path.suffix.lower() != archive.SUFFIX or not path.is_file():
        return False
    with path.open("rb") as file:
        return archive.is_archive(path.name, file.read(4))


async def _from_archive(file: IO[bytes], path: Path, into: str, walk: Walk) -> AsyncIterator[Item | LeftOut]:
    from pgswarm.actions.intake.sources import archive_items
    from pgswarm.actions.outside.settings import load

    imports = load().imports
    if os.fstat(file.fileno()).st_size > imports.max_bytes:
        raise IntakeError(f"{path.name} has more than {imports.max_bytes:,} bytes (max_bytes under [imports])")
    async for item in archive_items(file, path.name, into, source=str(path), imports=imports):
        top, slash, _ = item.path.removeprefix(_joined(into, "")).lstrip("/").partition("/")
        base = _joined(into, top)
        if isinstance(item, Item) and slash and base not in walk.bases:
            walk.bases.append(base)
        yield item


def _told(items: AsyncIterator[ItemT], walk: Walk) -> Iterator[ItemT]:
    """Yield what comes, one by one, and note where the source cannot be taken in."""
    from pgswarm.actions.outside.settings import ConnectionsError

    with asyncio.Runner() as runner:
        try:
            while True:
                try:
                    yield runner.run(_next(items))
                except StopAsyncIteration:
                    return
        except (IntakeError, ConnectionsError) as error:
            walk.troubles.append(str(error))


async def _next(items: AsyncIterator[ItemT]) -> ItemT:
    return await anext(items)


def _joined(into: str, name: str) -> str:
    return "/".join(filter(None, (into, name)))
