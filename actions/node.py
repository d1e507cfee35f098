"""The one context object that a handler gets. The processor implements it; actions and tests see only this.

Everything here is a copy of rows or a call that journals itself; nothing here writes a node.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel

from pgswarm.schema.states import Outcome

ArgsT = TypeVar("ArgsT", bound=BaseModel)
SchemaT = TypeVar("SchemaT", bound=BaseModel)
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Report:
    """What one terminated child handed over; a failed child is a report too (`error` has `code` and `message`)."""

    node_id: UUID
    action: str
    directive: str
    outcome: Outcome
    report: str
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's answer to one question of this node, in the order in which they were asked.

    `expired`: nobody answered in time, `answer` is the question's default. `files`: names in the swarm's memory.
    """

    question_id: UUID
    prompt: str
    answer: Any
    expired: bool = False
    files: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What a person wrote to this node or its swarm without being asked. `files`: names in the swarm's memory."""

    content: str
    role: str
    files: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request to a model: `system` says what is to be done, `data` is what it is done to (sent as JSON).

    `task` names the kind of work (`decompose`, `route`, …); it is stable, so that recordings and rules can know it.
    """

    task: str
    system: str
    data: Mapping[str, Any] = field(default_factory=dict)
    role: str = "planner"


@dataclass(frozen=True, slots=True)
class SwarmInfo:
    """What a node may know of its swarm."""

    swarm_id: UUID
    owner_id: UUID | None
    goal: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EntryInfo:
    """One entry of the swarm's memory, without its content. `size` is in bytes, `kind` as in the space's table."""

    entry_id: UUID
    name: str
    kind: str
    description: str
    size: int
    path: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an entry's text that a search found: where it stands (line numbers from 1) and how well it fits."""

    entry_id: UUID
    name: str
    text: str
    first_line: int
    last_line: int
    score: float


class Memory(Protocol):
    """The swarm's memory: files attached by the person, and what nodes saved."""

    async def entries(self) -> Sequence[EntryInfo]:
        """List the entries that this node may read, oldest first."""

    async def read(self, name_or_id: str | UUID) -> str:
        """Return an entry's whole text; raise `ActionError` (`not_found`, `not_text`) with a remedy."""

    async def save(
        self, name: str, content: str, *, kind: str = "text", description: str = "", folder: str = ""
    ) -> UUID:
        """Save text under `name`; the same call in a retried activation saves once. Return the entry's id."""

    async def search(self, query: str, *, limit: int = 5, folder: str = "") -> Sequence[Passage]:
        """Return the passages that fit `query` best (full-text search), best first.

        `folder`: only what lies below it. The documentation of the swarm and its actions is found below `swarm` alone.
        """


@dataclass(frozen=True, slots=True)
class ActionChoice:
    """An action that a router may choose."""

    action_id: str
    description: str
    input_schema: Mapping[str, Any]


class Node(Protocol[ArgsT]):
    """The claimed node that a handler works on."""

    swarm_id: UUID
    node_id: UUID
    parent_id: UUID | None
    depth: int
    action: str
    directive: str
    args: ArgsT
    attempt: int
    activation: int
    state: dict[str, Any]
    """Durable: what a handler leaves here is committed with its outcome and is there in the next activation."""
    reports: Sequence[Report]
    """Of the last spawned set of children, in their order."""
    answers: Sequence[Answer]
    """To the questions of the last `Ask`, in their order."""
    messages: Sequence[Message]
    memory: Memory
    log: logging.LoggerAdapter[logging.Logger]

    async def swarm(self) -> SwarmInfo:
        """Return the swarm's goal, owner and options."""

    async def actions(self) -> Sequence[ActionChoice]:
        """Return the actions that a router may choose."""

    async def llm(self, schema: type[SchemaT], prompt: Prompt) -> SchemaT:
        """Ask the model; return a validated `schema`. Journaled: a retry of this activation does not pay again.

        Raises `ModelError` when the model cannot be reached or does not fit the schema after bounded repair.
        """

    async def effect(self, key: str, fn: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Do something outside the database at most once for `key`; `fn` returns JSON.

        Where a crash left it unknown whether it happened, a person is asked.
        """
