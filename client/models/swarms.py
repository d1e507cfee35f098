"""Swarms, nodes and events, as the API gives them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from pgswarm.client.models.given import Given


class Started(Given):
    """A swarm that was started, forked or copied. `forked_at_seq` is the event that a fork really is at."""

    swarm_id: UUID
    root_node_id: UUID
    status: str
    created_at: datetime
    forked_from: UUID | None = None
    forked_at_seq: int | None = None


class StandsOn(Given):
    """The version of a blueprint that a swarm started from, and keeps; `newest_version`: of the same name."""

    blueprint_id: UUID
    name: str
    version: int
    newest_version: int


class Swarm(Given):
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
    budget: dict[str, float] = Field(default_factory=dict)
    blueprint: StandsOn | None = None
    terminated_at: datetime | None = None


class Steered(Given):
    """What became of a swarm that was told to pause, go on or end. Not `changed`: it was so already."""

    swarm_id: UUID
    changed: bool
    status: str
    outcome: str | None


class Supervised(Given):
    """What a person must say yes to before it is done. Not `changed`: it was so already."""

    swarm_id: UUID
    approve: str
    changed: bool


class Raised(Given):
    """A swarm's limits as they are now."""

    swarm_id: UUID
    status: str
    paused_reason: str | None
    budget: dict[str, float]


class Changed(Given):
    """What became of a node that was acted on. Not `changed`: it was so already."""

    node_id: UUID
    changed: bool
    status: str


class Replaced(Given):
    """The node that takes the place of one that had terminated, `retry_of`."""

    node_id: UUID
    retry_of: UUID


class Spend(Given):
    """What a node spent on models, by itself and with all below it."""

    node_id: UUID
    llm_calls: int
    tokens: int
    cost_usd: float
    subtree_nodes: int
    subtree_llm_calls: int
    subtree_input_tokens: int
    subtree_output_tokens: int
    subtree_cost_usd: float


class WorkspaceFile(Given):
    """A file or folder of a swarm's workspace; `seq` is the event that told of it."""

    path: str
    kind: str
    size: int
    executable: bool
    sha256: str | None
    node_id: UUID | None
    seq: int
    at: datetime


class LlmCall(Given):
    """One call of a model. `sends`: how often it was sent; `memo`: whether it is an earlier answer, used again.

    Texts of `request` and `response` are whole.
    """

    node_id: UUID
    activation: int
    call_no: int
    model: str
    request: dict[str, Any] | None
    response: Any
    input_tokens: int
    output_tokens: int
    cost_usd: float
    sends: int
    started_at: datetime
    finished_at: datetime | None
    prompt: str | None = None
    memo: bool = False


class Node(Given):
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
    args: dict[str, Any] = Field(default_factory=dict)
    state: Any = None
    notes: list[dict[str, Any]] = Field(default_factory=list)
    cost_usd: float | None = None


class Event(Given):
    """An event; `data` is the whole row that it is about.

    `verb` and `actor` are only there in `Client.history`, `cursor` in `Client.all_events`: it goes on after the event.
    """

    swarm_id: UUID
    seq: int
    kind: str
    at: datetime
    node_id: UUID | None
    data: dict[str, Any]
    verb: str | None = None
    actor: str | None = None
    cursor: str | None = None


class Difference(Given):
    """A place in the tree at which two swarms differ; `here` and `there` are the nodes."""

    what: str
    changes: list[str]
    depth: int
    here: dict[str, Any] | None
    there: dict[str, Any] | None


class Diff(Given):
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
