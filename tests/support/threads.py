"""An event loop in a thread of its own, for tests of what blocks."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
WITHIN_S = 30


class Loop:
    """The loop. `run` waits for a coroutine there."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Any) -> Any:
        """Return what a coroutine gives, which may take 30 s."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(WITHIN_S)

    def close(self) -> None:
        """End the loop and its thread."""
        self.run(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WITHIN_S)
        self._loop.close()


@contextmanager
def in_thread(make: Any) -> Iterator[Any]:
    """Open the asynchronous context manager that `make()` gives, on a loop of its own; yield what it yields."""
    loop = Loop()
    try:
        opened: AbstractAsyncContextManager[Any] = make()
        found = loop.run(opened.__aenter__())
        try:
            yield found
        finally:
            loop.run(opened.__aexit__(None, None, None))
    finally:
        loop.close()


@contextmanager
def meanwhile(act: Any) -> Iterator[None]:
    """Do something in another thread, which has ended at the end."""
    failed: list[BaseException] = []

    def guarded() -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - it is raised again where the test sees it
            failed.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    try:
        yield
    finally:
        thread.join(60)
    assert not thread.is_alive()
    if failed:
        raise failed[0]
