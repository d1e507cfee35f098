"""ASGI applications of the tests on a port of this process, in a thread of their own."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from support.wait import wait_until


@contextmanager
def listening(make: Any, port: int = 0) -> Iterator[str]:
    """Serve what `make(address)` returns; yield the address, as in http://127.0.0.1:4711 (on any free port for 0)."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(make(address), log_level="critical", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        wait_until(lambda: server.started, "the server listens")
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join(10)
