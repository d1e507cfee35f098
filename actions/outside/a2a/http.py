"""The HTTP client of the A2A package (built on httpx), which reads no more than it was told to.

The same as `outside.bounded` for the other library: the two share names, not classes.
"""

from collections.abc import AsyncIterator, Mapping

import httpx

from pgswarm.actions.outside.errors import TooLargeError


def http_client(headers: Mapping[str, str], connect_s: float, read_s: float, most: int) -> httpx.AsyncClient:
    """Return a client that follows no redirect, and whose answers end with `TooLargeError` after `most` bytes."""
    return httpx.AsyncClient(
        headers={"User-Agent": "pgswarm", **headers},
        timeout=httpx.Timeout(connect_s, read=read_s),
        transport=_Bounded(most),
        follow_redirects=False,
    )


class _Bounded(httpx.AsyncHTTPTransport):
    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["accept-encoding"] = "identity"
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            raise httpx.RemoteProtocolError("it sent a compressed answer, which was not asked for", request=request)
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _Counted(response.stream, self._most)
        return response


class _Counted(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, most: int) -> None:
        self._inner = inner
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in self._inner:
            read += len(chunk)
            if read > self._most:
                raise TooLargeError(self._most)
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
