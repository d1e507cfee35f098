"""What a stream can do to its connection: cut it, and hear that the server stops. For uvicorn.

ASGI knows neither. Without the first, a client that takes in nothing keeps its socket for ever: a transport that is
closed still waits until its buffer is written. Without the second, a server waits for its streams, which do not end.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION: Final = "pgswarm.lifeline"


@dataclass(eq=False, slots=True)
class Lifeline:
    """One connection."""

    abort: Callable[[], object]
    """Cuts it at once; what was not sent is dropped."""
    on_stop: set[Callable[[], object]] = field(default_factory=set)
    """Called when the server begins to stop."""


def lifeline_of(scope: Scope) -> Lifeline:
    """Return the connection's lifeline; under another server one that does nothing."""
    found: Lifeline | None = scope.get("extensions", {}).get(EXTENSION)
    return found or Lifeline(lambda: None)


def _with(app: ASGIApp, lifeline: Lifeline) -> ASGIApp:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        extensions = {**scope.get("extensions", {}), EXTENSION: lifeline}
        await app({**scope, "extensions": extensions}, receive, send)

    return wrapped


class HttpProtocol(H11Protocol):
    """uvicorn's own, with a lifeline. For `uvicorn.Config(http=…)`."""

    lifeline: Lifeline

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Give the connection its lifeline."""
        super().connection_made(transport)
        self.lifeline = Lifeline(transport.abort)
        self.app: Any = _with(self.app, self.lifeline)

    def shutdown(self) -> None:
        """Tell the streams that the server stops."""
        super().shutdown()
        for call in tuple(self.lifeline.on_stop):
            call()


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's own, with a lifeline. For `uvicorn.Config(ws=…)`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Give the connection its lifeline; uvicorn tells the client itself that the server stops."""
        super().connection_made(transport)
        self.app: Any = _with(self.app, Lifeline(transport.abort))
