"""The client for programs on asyncio.

Rule: what is decided, is decided in the modules that it shares with `Client`; here is only IO. Both have the same
methods.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack
from uuid import UUID

import httpx2 as httpx

from pgswarm.client import waits
from pgswarm.client.async_methods import AsyncMethods
from pgswarm.client.calls.parts import Id
from pgswarm.client.calls.swarms import StartOptions
from pgswarm.client.errors import ApiError
from pgswarm.client.feeds import Feed, Now
from pgswarm.client.models import Event, Question
from pgswarm.client.patience import Attempts, Patience, is_good
from pgswarm.client.requests import lost, reply_of, request_of, settings, stream_of
from pgswarm.client.streams import MissedError, Stream
from pgswarm.client.tails import Tail
from pgswarm.client.wire import Call, Listing, Lost, Reply, base_of

T = TypeVar("T")
AsyncAsk = Callable[[Question], Awaitable[Any]]
"""What is asked a question and returns the answer, in its own time."""


class AsyncClient(AsyncMethods):
    """Calls a pgswarm API. Close it after use, or use it in an `async with`."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        token: str | None = None,
        *,
        patience: Patience | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Take the API's address and the token to call with; `login` gets one. `transport` is httpx's."""
        self.token = token
        self._patience = patience or Patience()
        self._http = httpx.AsyncClient(transport=transport, **settings(base_of(url), self._patience))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def events(
        self,
        swarm_id: Id,
        after_seq: int = 0,
        *,
        snapshot: bool = False,
        kinds: Sequence[str] = (),
        within_s: float | None = None,
    ) -> AsyncIterator[Event]:
        """Yield a swarm's events, those that were and each as it comes, until the swarm has terminated.

        Every event once and in order, over as many connections as it takes. `kinds`: as in `("node.*",)`; `snapshot`:
        the swarm as it is now in the place of what was. `within_s` bounds the whole iteration (`DeadlineError`);
        without a connection the client's patience does.
        """
        tail = Tail(swarm_id, after_seq, snapshot=snapshot, kinds=kinds, within_s=within_s, patience=self._patience)
        if after_seq:
            tail.check(await self.swarm(swarm_id))
        async with aclosing(self._follow(tail)) as followed:
            async for event in followed:
                yield event

    async def all_events(
        self,
        after: str | None = None,
        *,
        conversation_id: Id | None = None,
        kinds: Sequence[str] = (),
        within_s: float | None = None,
    ) -> AsyncIterator[Event]:
        """Yield the events of all of the account's swarms from now on, also of those that are started later.

        It has no end: leave it, or bound it by `within_s` (`DeadlineError`). A program that starts anew passes the
        `cursor` of the last event that it has dealt with (nothing is left out, some of it may come again), or, at its
        very beginning, that of `Client.cursor`.
        """
        feed = Feed(after, conversation_id=conversation_id, kinds=kinds, within_s=within_s, patience=self._patience)
        async with aclosing(self._follow(feed)) as followed:
            async for event in followed:
                yield event

    async def cursor(self) -> str:
        """Return the cursor of now: `all_events` after it leaves out nothing that happens from this call on."""
        now = Now(self._patience)
        async for _ in self._follow(now):
            pass
        return now.cursor or ""

    async def run(
        self, goal: str, *, ask: AsyncAsk | None = None, within_s: float | None = None, **options: Unpack[StartOptions]
    ) -> str:
        """Start a swarm and `wait` for its report."""
        return await self.wait((await self.start(goal, **options)).swarm_id, ask=ask, within_s=within_s)

    async def wait(self, swarm_id: Id, *, ask: AsyncAsk | None = None, within_s: float | None = None) -> str:
        """Return a swarm's report when it has succeeded; `ask` gets each question and returns its answer.

        Raises `NotSucceededError`, `QuestionOpenError` where there is no `ask`, `DeadlineError`. The swarm goes on.
        """
        async for event in self.events(swarm_id, kinds=waits.KINDS, within_s=within_s):
            question_id = waits.is_asked(event)
            if question_id is not None:
                await self._ask(question_id, ask)
            elif waits.is_exceeded(event):
                waits.check_budget(await self.swarm(swarm_id))
        return waits.report_of(await self.swarm(swarm_id))

    async def _ask(self, question_id: UUID, ask: AsyncAsk | None) -> None:
        question = await self.question(question_id)
        if question.status != "open":
            return
        if ask is None:
            raise waits.nobody_answers(question)
        try:
            await self.answer(question_id, await ask(question))
        except ApiError as error:
            if error.status != waits.CONFLICT:
                raise

    async def _follow(self, stream: Stream) -> AsyncGenerator[Event]:
        while not stream.is_over():
            came: Reply | Lost = Lost("the stream ended")
            wanted = stream_of(stream.call(), self.token, stream.silence_s, self._patience)
            try:
                async with self._http.stream(**wanted) as response:
                    if response.is_success:
                        stream.opened(response.headers)
                        async for chunk in response.aiter_bytes():
                            for event in stream.feed(chunk):
                                yield event
                            if stream.is_over():
                                return
                    else:
                        came = reply_of(response, await response.aread())
            except httpx.RequestError as error:
                came = lost(error)
            except MissedError as error:
                came = Lost(str(error))
            await asyncio.sleep(stream.pause(came))

    async def _each(self, listing: Listing[T]) -> AsyncIterator[T]:
        after: str | None = None
        while True:
            page = await self._do(listing(after))
            for item in page.items:
                yield item
            if page.after is None:
                return
            after = page.after

    async def _do(self, call: Call[T]) -> T:
        attempts = Attempts(self._patience)
        while True:
            came = await self._send(call, attempts.answer_s)
            if is_good(came):
                return call.read(came.content)
            await asyncio.sleep(attempts.pause(call, came))

    async def _send(self, call: Call[Any], within_s: float) -> Reply | Lost:
        try:
            async with (
                asyncio.timeout(within_s),
                self._http.stream(**request_of(call, self.token, within_s, self._patience)) as response,
            ):
                return reply_of(response, await response.aread())
        except TimeoutError:
            return Lost(f"no whole answer within {within_s:.1f} s")
        except httpx.RequestError as error:
            return lost(error)
