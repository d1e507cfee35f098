"""A stream of events over as many connections as it takes. Pure, but for time.

Rule: here is what all streams have in common: how long they may take and when to connect again. What is new, and
where the next connection goes on, each kind of stream says itself.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from pgswarm.client.errors import DeadlineError, ProtocolError
from pgswarm.client.models import Event
from pgswarm.client.patience import Attempts, Patience
from pgswarm.client.sse import Message, Parser
from pgswarm.client.wire import Call, Lost, Params, Reply

LONGEST_RETRY_S: Final = 60.0


class MissedError(Exception):
    """An event is missing in a stream. It never leaves this package."""


class Stream(ABC):
    """One iteration over events."""

    def __init__(
        self,
        path: str,
        *,
        kinds: Sequence[str],
        within_s: float | None,
        patience: Patience,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin now; `kinds` as the API has them, none for all; `within_s` bounds the whole iteration."""
        self._path = path
        self._kinds = tuple(kinds)
        self._patience = patience
        self._now = now
        self._until = None if within_s is None else now() + within_s
        self._attempts = Attempts(patience, now)
        self._parser = Parser()
        self._connected = False
        self._ended = False

    @property
    @abstractmethod
    def place(self) -> str:
        """Say up to where events have come, for whoever runs out of time."""

    @abstractmethod
    def _params(self) -> Params:
        """Return what the next connection asks for."""

    @abstractmethod
    def _take(self, message: Message) -> Event | None:
        """Take note of a message; return the event where it is to be handed on."""

    def is_over(self) -> bool:
        """Say whether nothing more can come."""
        return self._ended

    def call(self) -> Call[None]:
        """Return the call that opens the next connection; raise `DeadlineError` where the time is over."""
        self.left_s()
        return Call("GET", self._path, lambda _: None, self._params())

    @property
    def silence_s(self) -> float:
        """How long the stream may be silent."""
        left = self.left_s()
        return self._patience.silence_s if left is None else min(self._patience.silence_s, left)

    def left_s(self) -> float | None:
        """Return the seconds that are left, None where there is no deadline; raise `DeadlineError` after it."""
        if self._until is None:
            return None
        left = self._until - self._now()
        if left <= 0:
            raise DeadlineError(f"the time given is over; {self.place}")
        return left

    def opened(self, headers: Mapping[str, str]) -> None:
        """Take note that a connection stands."""
        if not headers.get("content-type", "").startswith("text/event-stream"):
            raise ProtocolError(f"what came is no stream of events but {headers.get('content-type', 'nothing')}")
        self._parser = Parser()

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield the events that are new and wanted; raise `MissedError` where the stream has left one out."""
        self.left_s()
        self._connected = True
        for message in self._parser.feed(chunk):
            event = self._take(message)
            if event is not None:
                yield event
            if self._ended:
                return

    def pause(self, came: Reply | Lost) -> float:
        """Return the seconds until the next connection; raise where there shall be none."""
        if self._connected:
            self._connected = False
            self._attempts.begin()
        retry_s = min((self._parser.retry_ms or 0) / 1000, LONGEST_RETRY_S)
        pause = self._attempts.pause(self.call(), came, retry_s)
        left = self.left_s()
        return pause if left is None else min(pause, left)
