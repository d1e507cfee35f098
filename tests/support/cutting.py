"""A TCP proxy between a client and a server, which breaks connections as a test says.

Rule: faults are switched from the test's thread by plain attributes; the proxy runs on the server's event loop.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

from support.api import Api
from support.streams import serving


class Proxy:
    """The proxy. `connections` counts those that it has taken, `requests` the pieces that it handed to the server."""

    def __init__(self, upstream: int) -> None:
        """Take the server's port."""
        self.connections = 0
        self.refuse = 0
        """So many connections are cut before anything is handed on."""
        self.lose = 0
        """Of so many requests the answer is lost: the server has acted."""
        self.cut_after: Iterator[int | None] = itertools.repeat(None)
        """After how many bytes of answers each further connection is cut; None: not."""
        self.silent = 0
        """So many further connections hand on no answer, and stay open."""
        self.port = 0
        self._upstream = upstream
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.get_running_loop()

    @property
    def url(self) -> str:
        """The address of the server, by way of the proxy."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Cut every connection."""
        self._loop.call_soon_threadsafe(self._cut_all)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Proxy"]:
        """Serve until the end."""
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self._cut_all()
            async with asyncio.timeout(10):
                await server.wait_closed()

    def _cut_all(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.refuse:
            self.refuse -= 1
            writer.transport.abort()
            return
        to_server, from_server = None, None
        with suppress(OSError):
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self._upstream)
        if to_server is None or from_server is None:
            writer.transport.abort()
            return
        ends = {writer, to_server}
        self._open |= ends
        forth = asyncio.create_task(self._hand_on(reader, to_server))
        try:
            await self._hand_back(from_server, writer)
        finally:
            forth.cancel()
            self._open -= ends
            for end in ends:
                end.transport.abort()

    async def _hand_on(self, reader: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                to_server.write(data)
                await to_server.drain()
        to_server.transport.abort()  # the client has gone

    async def _hand_back(self, from_server: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = next(self.cut_after)
        silent = self.silent > 0
        self.silent -= silent
        with suppress(OSError):
            while data := await from_server.read(65_536):
                if silent:
                    continue
                if self.lose:
                    self.lose -= 1
                    return
                writer.write(data if left is None else data[:left])
                await writer.drain()
                if left is not None:
                    left -= len(data)
                    if left <= 0:
                        await asyncio.sleep(0)
                        writer.close()  # what was written is handed over, and no more
                        return


@asynccontextmanager
async def proxied(api: Api) -> AsyncIterator[Proxy]:
    """Serve the application over real HTTP, by way of a proxy."""
    async with serving(api.app) as port, Proxy(port).serving() as proxy:
        yield proxy
