"""The way to a page's server: resolve, check every address, and connect to one that was checked.

One rule: what is connected to is the very address that was checked, so that a name which answers otherwise the second
time gains nothing. TLS still knows the name. No proxy of the environment is used: it would resolve for itself.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

import httpcore2 as httpcore
import httpx2 as httpx

from pgswarm.actions.base import ActionError
from pgswarm.actions.outside.web.addresses import RefusedError, allowed

MOST_ADDRESSES: Final = 8


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to allowed addresses only."""

    def __init__(self, allow: Sequence[str]) -> None:
        """Take the networks that are allowed beside the public ones."""
        self._allow = allow
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of the library
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, refuse if any address is not allowed, and connect to the first that answers."""
        addresses = await self._resolve(host, port)
        for number, address in enumerate(addresses):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number + 1 == len(addresses):
                    raise
        raise httpcore.ConnectError(f"{host} has no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of the library
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no page is there."""
        del timeout, socket_options
        raise RefusedError(f"{path} is no address of a web page")

    async def sleep(self, seconds: float) -> None:
        """Sleep, between the library's own retries."""
        await asyncio.sleep(seconds)

    async def _resolve(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            if error.errno == socket.EAI_NONAME:  # that is no trouble of the network: it will be so again
                raise ActionError("unknown_host", f"There is no host {host}: is the address right?") from None
            raise httpcore.ConnectError(f"{host} has no address: {error}") from None
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} has no address: {error}") from None
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        for address in addresses:
            if not allowed(address, self._allow):
                raise RefusedError(f"{host} is at {address}, which is not public (web.allow allows it)")
        return addresses[:MOST_ADDRESSES]


class CheckedTransport(httpx.AsyncBaseTransport):
    """httpx2 over `CheckedBackend`; a connection is not used for another request."""

    def __init__(self, allow: Sequence[str]) -> None:
        """Take the networks that are allowed beside the public ones."""
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_keepalive_connections=0,
            network_backend=CheckedBackend(allow),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; raise `httpx2.TransportError` where the network fails."""
        assert isinstance(request.stream, httpx.AsyncByteStream)  # noqa: S101 - an asynchronous client made it
        url = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        plain = httpcore.Request(
            method=request.method,
            url=url,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        try:
            response = await self._pool.handle_async_request(plain)
        except httpcore.TimeoutException as error:
            raise httpx.ConnectTimeout(str(error) or "it did not answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise httpx.TransportError(str(error) or type(error).__name__) from None
        return httpx.Response(
            status_code=response.status, headers=response.headers, stream=_Body(response.stream), extensions={}
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._inner:
                yield chunk
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise httpx.TransportError(str(error) or type(error).__name__) from None

    async def aclose(self) -> None:
        await self._inner.aclose()
