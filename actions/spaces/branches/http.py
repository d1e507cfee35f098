"""Any HTTP service as a store: searched by a GET that answers in JSON, read by a GET, written to by a PUT.

`options`: `url` with `{query}` (and `{count}`), `results`, `title`, `path`, `text`: where these stand in its answer;
`read_url` and `upload_url` with `{path}`; `headers`, in which `${NAME}` stands for an environment variable.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx2 as httpx
from pydantic import ValidationError

from pgswarm.actions.base import ActionError
from pgswarm.actions.outside.bounded import Bounded
from pgswarm.actions.outside.errors import TooLargeError
from pgswarm.actions.outside.settings import BranchSettings, SearchSettings, resolved
from pgswarm.actions.outside.texts import one_line, without
from pgswarm.actions.outside.web.providers.json_http import JsonOverHttp
from pgswarm.actions.spaces.branches.types import BranchError, Found

_NAMES: Final = {"url": "url", "results": "results", "title": "title", "path": "link", "text": "snippet"}


class _Http:
    """GETs and PUTs with the operator's headers, bounded."""

    def __init__(self, settings: BranchSettings) -> None:
        self.settings = settings
        headers = settings.options.get("headers")
        told = {str(name): str(value) for name, value in headers.items()} if isinstance(headers, Mapping) else {}
        self.headers, self._secrets = resolved(told, "options.headers")

    def address(self, option: str, path: str) -> str:
        """Return the address of a path; raise `BranchError` where the option is none."""
        url = self.settings.options.get(option)
        if not isinstance(url, str) or "{path}" not in url or urlsplit(url).scheme not in {"http", "https"}:
            raise BranchError(f"options.{option} is no address with {{path}}: give one")
        return url.replace("{path}", quote(path))

    async def send(self, method: str, url: str, content: bytes | None = None) -> bytes:
        """Send one request, follow no redirect, and return the answer's body; raise `BranchError`."""
        transport = Bounded(httpx.AsyncHTTPTransport(), self.settings.max_bytes)
        host = urlsplit(url).hostname or ""
        try:
            async with httpx.AsyncClient(
                transport=transport, timeout=self.settings.timeout_s, headers={"User-Agent": "pgswarm", **self.headers}
            ) as client:
                came = await client.request(method, url, content=content, follow_redirects=False)
        except (TooLargeError, httpx.TransportError) as error:
            raise BranchError(f"{host}: {one_line(without(self._secrets, str(error)), 300)}") from None
        if not came.is_success:
            raise BranchError(f"{host} answers with status {came.status_code}")
        return came.content


class HttpRetriever:
    """Retriever of the kind `http`."""

    def __init__(self, settings: BranchSettings) -> None:
        """Take the settings; raise `BranchError` where the options are not usable."""
        self._http = _Http(settings)
        options: dict[str, Any] = {
            ours: settings.options[theirs] for theirs, ours in _NAMES.items() if theirs in settings.options
        }
        options.setdefault("link", "path")
        options.setdefault("snippet", "text")
        try:
            self._asked = JsonOverHttp(
                SearchSettings(
                    headers=settings.options.get("headers") or {},
                    timeout_s=settings.timeout_s,
                    max_bytes=settings.max_bytes,
                    **options,
                )
            )
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False)[0]
            raise BranchError(f"options: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None

    async def search(self, query: str, limit: int) -> Sequence[Found]:
        """Return what the service finds."""
        try:
            found = await self._asked.search(query, limit)
        except ActionError as error:
            raise BranchError(str(error)) from None
        return [Found(path=path, text=text, title=title) for title, path, text in found[:limit]]

    async def read(self, path: str) -> bytes:
        """Return what stands at a path."""
        return await self._http.send("GET", self._http.address("read_url", path))


class HttpUploader:
    """Uploader of the kind `http`."""

    def __init__(self, settings: BranchSettings) -> None:
        """Take the settings."""
        self._http = _Http(settings)

    async def upload(self, path: str, content: bytes, description: str) -> str:
        """Put a content at its path; return the address."""
        del description
        url = self._http.address("upload_url", path)
        await self._http.send("PUT", url, content)
        return url
