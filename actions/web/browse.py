"""`web/browse`: reads one page, reports its text with its source, and keeps it in memory as a reference."""

from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Finish
from pgswarm.actions.web.settings import browse_off, web

MAX_REPORT: Final = 20_000


class BrowseArgs(BaseModel):
    """The page's address, and how many characters of it to report; memory keeps the whole."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(min_length=1, description="The address, with https:// or http://.")
    max_chars: int = Field(default=MAX_REPORT, ge=200, le=200_000)


@action(
    "web/browse",
    description="Browse a web page on the internet by its URL (https://…), cited with address and date.",
    off=browse_off(),
    timeout_s=120,
    max_attempts=3,
)
class Browse(Action[BrowseArgs]):
    """Reads a page as far as its owner (robots.txt) and the operator allow."""

    async def main(self, node: Node[BrowseArgs]) -> ActionOutcome:
        """Read, keep, report."""
        if not web().browse:
            raise ActionError("not_configured", f"web/browse is off here. {browse_off()}")
        pages = import_module("pgswarm.actions.outside.web.pages")  # the parser, for those who browse
        page = await _reader().read(node.args.url)
        found = pages.cited(page, datetime.now(UTC).date())
        await node.memory.save(
            found.name, found.document, kind="markdown", description=found.citation, folder=pages.FOLDER
        )
        kept = f"> {found.citation}\n> Kept in memory as {pages.FOLDER}/{found.name}"
        text = found.text
        if len(text) > node.args.max_chars:
            text = f"{text[: node.args.max_chars]}\n… ({len(found.text):,} characters in all, in memory)"
        return Finish(f"{found.heading}{text}\n\n{kept}")


@cache
def _reader() -> Any:
    return import_module("pgswarm.actions.outside.web.fetch").Reader(web())
