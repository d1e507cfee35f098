"""How a stream cuts its connection. For uvicorn: ASGI itself knows no way.

Without it a client that takes in nothing keeps its socket for ever: a transport that is closed still waits until what
it holds is written.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION: Final = "pgswarm.abort"


def abort(scope: Scope) -> None:
    """Cut the connection of a scope at once; what was not sent is dropped. Does nothing under another server."""
    extensions: dict[str, Any] = scope.get("extensions", {})
    cut: Callable[[], object] | None = extensions.get(EXTENSION)
    if cut is not None:
        cut()


def _with_abort(app: ASGIApp, transport: asyncio.Transport) -> ASGIApp:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        extensions = {**scope.get("extensions", {}), EXTENSION: transport.abort}
        await app({**scope, "extensions": extensions}, receive, send)

    return wrapped


class HttpProtocol(H11Protocol):
    """uvicorn's own, whose scopes can cut the connection. For `uvicorn.Config(http=…)`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Let the application cut the connection."""
        super().connection_made(transport)
        self.app: Any = _with_abort(self.app, transport)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's own, whose scopes can cut the connection. For `uvicorn.Config(ws=…)`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Let the application cut the connection."""
        super().connection_made(transport)
        self.app: Any = _with_abort(self.app, transport)
