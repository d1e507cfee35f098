"""From the bytes of a page to text with its source, and the name that it is kept under. Pure."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlsplit

from pgswarm.actions.base import ActionError
from pgswarm.actions.outside.texts import cleaned, one_line
from pgswarm.actions.outside.web.extract import extract
from pgswarm.actions.outside.web.fetch import Page
from pgswarm.schema.decode import NotTextError, decode, refuse_binary

FOLDER: Final = "references/web"
_HTML: Final = ("text/html", "application/xhtml+xml")
_MAX_NAME: Final = 60
_DECLARED: Final = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w-]{2,40})""", re.IGNORECASE)
_HEAD: Final = 2_048


@dataclass(frozen=True, slots=True)
class Cited:
    """A page as text: its title, its address, the day on which it was read, and its text."""

    title: str
    url: str
    read_on: date
    text: str

    @property
    def citation(self) -> str:
        """One line that says where the text is from."""
        return f"Source: {self.title or self.url}, {self.url}, read on {self.read_on.isoformat()}"

    @property
    def name(self) -> str:
        """The name in memory: the same for the same address."""
        parts = urlsplit(self.url)
        plain = re.sub(r"[^\w.-]+", "-", f"{parts.hostname}{parts.path}").strip("-.")[:_MAX_NAME]
        return f"{plain}-{hashlib.sha256(self.url.encode()).hexdigest()[:8]}.md"

    @property
    def heading(self) -> str:
        """The title as a heading; empty where the text begins with it, or there is none."""
        heading = f"# {self.title}\n"
        return f"{heading}\n" if self.title and not f"{self.text}\n".startswith(heading) else ""

    @property
    def document(self) -> str:
        """What is kept in memory, with its source."""
        return f"{self.heading}{self.text}\n\n{self.citation}\n"


def cited(page: Page, today: date) -> Cited:
    """Return a page's text; raise `ActionError` (`not_text`, `empty_page`) where it has none."""
    text = _decoded(page)
    title = ""
    if page.media_type in _HTML or (
        not page.media_type and text.lstrip()[:15].lower().startswith(("<!doctype html", "<html"))
    ):
        article = extract(text)
        title, text = article.title, article.text
    elif page.media_type.endswith("json"):
        text = _pretty(text)
    text = cleaned(text, len(text) + 1).strip()
    if not text:
        raise ActionError(
            "empty_page", f"{page.url} holds no text that a person would see without running its scripts."
        )
    return Cited(title, page.url, today, text)


def _decoded(page: Page) -> str:
    declared = page.charset
    if declared is None and page.media_type in _HTML:
        found = _DECLARED.search(page.content[:_HEAD])
        declared = found[1].decode("ascii") if found else None
    try:
        if declared is not None:
            try:
                text = page.content.decode(declared, "replace")
            except LookupError:
                return decode(page.content, page.url).text
            refuse_binary(text, page.url)
            return text
        return decode(page.content, page.url).text
    except NotTextError as error:
        raise ActionError("not_text", one_line(error)) from None


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return text
