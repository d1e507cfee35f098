"""What goes in and out of the routes of time."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from pgswarm.api.nodes.models import NodeSummary, Note, Status
from pgswarm.api.numbers import Integer
from pgswarm.api.swarms.models import AT, NODE_ID, SWARM_ID, Outcome, SwarmStatus

LARGEST_SEQ = 9_223_372_036_854_775_807
Seq = Annotated[int, Field(ge=1, le=LARGEST_SEQ)]
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")


def _must_be_a_moment(given: object) -> object:
    """Refuse numbers, which pydantic takes for seconds or milliseconds since 1970, as it guesses."""
    if isinstance(given, str) and not _MOMENT.fullmatch(given):
        raise ValueError("is no moment as RFC 3339 writes it, such as 2026-03-01T12:00:00Z (a + must be sent as %2B)")
    return given


Moment = Annotated[AwareDatetime, BeforeValidator(_must_be_a_moment)]


class ForkAt(BaseModel):
    """Where to fork."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"at_seq": 120}})

    at_seq: Integer = Field(
        ge=1, le=LARGEST_SEQ, description="The event after which the fork goes on; the rest of its verb belongs to it."
    )


class Forked(BaseModel):
    """The swarm that was made."""

    swarm_id: UUID = Field(examples=[SWARM_ID])
    root_node_id: UUID = Field(examples=[NODE_ID])
    status: SwarmStatus = Field(description="As the original's was then: a fork of a paused one is paused.")
    forked_from: UUID = Field(examples=[SWARM_ID])
    forked_at_seq: int = Field(
        examples=[123], description="The last event of the verb in which `at_seq` lies: what the fork really is at."
    )
    created_at: datetime = Field(examples=[AT])


class PastNode(NodeSummary):
    """A node as it was. Texts above 8 KB are cut, and end in `…`."""

    args: dict[str, Any]
    handler: str = Field(examples=["main"])
    state: Any
    notes: list[Note] = Field(description="What it had noted of its work.")
    lease_epoch: int
    lease_owner: UUID | None


class State(BaseModel):
    """A page of the nodes of a swarm as they were after an event."""

    swarm_id: UUID = Field(examples=[SWARM_ID])
    at_seq: int = Field(description="The event after which this was so; 0: before the first.", examples=[120])
    at: datetime | None = Field(description="When it was written.", examples=[AT])
    items: list[PastNode]
    next_cursor: str | None = None


class Event(BaseModel):
    """An event, as in `/events`; with the verb and who did it."""

    swarm_id: UUID = Field(examples=[SWARM_ID])
    seq: int = Field(examples=[3])
    kind: str = Field(examples=["node.running"])
    verb: str | None = Field(examples=["claim"])
    actor: str = Field(description="The account, or `role:<name>`.", examples=["role:pgswarm"])
    at: datetime = Field(examples=[AT])
    node_id: UUID | None = Field(examples=[NODE_ID])
    data: dict[str, Any] = Field(description="The whole row that it is about.")


class History(BaseModel):
    """A page of events, oldest first. The next one is `after_seq` = the last seq of this one."""

    items: list[Event]
    last_seq: int = Field(description="The swarm's newest event; the page is the last one when it holds it.")


class DiffSide(BaseModel):
    """One of two swarms in figures."""

    swarm_id: UUID = Field(examples=[SWARM_ID])
    goal: str
    status: SwarmStatus
    outcome: Outcome | None
    report: str | None
    forked_from: UUID | None
    forked_at_seq: int | None
    nodes: int
    leaves: int
    depth: int
    succeeded: int
    failed: int
    cancelled: int
    living: int
    questions: int
    open_questions: int
    llm_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float


class DiffNode(BaseModel):
    """A node on one side. Texts above 1 KB are cut, and end in `…`."""

    node_id: UUID = Field(examples=[NODE_ID])
    parent_id: UUID | None
    action: str = Field(examples=["text/write_text"])
    directive: str
    status: Status
    outcome: Outcome | None
    report: str | None
    cost_usd: float


class Difference(BaseModel):
    """A place in the tree at which the two differ."""

    what: Literal["changed", "only_here", "only_there"]
    changes: list[Literal["action", "directive", "status", "report", "cost"]]
    depth: int
    here: DiffNode | None
    there: DiffNode | None


class Shared(BaseModel):
    """The last event that two swarms have in common, and the swarm that keeps it."""

    swarm_id: UUID = Field(examples=[SWARM_ID])
    seq: int | None = Field(examples=[123])
    at: datetime | None = Field(examples=[AT])


class Diff(BaseModel):
    """What differs between two swarms. Nodes are compared that stand in the same place of their trees."""

    here: DiffSide
    there: DiffSide
    shared: Shared | None = Field(description="Null: neither is a fork of the other, nor both of a third.")
    same: int
    changed: int
    only_here: int
    only_there: int
    first: Difference | None = Field(description="Where they first part; null: they do not differ.")
    nodes: list[Difference] = Field(description="What differs, in the order in which it came to be, up to `limit`.")
