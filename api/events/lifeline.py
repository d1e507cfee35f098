"""What a stream may do to its connection beside ASGI. For uvicorn, whose protocols are subclassed for it.

*Cut it*: without that a client that takes in nothing keeps its socket for ever, for a transport that is closed still
waits until what it holds is written. *Write a chunk that is encoded already* (RFC 9112, 7.1): the same bytes to every
subscriber; to encode them anew for each costs more than all the rest of handing on an event.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION: Final = "pgswarm.line"
CHUNKED: Final = "1.1"


@dataclass(frozen=True, slots=True)
class Line:
    """One connection. `flow` says whether the client takes in what is written; None where only ASGI may write."""

    abort: Callable[[], object]
    transport: asyncio.Transport | None = None
    flow: FlowControl | None = None

    def write(self, chunk: bytes) -> bool:
        """Write an encoded chunk at once; False where it cannot be, for ASGI must write or the client is behind."""
        if self.transport is None or self.flow is None or self.flow.write_paused:
            return False
        if not self.transport.is_closing():
            self.transport.write(chunk)
        return True


def line_of(scope: Scope) -> Line:
    """Return the connection of a scope; under another server one that can do nothing."""
    found: Line | None = scope.get("extensions", {}).get(EXTENSION)
    if found is None:
        return Line(lambda: None)
    return found if scope.get("http_version") == CHUNKED else Line(found.abort)


def encoded(data: bytes) -> bytes:
    """Return data as one chunk of a chunked body; none where there is no data, for an empty chunk ends the body."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def _with_line(app: ASGIApp, line: Line) -> ASGIApp:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "extensions": {**scope.get("extensions", {}), EXTENSION: line}}, receive, send)

    return wrapped


class HttpProtocol(H11Protocol):
    """uvicorn's own, whose scopes know their line. For `uvicorn.Config(http=…)`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Let the application know its line."""
        super().connection_made(transport)
        self.app: Any = _with_line(self.app, Line(transport.abort, transport, self.flow))


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's own, whose scopes know their line. For `uvicorn.Config(ws=…)`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Let the application know its line."""
        super().connection_made(transport)
        self.app: Any = _with_line(self.app, Line(transport.abort))
