"""The client for programs without an event loop.

Rule: what is decided, is decided in the modules that it shares with `AsyncClient`; here is only IO. Both have the same
methods. A client may be used by several threads.
"""

import time
from collections.abc import Callable, Iterator, Sequence
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
Ask = Callable[[Question], Any]
"""What is asked a question and returns the answer."""


class Client:
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

    def signup(self, username: str, password: str) -> Account:
        """Make an account, where the server lets anybody. It does not log in."""
        return self._do(calls.signup(username, password))

    def login(self, username: str, password: str) -> AccessToken:
        """Log in: from now on this client calls with the token that it got."""
        found = self._do(calls.login(username, password))
        self.token = found.access_token
        return found

    def logout(self) -> None:
        """End this client's token and forget it."""
        self._do(calls.logout())
        self.token = None

    def me(self) -> Account:
        """Return who this client calls as."""
        return self._do(calls.me())

    def start(self, goal: str, *, idempotency_key: str | None = None, **options: Unpack[StartOptions]) -> Started:
        """Start a swarm. With a key of the caller's own, a program that runs again gets the swarm of its first run."""
        return self._do(calls.start(goal, options, idempotency_key))

    def swarm(self, swarm_id: Id) -> Swarm:
        """Return a swarm, its goal and report whole."""
        return self._do(calls.swarm(swarm_id))

    def swarms(self, *, status: str | None = None, conversation_id: Id | None = None) -> Iterator[Swarm]:
        """Iterate over the account's swarms, newest first; an administrator's over everybody's."""
        return self._each(calls.swarms(status, conversation_id))

    def node(self, swarm_id: Id, node_id: Id) -> Node:
        """Return a node, its texts whole."""
        return self._do(calls.node(swarm_id, node_id))

    def nodes(
        self,
        swarm_id: Id,
        *,
        status: str | None = None,
        action: str | None = None,
        under: Id | None = None,
        parent_id: Id | None = None,
    ) -> Iterator[Node]:
        """Iterate over a swarm's nodes, parents before their children; `under`: a node and all below it."""
        return self._each(calls.nodes(swarm_id, status, action, under, parent_id))

    def state(self, swarm_id: Id, *, at_seq: int | None = None, at: datetime | None = None) -> Iterator[Node]:
        """Iterate over the nodes as they were after an event, or at a moment (with its time zone)."""
        return self._each(calls.state(swarm_id, at_seq, at))

    def history(self, swarm_id: Id, after_seq: int = 0) -> Iterator[Event]:
        """Iterate over the events that there are now, with who did what; `events` waits for those that come."""
        return self._each(calls.history(swarm_id, after_seq))

    def pause(self, swarm_id: Id) -> Steered:
        """Pause a swarm: what runs finishes, nothing new begins."""
        return self._do(calls.steer(swarm_id, "pause"))

    def resume(self, swarm_id: Id) -> Steered:
        """Go on with a paused swarm."""
        return self._do(calls.steer(swarm_id, "resume"))

    def cancel(self, swarm_id: Id) -> Steered:
        """End a swarm and all of its nodes."""
        return self._do(calls.steer(swarm_id, "cancel"))

    def cancel_node(self, swarm_id: Id, node_id: Id) -> None:
        """End a node and all below it."""
        self._do(calls.cancel_node(swarm_id, node_id))

    def raise_budget(self, swarm_id: Id, **budget: float) -> None:
        """Set limits anew, as in `raise_budget(swarm_id, nodes=500)`, and go on where the swarm is paused."""
        self._do(calls.raise_budget(swarm_id, budget))

    def fork(self, swarm_id: Id, at_seq: int, *, idempotency_key: str | None = None) -> Started:
        """Make a swarm that goes on from a past event of this one."""
        return self._do(calls.fork(swarm_id, at_seq, idempotency_key))

    def copy(self, swarm_id: Id, *, idempotency_key: str | None = None) -> Started:
        """Make a swarm that goes on from where this one is now."""
        return self._do(calls.copy(swarm_id, idempotency_key))

    def diff(self, swarm_id: Id, other_id: Id, *, limit: int = 100) -> Diff:
        """Compare two swarms node by node; of the differences, the first `limit`."""
        return self._do(calls.diff(swarm_id, other_id, limit))

    def question(self, question_id: Id) -> Question:
        """Return a question, its prompt whole."""
        return self._do(calls.question(question_id))

    def questions(
        self, *, swarm_id: Id | None = None, conversation_id: Id | None = None, only_open: bool = True
    ) -> Iterator[Question]:
        """Iterate over the inbox: the open questions of all swarms, the oldest first."""
        return self._each(calls.questions(swarm_id, conversation_id, only_open=only_open))

    def answer(self, question_id: Id, value: Any, *, files: Sequence[Id] = ()) -> Question:
        """Answer a question with any JSON value that fits it. `ApiError` 409: another was first, or it is closed."""
        return self._do(calls.answer(question_id, value, files))

    def messages(self, swarm_id: Id, node_id: Id | None = None) -> Iterator[Message]:
        """Iterate over what was written to a swarm and its nodes, or what one node reads; the oldest first."""
        return self._each(calls.messages(swarm_id, node_id))

    def write(
        self,
        swarm_id: Id,
        content: str,
        *,
        node_id: Id | None = None,
        files: Sequence[Id] = (),
        idempotency_key: str | None = None,
    ) -> Message:
        """Write to a node or to the whole swarm; who it is for reads it at its next activation."""
        return self._do(calls.write(swarm_id, content, node_id, files, idempotency_key))

    def upload(self, *files: File, idempotency_key: str | None = None) -> list[Upload]:
        """Send files, by their paths or as (name, content), to be named in `files` of a goal, a message, an answer."""
        return self._do(calls.upload(files, idempotency_key))

    def events(
        self, swarm_id: Id, after_seq: int = 0, *, kinds: Sequence[str] = (), within_s: float | None = None
    ) -> Iterator[Event]:
        """Yield a swarm's events, those that were and each as it comes, until the swarm has terminated.

        Every event once and in order, over as many connections as it takes. `kinds`: as in `("node.*",)`.
        `within_s` bounds the whole iteration (`DeadlineError`); without a connection the client's patience does.
        """
        tail = Tail(swarm_id, after_seq, kinds=kinds, within_s=within_s, patience=self._patience)
        if after_seq:
            tail.check(self.swarm(swarm_id))
        while not tail.is_over():
            came: Reply | Lost = Lost("the stream ended")
            wanted = stream_of(tail.call(), self.token, tail.silence_s, self._patience)
            try:
                with self._http.stream(**wanted) as response:
                    if response.is_success:
                        tail.opened(response.headers)
                        for chunk in response.iter_bytes():
                            yield from tail.feed(chunk)
                            if tail.is_over():
                                return
                    else:
                        came = reply_of(response, response.read())
            except httpx.RequestError as error:
                came = lost(error)
            except MissedError as error:
                came = Lost(str(error))
            time.sleep(tail.pause(came))

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
