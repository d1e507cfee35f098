"""The client for programs on asyncio.

Rule: what is decided, is decided in the modules that it shares with `Client`; here is only IO. Both have the same
methods.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack
from uuid import UUID

import httpx2 as httpx

from pgswarm.client import calls, waits
from pgswarm.client.calls import File, Id, StartOptions
from pgswarm.client.errors import ApiError
from pgswarm.client.models import (
    AccessToken,
    Account,
    Diff,
    Event,
    Message,
    Node,
    Question,
    Started,
    Steered,
    Swarm,
    Upload,
)
from pgswarm.client.patience import Attempts, Patience, is_good
from pgswarm.client.requests import lost, reply_of, request_of, settings, stream_of
from pgswarm.client.tails import MissedError, Tail
from pgswarm.client.wire import Call, Listing, Lost, Reply, base_of

T = TypeVar("T")
AsyncAsk = Callable[[Question], Awaitable[Any]]
"""What is asked a question and returns the answer, in its own time."""


class AsyncClient:
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

    async def signup(self, username: str, password: str) -> Account:
        """Make an account, where the server lets anybody. It does not log in."""
        return await self._do(calls.signup(username, password))

    async def login(self, username: str, password: str) -> AccessToken:
        """Log in: from now on this client calls with the token that it got."""
        found = await self._do(calls.login(username, password))
        self.token = found.access_token
        return found

    async def logout(self) -> None:
        """End this client's token and forget it."""
        await self._do(calls.logout())
        self.token = None

    async def me(self) -> Account:
        """Return who this client calls as."""
        return await self._do(calls.me())

    async def start(self, goal: str, *, idempotency_key: str | None = None, **options: Unpack[StartOptions]) -> Started:
        """Start a swarm. With a key of the caller's own, a program that runs again gets the swarm of its first run."""
        return await self._do(calls.start(goal, options, idempotency_key))

    async def swarm(self, swarm_id: Id) -> Swarm:
        """Return a swarm, its goal and report whole."""
        return await self._do(calls.swarm(swarm_id))

    def swarms(self, *, status: str | None = None, conversation_id: Id | None = None) -> AsyncIterator[Swarm]:
        """Iterate over the account's swarms, newest first; an administrator's over everybody's."""
        return self._each(calls.swarms(status, conversation_id))

    async def node(self, swarm_id: Id, node_id: Id) -> Node:
        """Return a node, its texts whole."""
        return await self._do(calls.node(swarm_id, node_id))

    def nodes(
        self,
        swarm_id: Id,
        *,
        status: str | None = None,
        action: str | None = None,
        under: Id | None = None,
        parent_id: Id | None = None,
    ) -> AsyncIterator[Node]:
        """Iterate over a swarm's nodes, parents before their children; `under`: a node and all below it."""
        return self._each(calls.nodes(swarm_id, status, action, under, parent_id))

    def state(self, swarm_id: Id, *, at_seq: int | None = None, at: datetime | None = None) -> AsyncIterator[Node]:
        """Iterate over the nodes as they were after an event, or at a moment (with its time zone)."""
        return self._each(calls.state(swarm_id, at_seq, at))

    def history(self, swarm_id: Id, after_seq: int = 0) -> AsyncIterator[Event]:
        """Iterate over the events that there are now, with who did what; `events` waits for those that come."""
        return self._each(calls.history(swarm_id, after_seq))

    async def pause(self, swarm_id: Id) -> Steered:
        """Pause a swarm: what runs finishes, nothing new begins."""
        return await self._do(calls.steer(swarm_id, "pause"))

    async def resume(self, swarm_id: Id) -> Steered:
        """Go on with a paused swarm."""
        return await self._do(calls.steer(swarm_id, "resume"))

    async def cancel(self, swarm_id: Id) -> Steered:
        """End a swarm and all of its nodes."""
        return await self._do(calls.steer(swarm_id, "cancel"))

    async def cancel_node(self, swarm_id: Id, node_id: Id) -> None:
        """End a node and all below it."""
        await self._do(calls.cancel_node(swarm_id, node_id))

    async def raise_budget(self, swarm_id: Id, **budget: float) -> None:
        """Set limits anew, as in `raise_budget(swarm_id, nodes=500)`, and go on where the swarm is paused."""
        await self._do(calls.raise_budget(swarm_id, budget))

    async def fork(self, swarm_id: Id, at_seq: int, *, idempotency_key: str | None = None) -> Started:
        """Make a swarm that goes on from a past event of this one."""
        return await self._do(calls.fork(swarm_id, at_seq, idempotency_key))

    async def copy(self, swarm_id: Id, *, idempotency_key: str | None = None) -> Started:
        """Make a swarm that goes on from where this one is now."""
        return await self._do(calls.copy(swarm_id, idempotency_key))

    async def diff(self, swarm_id: Id, other_id: Id, *, limit: int = 100) -> Diff:
        """Compare two swarms node by node; of the differences, the first `limit`."""
        return await self._do(calls.diff(swarm_id, other_id, limit))

    async def question(self, question_id: Id) -> Question:
        """Return a question, its prompt whole."""
        return await self._do(calls.question(question_id))

    def questions(
        self, *, swarm_id: Id | None = None, conversation_id: Id | None = None, only_open: bool = True
    ) -> AsyncIterator[Question]:
        """Iterate over the inbox: the open questions of all swarms, the oldest first."""
        return self._each(calls.questions(swarm_id, conversation_id, only_open=only_open))

    async def answer(self, question_id: Id, value: Any, *, files: Sequence[Id] = ()) -> Question:
        """Answer a question with any JSON value that fits it. `ApiError` 409: another was first, or it is closed."""
        return await self._do(calls.answer(question_id, value, files))

    def messages(self, swarm_id: Id, node_id: Id | None = None) -> AsyncIterator[Message]:
        """Iterate over what was written to a swarm and its nodes, or what one node reads; the oldest first."""
        return self._each(calls.messages(swarm_id, node_id))

    async def write(
        self,
        swarm_id: Id,
        content: str,
        *,
        node_id: Id | None = None,
        files: Sequence[Id] = (),
        idempotency_key: str | None = None,
    ) -> Message:
        """Write to a node or to the whole swarm; who it is for reads it at its next activation."""
        return await self._do(calls.write(swarm_id, content, node_id, files, idempotency_key))

    async def upload(self, *files: File, idempotency_key: str | None = None) -> list[Upload]:
        """Send files, by their paths or as (name, content), to be named in `files` of a goal, a message, an answer."""
        return await self._do(await asyncio.to_thread(calls.upload, files, idempotency_key))

    async def events(
        self, swarm_id: Id, after_seq: int = 0, *, kinds: Sequence[str] = (), within_s: float | None = None
    ) -> AsyncIterator[Event]:
        """Yield a swarm's events, those that were and each as it comes, until the swarm has terminated.

        Every event once and in order, over as many connections as it takes. `kinds`: as in `("node.*",)`.
        `within_s` bounds the whole iteration (`DeadlineError`); without a connection the client's patience does.
        """
        tail = Tail(swarm_id, after_seq, kinds=kinds, within_s=within_s, patience=self._patience)
        if after_seq:
            tail.check(await self.swarm(swarm_id))
        while not tail.is_over():
            came: Reply | Lost = Lost("the stream ended")
            wanted = stream_of(tail.call(), self.token, tail.silence_s, self._patience)
            try:
                async with self._http.stream(**wanted) as response:
                    if response.is_success:
                        tail.opened(response.headers)
                        async for chunk in response.aiter_bytes():
                            for event in tail.feed(chunk):
                                yield event
                            if tail.is_over():
                                return
                    else:
                        came = reply_of(response, await response.aread())
            except httpx.RequestError as error:
                came = lost(error)
            except MissedError as error:
                came = Lost(str(error))
            await asyncio.sleep(tail.pause(came))

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
