"""What the client raises.

Rule: whatever the server or the network does, it is one of these; bad arguments are `ValueError`. The parts of an
`ApiError` are those of RFC 9457.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID


class ClientError(Exception):
    """Everything that goes wrong between a client and its server."""


class ApiError(ClientError):
    """The server's refusal. `type` is stable (`urn:pgswarm:problem:…`), `field` and `remedy` say what to correct."""

    def __init__(self, status: int, document: Mapping[str, Any], retry_after_s: float | None = None) -> None:
        """Take the HTTP status, the problem document (of a proxy's answer: what there is), and `Retry-After`."""
        super().__init__(status, document, retry_after_s)
        self.status = status
        self.retry_after_s = retry_after_s
        self.type = str(document.get("type") or "about:blank")
        self.title = str(document.get("title") or f"HTTP status {status}")
        self.detail = str(document.get("detail") or self.title)
        self.field: str | None = document.get("field")
        self.remedy: str | None = document.get("remedy")
        self.errors: list[dict[str, str]] = document.get("errors") or []
        self.request_id: str | None = document.get("request_id")

    def __str__(self) -> str:
        about = f" ({self.field})" if self.field else ""
        return f"{self.status} {self.detail}{about}" + (f": {self.remedy}" if self.remedy else "")


class UnreachableError(ClientError):
    """No answer came within the client's patience, or the connection was lost where a repeat might act twice."""


class ProtocolError(ClientError):
    """What answers is no pgswarm API, or a newer one than this client can read."""


class DeadlineError(ClientError, TimeoutError):
    """The time that the caller gave is over. The swarm goes on."""


class SwarmError(ClientError):
    """A swarm that was waited for gives no report. `swarm_id` says which."""

    def __init__(self, swarm_id: UUID, message: str) -> None:
        """Take the swarm and what there is to say."""
        super().__init__(swarm_id, message)
        self.swarm_id = swarm_id
        self.message = message

    def __str__(self) -> str:
        return self.message


class NotSucceededError(SwarmError):
    """It failed, was cancelled, or is out of budget; then `outcome` is None and it can go on: `raise_budget`."""

    def __init__(self, swarm_id: UUID, message: str, outcome: str | None = None) -> None:
        """Take the outcome, too."""
        super().__init__(swarm_id, message)
        self.args = (swarm_id, message, outcome)
        self.outcome = outcome


class QuestionOpenError(SwarmError):
    """It asks and there is nobody to answer. It waits: `answer` the question, then `wait` for the swarm."""

    def __init__(self, swarm_id: UUID, message: str, question_id: UUID) -> None:
        """Take the question, too."""
        super().__init__(swarm_id, message)
        self.args = (swarm_id, message, question_id)
        self.question_id = question_id
