"""An HTTP transport that reads no more than it was told to, for clients built on httpx2.

Compressed answers are refused, since a small one may unpack to any size; the request asks for none.
"""

from collections.abc import AsyncIterator

import httpx2 as httpx

from pgswarm.actions.outside.errors import TooLargeError


class Bounded(httpx.AsyncBaseTransport):
    """Another transport, whose answers end with `TooLargeError` after `most` bytes."""

    def __init__(self, inner: httpx.AsyncBaseTransport, most: int) -> None:
        """Take the transport that does the work and the bound."""
        self._inner = inner
        self._most = most

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the answer's body is counted as it is read."""
        request.headers["accept-encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            raise httpx.RemoteProtocolError("it sent a compressed answer, which was not asked for", request=request)
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = Counted(response.stream, self._most)
        return response

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()


class Counted(httpx.AsyncByteStream):
    """A body that ends with `TooLargeError` once it is too long."""

    def __init__(self, inner: httpx.AsyncByteStream, most: int) -> None:
        """Take the body and the bound in bytes."""
        self._inner = inner
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body, counted."""
        read = 0
        async for chunk in self._inner:
            read += len(chunk)
            if read > self._most:
                raise TooLargeError(self._most)
            yield chunk

    async def aclose(self) -> None:
        """Close the body."""
        await self._inner.aclose()
