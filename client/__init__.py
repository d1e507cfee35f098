"""A client of the HTTP API, for programs with asyncio and without: `Client` and `AsyncClient`, with the same methods.

Rule: it imports nothing else of pgswarm, only httpx and pydantic, so that it can be lifted out. See `docs/client.md`.
"""

from pgswarm.client.async_client import AsyncAsk, AsyncClient
from pgswarm.client.calls import File, Id, StartOptions
from pgswarm.client.client import Ask, Client
from pgswarm.client.errors import (
    ApiError,
    ClientError,
    DeadlineError,
    NotSucceededError,
    ProtocolError,
    QuestionOpenError,
    SwarmError,
    UnreachableError,
)
from pgswarm.client.models import (
    AccessToken,
    Account,
    Diff,
    Difference,
    Event,
    Message,
    Node,
    Question,
    Started,
    Steered,
    Swarm,
    Upload,
)
from pgswarm.client.patience import Patience

__all__ = [
    "AccessToken",
    "Account",
    "ApiError",
    "Ask",
    "AsyncAsk",
    "AsyncClient",
    "Client",
    "ClientError",
    "DeadlineError",
    "Diff",
    "Difference",
    "Event",
    "File",
    "Id",
    "Message",
    "Node",
    "NotSucceededError",
    "Patience",
    "ProtocolError",
    "Question",
    "QuestionOpenError",
    "StartOptions",
    "Started",
    "Steered",
    "Swarm",
    "SwarmError",
    "UnreachableError",
    "Upload",
]
