"""One configured agent, spoken to through the A2A package: its card, messages, tasks.

Rules: the card may not send us, and the headers, to another host than the one configured, unless the operator allows
it. What fails before a message is sent is `UnreachableError`; what fails after, `LostReplyError`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from a2a.client import A2ACardResolver, Client, ClientConfig, ClientFactory
from a2a.client.errors import A2AClientError
from a2a.types import (
    AgentCard,
    CancelTaskRequest,
    GetTaskRequest,
    Message,
    Part,
    Role,
    SendMessageConfiguration,
    SendMessageRequest,
)
from a2a.utils.errors import A2AError, TaskNotFoundError
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Value

from pgswarm.actions.base import ActionError
from pgswarm.actions.outside.a2a.http import http_client
from pgswarm.actions.outside.a2a.parts import Came, of_message, of_task
from pgswarm.actions.outside.errors import LostReplyError, TooLargeError, UnreachableError
from pgswarm.actions.outside.settings import A2aSettings, resolved
from pgswarm.actions.outside.texts import MAX_MESSAGE, one_line, without

BINDINGS = ("JSONRPC", "HTTP+JSON")
OUTPUTS = ("text/plain", "text/markdown", "application/json")


@dataclass(slots=True)
class Agent:
    """A configured agent, by name."""

    name: str
    settings: A2aSettings
    gate: asyncio.Semaphore

    @classmethod
    def of(cls, name: str, settings: A2aSettings) -> "Agent":
        """Return it with its bound on concurrent calls."""
        return cls(name, settings, asyncio.Semaphore(settings.concurrency))

    @property
    def title(self) -> str:
        """How people know it."""
        return f"a2a.{self.name}"

    def secrets(self) -> frozenset[str]:
        """Return what no text of the agent may hold."""
        return resolved(self.settings.headers, f"{self.title}.headers")[1]

    def told(self, error: BaseException | str) -> str:
        """Return an error as a line without secrets."""
        text = error if isinstance(error, str) else str(error) or type(error).__name__
        return one_line(without(self.secrets(), text), MAX_MESSAGE)

    @contextlib.asynccontextmanager
    async def http(self) -> AsyncIterator[httpx.AsyncClient]:
        """Yield a client with the configured headers, one of `concurrency` at a time."""
        settings = self.settings
        headers, _ = resolved(settings.headers, f"{self.title}.headers")
        http = http_client(headers, settings.connect_timeout_s, settings.timeout_s, settings.max_bytes)
        async with self.gate, http:
            yield http

    async def card(self, http: httpx.AsyncClient) -> AgentCard:
        """Return the agent's card with the interfaces that we may speak to; raise `UnreachableError`."""
        settings = self.settings
        try:
            async with asyncio.timeout(settings.connect_timeout_s):
                card: AgentCard = await A2ACardResolver(http, settings.url, settings.card).get_agent_card()
        except (A2AError, TooLargeError, ValueError, TypeError, AttributeError, KeyError, TimeoutError) as error:
            reason = "its card did not come in time" if isinstance(error, TimeoutError) else self.told(error)
            raise UnreachableError(self.title, reason) from None
        usable = [
            one
            for one in card.supported_interfaces
            if settings.other_origin or _origin(one.url) == _origin(settings.url)
        ]
        if not any(one.protocol_binding in BINDINGS for one in usable):
            raise UnreachableError(
                self.title,
                "its card names no interface that speaks JSON over HTTP at the configured host (other_origin = true "
                "allows another)",
            )
        del card.supported_interfaces[:]
        card.supported_interfaces.extend(usable)
        return card

    def client(self, http: httpx.AsyncClient, card: AgentCard) -> Client:
        """Return a client that never waits for a task to end."""
        return ClientFactory(
            ClientConfig(streaming=False, polling=True, httpx_client=http, supported_protocol_bindings=list(BINDINGS))
        ).create(card)

    async def send(self, client: Client, message: Message) -> Came | dict[str, str]:
        """Send a message; return what came, or a definite refusal as `{"kind": "error"}`. Raises `LostReplyError`."""
        request = SendMessageRequest(
            message=message,
            configuration=SendMessageConfiguration(accepted_output_modes=OUTPUTS, return_immediately=True),
        )
        try:
            async with asyncio.timeout(self.settings.timeout_s):
                async for event in client.send_message(request):
                    if event.HasField("message"):
                        return of_message(event.message, self.secrets())
                    if event.HasField("task"):
                        return of_task(event.task, self.secrets())
        except (A2AError, TooLargeError, ValueError, KeyError, TimeoutError) as error:
            if _refused(error):
                return {"kind": "error", "text": self.told(error)}
            raise LostReplyError(self.title, self.told(error)) from None
        return {"kind": "error", "text": "it answered with neither a message nor a task"}

    async def look(self, client: Client, task_id: str) -> Came:
        """Return where a task stands; raise `UnreachableError`, or `ActionError` where the agent has lost it."""
        try:
            async with asyncio.timeout(self.settings.timeout_s):
                task = await client.get_task(GetTaskRequest(id=task_id, history_length=0))
        except TaskNotFoundError:
            raise ActionError("outside_task_lost", f"{self.title} no longer knows its task {task_id}.") from None
        except (A2AError, TooLargeError, ValueError, KeyError, TimeoutError) as error:
            raise UnreachableError(self.title, self.told(error)) from None
        return of_task(task, self.secrets())

    async def cancel(self, client: Client, task_id: str) -> None:
        """Ask the agent to stop a task; whether it does is its own business."""
        with contextlib.suppress(A2AError, TooLargeError, ValueError, KeyError, TimeoutError):
            async with asyncio.timeout(self.settings.connect_timeout_s):
                await client.cancel_task(CancelTaskRequest(id=task_id))


def message(message_id: UUID, skill: str, text: str, data: Any, task: tuple[str, str]) -> Message:
    """Return a message of ours; the same id for the same round of the same node, so that an agent may know a repeat.

    `task` is the ids of the task and its context, empty for a first message. The protocol has no field for the skill
    that is meant: it is named in the metadata, which an agent may read.
    """
    parts = [Part(text=text)]
    if data is not None:
        parts.append(Part(data=ParseDict(data, Value()), media_type="application/json"))
    task_id, context_id = task
    return Message(
        message_id=str(message_id),
        role=Role.ROLE_USER,
        parts=parts,
        task_id=task_id,
        context_id=context_id,
        metadata={"skillId": skill},
    )


def _refused(error: BaseException) -> bool:
    """Say whether the agent has answered, with a no: nothing is left open then."""
    if not isinstance(error, A2AClientError):
        return isinstance(error, A2AError)
    cause = error.__cause__
    if isinstance(cause, httpx.HTTPStatusError):
        return cause.response.is_client_error
    return cause is None


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
