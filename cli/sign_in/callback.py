"""The loopback address to which a browser is sent back after a sign-in (RFC 8252, section 7.3), and its reading.

One rule: it takes one answer to the request that was shown, and no other: any page may send a browser here.
"""

import asyncio
import contextlib
from typing import Final
from urllib.parse import parse_qs, urlsplit

from mcp.shared.auth import AuthorizationCodeResult

from pgswarm.actions.outside.oauth.errors import SignInError
from pgswarm.actions.outside.texts import one_line

PATH: Final = "/callback"
_MAX_LINE: Final = 16_384
_READ_S: Final = 10.0
_PAGE: Final = "<!doctype html><meta charset=utf-8><title>pgswarm</title><p>{}</p>"


class Callback:
    """Listens on 127.0.0.1 until a browser comes with an answer."""

    def __init__(self, title: str) -> None:
        """Take which connection it is for."""
        self._title = title
        self._came: asyncio.Future[AuthorizationCodeResult] = asyncio.get_running_loop().create_future()
        self._server: asyncio.Server | None = None
        self._state: str | None = None

    def expect(self, address: str) -> None:
        """Take the address that the person is shown: an answer has its `state`."""
        self._state = parse_qs(urlsplit(address).query).get("state", [None])[0]

    async def open(self, port: int) -> str:
        """Listen (0: on any free port), and return the address; raise `OSError` where the port is taken."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=_MAX_LINE)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{PATH}"

    async def hear(self) -> AuthorizationCodeResult:
        """Return what the browser brought; raise `SignInError` where the person, or the server, said no."""
        return await self._came

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
        if self._came.done() and not self._came.cancelled():
            self._came.exception()  # it was told, or nobody wants to know any more

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            async with asyncio.timeout(_READ_S):
                head = (await reader.readuntil(b"\r\n")).decode("ascii", "replace").split()
                while (await reader.readuntil(b"\r\n")) != b"\r\n":
                    pass
                status, told = self._take(head)
                body = _PAGE.format(told).encode()
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
                    "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()
            await writer.wait_closed()

    def _take(self, head: list[str]) -> tuple[str, str]:
        if len(head) < 2 or head[0] != "GET" or urlsplit(head[1]).path != PATH:  # noqa: PLR2004 - method and target
            return "404 Not Found", "There is nothing here."
        if self._came.done():
            return "410 Gone", "This sign-in is over."
        if self._state is not None and self._state not in parse_qs(urlsplit(head[1]).query).get("state", []):
            return "400 Bad Request", "This is no answer to the sign-in that was begun here."
        try:
            self._came.set_result(read(head[1], self._title))
        except SignInError as error:
            self._came.set_exception(error)
            return "200 OK", "The sign-in did not succeed. The terminal says more."
        except ValueError:
            return "400 Bad Request", "This address has no code."
        return "200 OK", "You can close this window: the rest is in the terminal."


def read(address: str, title: str) -> AuthorizationCodeResult:
    """Return what the address that a browser was sent to holds.

    Raises `SignInError` where it holds an error (RFC 6749, section 4.1.2.1), `ValueError` where it holds no code.
    """
    query = {name: values[0] for name, values in parse_qs(urlsplit(address.strip()).query).items()}
    if "error" in query:
        said = one_line(": ".join(filter(None, (query["error"], query.get("error_description")))), 300)
        raise SignInError(title, f"the sign-in was refused: {said}", "Begin again where that was not meant")
    if "code" not in query or "state" not in query:
        raise ValueError("it has no code and state")
    return AuthorizationCodeResult(code=query["code"], state=query["state"], iss=query.get("iss"))
