"""Any search service that answers a GET with JSON: where the results stand in it is configuration."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2 as httpx

from pgswarm.actions.base import ActionError
from pgswarm.actions.outside.bounded import Bounded
from pgswarm.actions.outside.errors import TooLargeError, UnreachableError
from pgswarm.actions.outside.settings import SearchSettings, resolved
from pgswarm.actions.outside.texts import one_line, without


class JsonOverHttp:
    """A service such as SearXNG's or Brave's, by the paths that the configuration names."""

    def __init__(self, settings: SearchSettings) -> None:
        """Take the settings; raise `ConnectionsError` where a variable of theirs is not set."""
        self._settings = settings
        self._headers, self._secrets = resolved(settings.headers, "web.search.headers")

    async def search(self, query: str, count: int) -> Sequence[tuple[str, str, str]]:
        """Return title, address and snippet of each result."""
        settings = self._settings
        url = (settings.url or "").replace("{query}", quote(query, safe="")).replace("{count}", str(count))
        host = urlsplit(url).hostname or ""
        try:
            async with httpx.AsyncClient(
                transport=Bounded(httpx.AsyncHTTPTransport(), settings.max_bytes),
                headers={"Accept": "application/json", "User-Agent": "pgswarm", **self._headers},
                timeout=settings.timeout_s,
            ) as client:
                came = await client.get(url, follow_redirects=False)
        except (TooLargeError, httpx.TransportError) as error:
            raise UnreachableError("web.search", self._told(error)) from None
        if came.status_code == 429 or came.status_code >= 500:  # noqa: PLR2004 - statuses of HTTP
            raise UnreachableError("web.search", f"{host} answers with status {came.status_code}")
        if not came.is_success:
            raise ActionError("search_failed", f"{host} answers with status {came.status_code}: see web.search.")
        try:
            answer = json.loads(came.content)
        except (ValueError, RecursionError):
            raise ActionError("search_failed", f"{host} does not answer in JSON: see web.search.url.") from None
        results = at(answer, settings.results)
        if not isinstance(results, list):
            raise ActionError(
                "search_failed", f"{host}'s answer has no list at {settings.results!r} (web.search.results)."
            )
        return [
            (self._text(item, settings.title), self._text(item, settings.link), self._text(item, settings.snippet))
            for item in results
        ]

    def _text(self, item: Any, path: str) -> str:
        found = at(item, path)
        return without(self._secrets, str(found)) if isinstance(found, str | int | float) else ""

    def _told(self, error: Exception) -> str:
        return one_line(without(self._secrets, str(error) or type(error).__name__), 300)


def at(value: Any, path: str) -> Any:
    """Return what stands at a path such as `web.results`; None where nothing does."""
    for key in path.split("."):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value
