"""Signals as something to wait for: Ctrl-C and the like wake a `select` and are counted, and nothing is cut off.

Rule: what was set before is set again at the end.
"""

import os
import select
import signal
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CHUNK = 4096


class Signals:
    """Collects the signals that ask a command to end, while the context lasts."""

    def __init__(self, continued: Callable[[], None] | None = None) -> None:
        """Take what to do when the command was stopped (Ctrl-Z) and goes on."""
        self.received: list[int] = []
        self._continued = continued
        self._before: dict[int, Any] = {}
        self._reading = self._writing = self._wakeup = -1

    @property
    def handle(self) -> int:
        """What can be read once a signal has come."""
        return self._reading

    def clear(self) -> None:
        """Make the handle wait again."""
        with suppress(BlockingIOError):
            while os.read(self._reading, CHUNK):
                pass

    def wait(self, seconds: float) -> None:
        """Wait for a signal, at most so long."""
        readable, _, _ = select.select([self._reading], [], [], seconds)
        if readable:
            self.clear()

    def __enter__(self) -> Self:
        """Begin."""
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)
        self._wakeup = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        for number in ENDING:
            self._before[number] = signal.signal(number, lambda number, _: self.received.append(number))
        if self._continued is not None:
            self._before[signal.SIGCONT] = signal.signal(signal.SIGCONT, self._go_on)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put everything back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        os.close(self._reading)
        os.close(self._writing)

    def _go_on(self, number: int, frame: object) -> None:
        del number, frame
        if self._continued is not None:
            self._continued()
