"""The client for programs without an event loop.

Rule: what is decided, is decided in the modules that it shares with `AsyncClient`; here is only IO. Both have the same
methods. A client may be used by several threads.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack
from uuid import UUID

import httpx2 as httpx

from pgswarm.client import waits
from pgswarm.client.calls.parts import Id
from pgswarm.client.calls.swarms import StartOptions
from pgswarm.client.errors import ApiError
from pgswarm.client.feeds import Feed, Now
from pgswarm.client.methods import Methods
from pgswarm.client.models import Event, Question
from pgswarm.client.patience import Attempts, Patience, is_good
from pgswarm.client.requests import lost, reply_of, request_of, settings, stream_of
from pgswarm.client.streams import MissedError, Stream
from pgswarm.client.tails import Tail
from pgswarm.client.wire import Call, Listing, Lost, Reply, base_of

T = TypeVar("T")
Ask = Callable[[Question], Any]
"""What is asked a question and returns the answer."""


class Client(Methods):
    """Calls a pgswarm API. Close it after use, or use it in a `with`."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        token: str | None = None,
        *,
        patience: Patience | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Take the API's address and the token to call with; `login` gets one. `transport` is httpx's."""
        self.token = token
        self._patience = patience or Patience()
        self._http = httpx.Client(transport=transport, **settings(base_of(url), self._patience))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def events(
        self,
        swarm_id: Id,
        after_seq: int = 0,
        *,
        snapshot: bool = False,
        kinds: Sequence[str] = (),
        within_s: float | None = None,
    ) -> Iterator[Event]:
        """Yield a swarm's events, those that were and each as it comes, until the swarm has terminated.

        Every event once and in order, over as many connections as it takes. `kinds`: as in `("node.*",)`; `snapshot`:
        the swarm as it is now in the place of what was. `within_s` bounds the whole iteration (`DeadlineError`);
        without a connection the client's patience does.
        """
        tail = Tail(swarm_id, after_seq, snapshot=snapshot, kinds=kinds, within_s=within_s, patience=self._patience)
        if after_seq:
            tail.check(self.swarm(swarm_id))
        yield from self._follow(tail)

    def all_events(
        self,
        after: str | None = None,
        *,
        conversation_id: Id | None = None,
        kinds: Sequence[str] = (),
        within_s: float | None = None,
    ) -> Iterator[Event]:
        """Yield the events of all of the account's swarms from now on, also of those that are started later.

        It has no end: leave it, or bound it by `within_s` (`DeadlineError`). A program that starts anew passes the
        `cursor` of the last event that it has dealt with (nothing is left out, some of it may come again), or, at its
        very beginning, that of `Client.cursor`.
        """
        feed = Feed(after, conversation_id=conversation_id, kinds=kinds, within_s=within_s, patience=self._patience)
        yield from self._follow(feed)

    def cursor(self) -> str:
        """Return the cursor of now: `all_events` after it leaves out nothing that happens from this call on."""
        now = Now(self._patience)
        for _ in self._follow(now):
            pass
        return now.cursor or ""

    def run(
        self, goal: str, *, ask: Ask | None = None, within_s: float | None = None, **options: Unpack[StartOptions]
    ) -> str:
        """Start a swarm and `wait` for its report."""
        return self.wait(self.start(goal, **options).swarm_id, ask=ask, within_s=within_s)

    def wait(self, swarm_id: Id, *, ask: Ask | None = None, within_s: float | None = None) -> str:
        """Return a swarm's report when it has succeeded; `ask` gets each question and returns its answer.

        Raises `NotSucceededError`, `QuestionOpenError` where there is no `ask`, `DeadlineError`. The swarm goes on.
        """
        for event in self.events(swarm_id, kinds=waits.KINDS, within_s=within_s):
            question_id = waits.is_asked(event)
            if question_id is not None:
                self._ask(question_id, ask)
            elif waits.is_exceeded(event):
                waits.check_budget(self.swarm(swarm_id))
        return waits.report_of(self.swarm(swarm_id))

    def _ask(self, question_id: UUID, ask: Ask | None) -> None:
        question = self.question(question_id)
        if question.status != "open":
            return
        if ask is None:
            raise waits.nobody_answers(question)
        try:
            self.answer(question_id, ask(question))
        except ApiError as error:
            if error.status != waits.CONFLICT:
                raise

    def _follow(self, stream: Stream) -> Iterator[Event]:
        while not stream.is_over():
            came: Reply | Lost = Lost("the stream ended")
            wanted = stream_of(stream.call(), self.token, stream.silence_s, self._patience)
            try:
                with self._http.stream(**wanted) as response:
                    if response.is_success:
                        stream.opened(response.headers)
                        for chunk in response.iter_bytes():
                            yield from stream.feed(chunk)
                            if stream.is_over():
                                return
                    else:
                        came = reply_of(response, response.read())
            except httpx.RequestError as error:
                came = lost(error)
            except MissedError as error:
                came = Lost(str(error))
            time.sleep(stream.pause(came))

    def _each(self, listing: Listing[T]) -> Iterator[T]:
        after: str | None = None
        while True:
            page = self._do(listing(after))
            yield from page.items
            if page.after is None:
                return
            after = page.after

    def _do(self, call: Call[T]) -> T:
        attempts = Attempts(self._patience)
        while True:
            came = self._send(call, attempts.answer_s)
            if is_good(came):
                return call.read(came.content)
            time.sleep(attempts.pause(call, came))

    def _send(self, call: Call[Any], within_s: float) -> Reply | Lost:
        until = time.monotonic() + within_s
        content = bytearray()
        try:
            with self._http.stream(**request_of(call, self.token, within_s, self._patience)) as response:
                for chunk in response.iter_bytes():
                    content += chunk
                    if time.monotonic() > until:  # an answer that trickles: each of its reads is in time
                        return Lost(f"no whole answer within {within_s:.1f} s")
                return reply_of(response, bytes(content))
        except httpx.RequestError as error:
            return lost(error)
