"""Everything that an address or an archive brings: a page, a file, a folder, a repository; as items. And a PDF's text.

Rule: addresses are read through the same guard as pages of `web/browse` (public networks, robots.txt, size, time), and
repositories only where they are allowed. Items come one by one: what is large is on the disk, not in memory.
"""

import asyncio
import io
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Final
from urllib.parse import urlsplit

from pgswarm.actions.base import ActionError
from pgswarm.actions.intake import archive
from pgswarm.actions.intake.folders import folder_items
from pgswarm.actions.intake.git import address_of, clone, is_git, name_of
from pgswarm.actions.intake.items import IntakeError, Item, LeftOut, NotNowError, kind_of_file, read_item
from pgswarm.actions.intake.pdf import pdf_text, text_item
from pgswarm.actions.outside.errors import UnreachableError
from pgswarm.actions.outside.settings import ImportSettings, WebSettings

_BY_TYPE: Final = {
    "application/pdf": ".pdf",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "text/markdown": ".md",
    "application/json": ".json",
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
}


def is_address(source: str) -> bool:
    """Say whether a source is an address, and no path."""
    return source.startswith(("http://", "https://")) or is_git(source)


async def address_items(
    source: str, into: str, *, web: WebSettings, imports: ImportSettings, any_repository: bool = False
) -> AsyncIterator[Item | LeftOut]:
    """Yield what an address brings, below the folder `into`; raise `IntakeError` where it brings nothing.

    `any_repository`: a person said so, and not a swarm: the operator's list is not asked.
    """
    if not is_git(source):
        async for found in _page_items(source, into, web, imports):
            yield found
        return
    url = address_of(source, None if any_repository else imports.git)
    with tempfile.TemporaryDirectory(prefix="pgswarm-import-") as folder:
        root = Path(folder, "repository")
        await clone(url, root, within_s=imports.timeout_s, most_files=imports.max_files, max_bytes=imports.max_bytes)
        base = "/".join(filter(None, (into, name_of(url))))
        items = folder_items(root, base, source=url, url=url, most_files=imports.max_files, within_s=imports.timeout_s)
        async for found in _in_thread(items):
            yield found


async def file_items(
    name: str, content: bytes, into: str, *, source: str, imports: ImportSettings
) -> AsyncIterator[Item | LeftOut]:
    """Yield what a file brings: itself, or of a zip archive the files in it, under the name of its folder."""
    if not archive.is_archive(name, content[:4]):
        yield read_item("/".join(filter(None, (into, name))), content, source)
        return
    async for found in archive_items(io.BytesIO(content), name, into, source=source, imports=imports):
        yield found


async def archive_items(
    content: IO[bytes], name: str, into: str, *, source: str, imports: ImportSettings
) -> AsyncIterator[Item | LeftOut]:
    """Yield what a zip archive holds, as a folder of that name would; raise `IntakeError` where it is refused."""
    with tempfile.TemporaryDirectory(prefix="pgswarm-import-") as folder:
        try:
            left_out = await _unpacked(content, Path(folder), imports)
        except IntakeError as error:
            raise IntakeError(f"{name}: {error}") from None
        root, base = archive.root_of(Path(folder), name)
        for left in left_out:
            yield LeftOut("/".join(filter(None, (into, name, left.path))), left.reason)
        items = folder_items(
            root, "/".join(filter(None, (into, base))),
            source=source, most_files=imports.max_files, within_s=imports.timeout_s,
        )  # fmt: skip
        async for found in _in_thread(items):
            yield found


async def _unpacked(content: IO[bytes], into: Path, imports: ImportSettings) -> list[LeftOut]:
    """Unpack in a thread, which has ended when this has, also where nobody waits any more."""
    stop = threading.Event()
    bounds = {"most_files": imports.max_files, "max_bytes": imports.max_bytes}
    work = asyncio.ensure_future(asyncio.to_thread(archive.unpack, content, into, **bounds, stopped=stop.is_set))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([work])
        raise


async def _in_thread(items: Iterator[Item | LeftOut]) -> AsyncIterator[Item | LeftOut]:
    """Yield items that are read from the disk, without keeping anybody else waiting."""
    while (found := await asyncio.to_thread(next, items, None)) is not None:
        yield found


async def text_of(item: Item) -> Item | LeftOut | None:
    """Return the text of a PDF as an item of its own, or why it cannot be read; None for what is no PDF."""
    if item.kind != "pdf" or item.content is None:
        return None
    try:
        return text_item(item, await pdf_text(item.content, item.path))
    except IntakeError as error:
        return LeftOut(item.path, str(error))


async def _page_items(
    source: str, into: str, web: WebSettings, imports: ImportSettings
) -> AsyncIterator[Item | LeftOut]:
    from pgswarm.actions.outside.web import fetch, pages  # noqa: PLC0415 - the parser, for those who read pages

    today = datetime.now(UTC).date()
    try:
        page = await fetch.Reader(web).read(source)
        suffix = _BY_TYPE.get(page.media_type) or PurePosixPath(urlsplit(page.url).path).suffix.lower()
        plain = page.media_type.startswith("text/plain") or page.media_type in {*_BY_TYPE, "application/octet-stream"}
        if suffix in {".pdf", archive.SUFFIX} or (plain and kind_of_file(f"a{suffix}") not in {"text", "html"}):
            name = PurePosixPath(pages.Cited("", page.url, today, "").name).stem + suffix
            async for found in file_items(name, page.content, into, source=page.url, imports=imports):
                yield found
            return
        cited = pages.cited(page, today)
    except UnreachableError as error:
        raise NotNowError(str(error), error.after_s) from None
    except ActionError as error:
        raise IntakeError(str(error)) from None
    # Without the day on which it was read: the same page again is the same content.
    document = f"{cited.heading}{cited.text}\n\nSource: {cited.title or cited.url}, {cited.url}\n"
    fields = {"source": cited.url, "media_type": page.media_type, "title": cited.title}
    yield Item("/".join(filter(None, (into, cited.name))), "markdown", document.encode(), fields)
