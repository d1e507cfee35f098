"""What the API gives, as far as a program needs it by name.

Rule: words such as a status are plain text and unknown fields are kept (`model_extra`), so that a server that knows
more than this client is no error.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)


class AccessToken(_Given):
    """A token, which the server shows this once."""

    access_token: str = Field(repr=False)
    expires_at: datetime


class Account(_Given):
    """Who calls."""

    account_id: UUID
    username: str
    role: str


class Started(_Given):
    """A swarm that was started, forked or copied. `forked_at_seq` is the event that a fork really is at."""

    swarm_id: UUID
    root_node_id: UUID
    status: str
    created_at: datetime
    forked_from: UUID | None = None
    forked_at_seq: int | None = None


class Swarm(_Given):
    """A swarm. What has a default is only there in `Client.swarm`, not in lists."""

    swarm_id: UUID
    goal: str
    status: str
    paused_reason: str | None
    outcome: str | None
    nodes: int
    open_questions: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    created_at: datetime
    root_node_id: UUID | None = None
    report: str | None = None
    last_seq: int = 0
    budget: dict[str, float] = {}
    terminated_at: datetime | None = None


class Steered(_Given):
    """What became of a swarm that was told to pause, go on or end. Not `changed`: it was so already."""

    swarm_id: UUID
    changed: bool
    status: str
    outcome: str | None


class Node(_Given):
    """A node. What has a default is not there in lists, but for the past (`Client.state`), which has no cost."""

    swarm_id: UUID
    node_id: UUID
    parent_id: UUID | None
    depth: int
    action: str
    directive: str
    status: str
    outcome: str | None
    report: str | None
    error: dict[str, Any] | None
    attempt: int
    activation: int
    retry_of: UUID | None
    created_at: datetime
    terminated_at: datetime | None
    args: dict[str, Any] = {}
    state: Any = None
    cost_usd: float | None = None


class Event(_Given):
    """An event; `data` is the whole row that it is about. `verb` and `actor` are only there in `Client.history`."""

    swarm_id: UUID
    seq: int
    kind: str
    at: datetime
    node_id: UUID | None
    data: dict[str, Any]
    verb: str | None = None
    actor: str | None = None


class Question(_Given):
    """A question to a person. `answer_schema`, where there is one, is the JSON schema that the answer must fit."""

    question_id: UUID
    swarm_id: UUID
    node_id: UUID
    goal: str
    prompt: str
    answer_schema: dict[str, Any] | None = Field(alias="schema")
    choices: list[Any] | None
    default_answer: Any
    status: str
    answer: Any
    asked_at: datetime
    expires_at: datetime | None


class Message(_Given):
    """What a person wrote to a node, or, without `node_id`, to the whole swarm."""

    message_id: UUID
    swarm_id: UUID
    node_id: UUID | None
    role: str
    content: str
    author: str
    at: datetime


class Upload(_Given):
    """A file that was sent; `size` in bytes."""

    upload_id: UUID
    name: str
    kind: str
    size: int
    sha256: str


class Difference(_Given):
    """A place in the tree at which two swarms differ; `here` and `there` are the nodes."""

    what: str
    changes: list[str]
    depth: int
    here: dict[str, Any] | None
    there: dict[str, Any] | None


class Diff(_Given):
    """What differs between two swarms, which are `here` and `there` in figures. `first`: where they part."""

    here: dict[str, Any]
    there: dict[str, Any]
    shared: dict[str, Any] | None
    same: int
    changed: int
    only_here: int
    only_there: int
    first: Difference | None
    nodes: list[Difference]
