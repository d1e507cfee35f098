"""`web/search`: asks the search service that the operator configured; finds addresses to read, with snippets."""

from functools import cache
from importlib import import_module
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Finish
from pgswarm.actions.swarm.outputs import with_output
from pgswarm.actions.web.settings import search_off, web

MAX_TITLE: Final = 300
MAX_SNIPPET: Final = 600
MAX_URL: Final = 2_000


class SearchArgs(BaseModel):
    """What to look for (the directive where it is left out), and how many results to give."""

    model_config = ConfigDict(extra="forbid")

    query: str | None = Field(default=None, max_length=1_000)
    max_results: int = Field(default=8, ge=1, le=20)


class SearchOutput(BaseModel):
    """What is handed on: the first address, which `web/browse` takes, and all of them."""

    url: str
    urls: list[str]


@action(
    "web/search",
    description="Search the web on the internet for pages: titles, addresses and snippets.",
    off=search_off(),
    timeout_s=320,
    output=SearchOutput,
)
class Search(Action[SearchArgs]):
    """Searches; what is found is others' words, and is cited as such."""

    async def main(self, node: Node[SearchArgs]) -> ActionOutcome:
        """Ask the provider, and report what it found."""
        texts = import_module("pgswarm.actions.outside.texts")
        query = texts.one_line(node.args.query or node.directive, 1_000)
        lines: list[str] = []
        urls: list[str] = []
        for title, url, snippet in await _provider().search(query, node.args.max_results):
            address = texts.one_line(url, MAX_URL)
            if address.startswith(("https://", "http://")) and len(lines) < node.args.max_results:
                told = f"{len(lines) + 1}. {texts.one_line(title, MAX_TITLE) or address}\n   {address}"
                about = texts.one_line(snippet, MAX_SNIPPET)
                lines.append(f"{told}\n   {about}" if about else told)
                urls.append(address)
        if not lines:
            return Finish(f"The web search for “{query}” found nothing.")
        report = f"Found on the web for “{query}”:\n\n" + "\n".join(lines)
        return Finish(with_output(report, {"url": urls[0], "urls": urls}))


@cache
def _provider() -> Any:
    settings = web().search
    if settings is None:
        raise ActionError("not_configured", f"web/search is off here: no search service is set. {search_off()}")
    return import_module("pgswarm.actions.outside.web.providers").provider(settings)
