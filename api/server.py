"""The server that runs the application on a socket that is bound already.

Rule: SIGTERM and Ctrl-C let requests end within the grace period and close the streams; a second signal ends it.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

from pgswarm.api.app import create_app
from pgswarm.api.events.lifeline import HttpProtocol, WebSocketProtocol
from pgswarm.api.settings import ApiSettings
from pgswarm.api.sockets import BACKLOG

GRACE_S: Final = 10
LARGEST_MESSAGE: Final = 1_000_000


class _Server(uvicorn.Server):
    """uvicorn's server, which ends with the exit code 0 when it was told to end."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._end)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def _end(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
        self._app.state.stopping.set()


def serve(settings: ApiSettings, bound: socket.socket, ready: Callable[[], None] = lambda: None) -> None:
    """Serve on a bound socket until SIGTERM or Ctrl-C; `ready` is called once it serves and can be ended in order."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers="FORWARDED_ALLOW_IPS" in os.environ,  # whose word on the client's address is taken
        timeout_graceful_shutdown=GRACE_S,
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=False,  # a compressor for each client is memory and time for each client
        backlog=BACKLOG,
        lifespan="on",
    )
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_Server(config, app, ready).serve(sockets=[bound]))
