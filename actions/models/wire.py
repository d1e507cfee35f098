"""One HTTP request to one server through the `openai` package, bounded in time and in size.

Rule: whatever happens on the wire leaves here as a payload or as a `TryError`. Trying again is decided elsewhere.
Importing `openai` takes half a second: this module is imported when the first call is made, in a thread.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx2
import openai

from pgswarm.actions.models.errors import scrub
from pgswarm.actions.models.failures import TryError, retry_after_s
from pgswarm.actions.models.settings import ModelSettings
from pgswarm.actions.models.streams import Watch, gather

_TOLD_CHARS = 2000


class _BoundedStream(httpx2.AsyncByteStream):
    """A response body that ends in an error once it is longer than allowed."""

    def __init__(self, stream: httpx2.AsyncByteStream, most: int) -> None:
        self._stream = stream
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        seen = 0
        async for part in self._stream:
            seen += len(part)
            if seen > self._most:
                raise _too_large(self._most)
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class Wire:
    """A connection pool to one server, or to a transport in this process."""

    def __init__(self, settings: ModelSettings, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        """Take the server's settings; with `transport` nothing goes out and no key is sent."""
        self._settings = settings
        self._inside = transport is not None
        self._http = httpx2.AsyncClient(
            transport=transport,
            event_hooks={"response": [self._bound]},
            limits=httpx2.Limits(max_connections=None),  # `Limits` bounds the calls, the pool need not
            # A compressed body could be small on the wire and huge in memory.
            headers={"accept-encoding": "identity"},
        )
        self._openai = openai.AsyncOpenAI(
            base_url="http://inside/v1" if self._inside else settings.base_url,
            api_key=settings.api_key if settings.api_key and not self._inside else "none",
            max_retries=0,
            timeout=httpx2.Timeout(settings.request_timeout_s, connect=settings.connect_timeout_s),
            http_client=self._http,
        )
        keyless = self._inside or not settings.api_key
        self._headers = {"Authorization": openai.Omit()} if keyless else {}

    async def chat(self, body: Mapping[str, Any]) -> Any:
        """POST `/chat/completions` and return the decoded payload; raise `TryError`."""
        # The package's typed `create` would need the body taken apart; `post` sends it as it is.
        return await self._request("POST", "/chat/completions", body)

    async def stream(self, body: Mapping[str, Any], watch: Watch) -> Any:
        """POST the same, and tell `watch` what comes while it comes; a server that does not stream is read whole."""
        async with self._sent("POST", "/chat/completions", body, stream=True) as response:
            if "event-stream" in response.headers.get("content-type", ""):
                return await gather(response.aiter_lines(), watch)
            await response.aread()
            return _decoded(response)

    async def embeddings(self, body: Mapping[str, Any]) -> Any:
        """POST `/embeddings` and return the decoded payload; raise `TryError`."""
        return await self._request("POST", "/embeddings", body)

    async def models(self) -> list[str]:
        """GET `/models` and return their ids; raise `TryError`."""
        payload = await self._request("GET", "/models", None)
        rows = payload.get("data") if isinstance(payload, Mapping) else None
        if not isinstance(rows, list):
            raise TryError("protocol", "the list of models is not one")
        return [row["id"] for row in rows if isinstance(row, Mapping) and isinstance(row.get("id"), str)]

    async def aclose(self) -> None:
        """Close the pool."""
        await self._http.aclose()

    async def _request(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        async with self._sent(method, path, body) as response:
            return _decoded(response)

    @asynccontextmanager
    async def _sent(
        self, method: str, path: str, body: Mapping[str, Any] | None, *, stream: bool = False
    ) -> AsyncIterator[httpx2.Response]:
        """Lend the response; whatever goes wrong until it has been read is a `TryError`."""
        settings = self._settings
        options: Any = {"headers": self._headers}
        try:
            async with asyncio.timeout(settings.request_timeout_s):  # the client's own bounds each read only
                if method == "GET":
                    yield await self._openai.get(path, cast_to=httpx2.Response, options=options)
                elif not stream:
                    yield await self._openai.post(path, cast_to=httpx2.Response, body=body, options=options)
                else:
                    streamed = await self._openai.post(
                        path,
                        cast_to=object,
                        body=body,
                        options=options,
                        stream=True,
                        stream_cls=openai.AsyncStream[object],
                    )
                    try:
                        yield streamed.response
                    finally:
                        await streamed.response.aclose()
        except TimeoutError:
            raise TryError("timeout", f"nothing within {settings.request_timeout_s:g} s") from None
        except openai.APIStatusError as error:
            raise self._status(error) from None
        except openai.APIConnectionError as error:
            raise self._connection(error) from None
        except httpx2.HTTPError as error:  # while a streamed answer was read
            raise TryError("cut", scrub(str(error) or type(error).__name__, [settings.api_key])) from None

    async def _bound(self, response: httpx2.Response) -> None:
        most = self._settings.max_answer_bytes
        if response.headers.get("content-encoding", "identity") != "identity":
            raise TryError("protocol", "the answer is compressed, although that was not asked for")
        length = response.headers.get("content-length", "")
        if length.isdecimal() and (len(length) > len(str(most)) or int(length) > most):
            raise _too_large(most)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _BoundedStream(response.stream, most)

    def _status(self, error: openai.APIStatusError) -> TryError:
        body = error.body
        told = body.get("message") if isinstance(body, Mapping) else body
        if not isinstance(told, str) or not told:
            told = error.message
        return TryError(
            "status",
            scrub(told, [self._settings.api_key], _TOLD_CHARS),
            status=error.status_code,
            code=str(error.code or ""),
            param=str(error.param or ""),
            retry_after_s=retry_after_s(error.response.headers, datetime.now(UTC)),
        )

    def _connection(self, error: openai.APIConnectionError) -> TryError:
        cause = error.__cause__
        told = scrub(str(cause) or type(cause).__name__, [self._settings.api_key])
        if isinstance(cause, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol)):
            return TryError("unreachable", told)
        if isinstance(error, openai.APITimeoutError):
            return TryError("timeout", f"nothing within {self._settings.request_timeout_s:g} s")
        return TryError("cut", told)


def _decoded(response: httpx2.Response) -> Any:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise TryError("protocol", f"the answer is not JSON ({type(error).__name__})") from None


def _too_large(most: int) -> TryError:
    return TryError("too_large", f"an answer of more than {most} bytes")
