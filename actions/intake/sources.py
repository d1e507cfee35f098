"""Everything that an address brings: a page, a file, a repository; as items. And the text of a PDF.

Rule: addresses are read through the same guard as pages of `web/browse` (public networks, robots.txt, size, time), and
repositories only where they are allowed.
"""

import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from pgswarm.actions.base import ActionError
from pgswarm.actions.intake.folders import folder_items
from pgswarm.actions.intake.git import address_of, clone, is_git, name_of
from pgswarm.actions.intake.items import IntakeError, Item, LeftOut, kind_of_file, read_item
from pgswarm.actions.intake.pdf import pdf_text, text_item
from pgswarm.actions.outside.settings import ImportSettings, WebSettings

_BY_TYPE: Final = {
    "application/pdf": ".pdf",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "text/markdown": ".md",
    "application/json": ".json",
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
        for found in await _page_items(source, into, web):
            yield found
        return
    url = address_of(source, None if any_repository else imports.git)
    with tempfile.TemporaryDirectory(prefix="pgswarm-import-") as folder:
        root = Path(folder, "repository")
        await clone(url, root, imports.timeout_s)
        base = "/".join(filter(None, (into, name_of(url))))
        for found in folder_items(root, base, source=url, url=url, most_files=imports.max_files):
            yield found


async def text_of(item: Item) -> Item | LeftOut | None:
    """Return the text of a PDF as an item of its own, or why it cannot be read; None for what is no PDF."""
    if item.kind != "pdf" or item.content is None:
        return None
    try:
        return text_item(item, await pdf_text(item.content, item.path))
    except IntakeError as error:
        return LeftOut(item.path, str(error))


async def _page_items(source: str, into: str, web: WebSettings) -> Sequence[Item | LeftOut]:
    from pgswarm.actions.outside.web import fetch, pages  # noqa: PLC0415 - the parser, for those who read pages

    try:
        page = await fetch.Reader(web).read(source)
        suffix = _BY_TYPE.get(page.media_type) or PurePosixPath(urlsplit(page.url).path).suffix.lower()
        plain = page.media_type.startswith("text/plain") or page.media_type in {*_BY_TYPE, "application/octet-stream"}
        if suffix == ".pdf" or (plain and kind_of_file(f"a{suffix}") not in {"text", "html"}):
            stem = PurePosixPath(pages.Cited("", page.url, datetime.now(UTC).date(), "").name).stem
            return [read_item("/".join(filter(None, (into, stem + suffix))), page.content, page.url)]
        cited = pages.cited(page, datetime.now(UTC).date())
    except ActionError as error:
        raise IntakeError(str(error)) from None
    # Without the day on which it was read: the same page again is the same content.
    document = f"{cited.heading}{cited.text}\n\nSource: {cited.title or cited.url}, {cited.url}\n"
    fields = {"source": cited.url, "media_type": page.media_type, "title": cited.title}
    return [Item("/".join(filter(None, (into, cited.name))), "markdown", document.encode(), fields)]
