"""What goes in and out of the routes of swarms."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.api.numbers import IS_NUMBER, Flag, Integer, Number

LONGEST_GOAL = 100_000
MOST_FILES = 200
LARGEST = 2_147_483_647
RICHEST = 1_000_000_000

SWARM_ID = "0198f3a5-1111-7000-8000-000000000000"
NODE_ID = "0198f3a5-2222-7000-8000-000000000000"
AT = "2026-03-01T12:00:00Z"

SwarmStatus = Literal["active", "paused", "terminated"]
Outcome = Literal["succeeded", "failed", "cancelled"]
Approve = Literal["none", "plan", "every_step"]
Create = Literal["off", "ask", "auto"]
Whole = Annotated[int, Field(ge=0, le=LARGEST), IS_NUMBER]
Positive = Annotated[int, Field(ge=1, le=LARGEST), IS_NUMBER]
Quantity = Annotated[float, Field(ge=0, le=RICHEST, allow_inf_nan=False), IS_NUMBER]


class Budget(BaseModel):
    """Limits of a swarm; what is left out has its default. One that is reached pauses the swarm."""

    model_config = ConfigDict(extra="forbid")

    nodes: Positive | None = None
    depth: Whole | None = None
    children: Whole | None = Field(default=None, description="Children of one node.")
    activations: Positive | None = Field(default=None, description="Activations of one node.")
    llm_calls: Whole | None = None
    tokens: Whole | None = None
    cost_usd: Quantity | None = None
    duration_s: Quantity | None = Field(default=None, description="From the start, in seconds.")


class StartSwarm(BaseModel):
    """A swarm to start."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "goal": "Compare the two contracts and say where they differ",
                "budget": {"nodes": 300, "cost_usd": 2.5},
            }
        },
    )

    goal: str = Field(min_length=1, max_length=LONGEST_GOAL, pattern=r"\S", description="What is to be done.")
    action: str = Field(default="swarm/route_action", max_length=200, description="The action that works the root.")
    args: dict[str, Any] = Field(default_factory=dict, description="The action's arguments.")
    budget: Budget | None = None
    priority: Integer = Field(default=1, ge=0, le=2, description="0 first, 2 last.")
    share: Number = Field(default=1, ge=0.001, le=1000, description="Its part of the processors, beside other swarms.")
    approve: Approve = Field(default="none", description="What a person must say yes to before it is done.")
    create: Create | None = Field(
        default=None, description="New actions: none, or approved by a person, or by the operator's policy."
    )
    model: str | None = Field(default=None, min_length=1, max_length=300, description="The model, by name.")
    blueprint: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        pattern=r"\S",
        description="The blueprint that it starts from: the id of a version, or a name. A name is that of the newest "
        "version, the caller's own before everybody's.",
    )
    memo: Flag = Field(
        default=False, description="Use answers of models again that the caller's swarms with this option already have."
    )
    stream: Flag = Field(
        default=False, description="Let subscribers see what models say while they say it (`llm.partial`)."
    )
    conversation_id: UUID | None = Field(
        default=None, description="The conversation that it belongs to; an id of the caller's choice begins one."
    )
    files: list[UUID] | None = Field(
        default=None, max_length=MOST_FILES, description="Uploads that it may read, by id (`POST /v1/uploads`)."
    )

    def options(self) -> dict[str, Any]:
        """Return the `options` of `start_swarm`: only what was said, so that equal requests are equal."""
        said = self.model_dump(mode="json", exclude={"goal", "action", "args"}, exclude_unset=True)
        found = {name: value for name, value in said.items() if value is not None}
        if "budget" in found:
            found["budget"] = {name: limit for name, limit in found["budget"].items() if limit is not None}
        return found


class Started(BaseModel):
    """The swarm that was started."""

    swarm_id: UUID = Field(examples=[SWARM_ID])
    root_node_id: UUID = Field(examples=[NODE_ID])
    status: SwarmStatus = "active"
    created_at: datetime = Field(examples=[AT])


class SwarmSummary(BaseModel):
    """A swarm in a list. A goal above 8 KB is cut, and ends in `…`."""

    swarm_id: UUID = Field(examples=[SWARM_ID])
    owner_id: UUID | None
    conversation_id: UUID | None
    goal: str = Field(examples=["Compare the two contracts and say where they differ"])
    status: SwarmStatus
    paused_reason: str | None = Field(examples=["budget_exceeded"])
    outcome: Outcome | None
    nodes: int
    pending: int
    running: int
    waiting_user: int
    awaiting_children: int
    terminated: int
    open_questions: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    created_at: datetime = Field(examples=[AT])
    last_event_at: datetime | None = Field(examples=[AT])


class Limits(BaseModel):
    """What the swarm may use in all."""

    nodes: int
    depth: int
    children: int
    activations: int
    llm_calls: int
    tokens: int
    cost_usd: float
    duration_s: float


class Spent(BaseModel):
    """What the swarm has used; what is reserved is for calls that run now."""

    llm_calls: int
    tokens: int
    cost_usd: float
    reserved_tokens: int
    reserved_cost_usd: float


class StandsOn(BaseModel):
    """The version of a blueprint that a swarm started from, and keeps."""

    blueprint_id: UUID
    name: str = Field(examples=["careful"])
    version: int
    newest_version: int = Field(description="The newest of that name; swarms that start by the name get it.")


class Swarm(SwarmSummary):
    """One swarm, its texts whole. `last_seq` is its newest event: reading events after it misses nothing."""

    root_node_id: UUID = Field(examples=[NODE_ID])
    action: str = Field(examples=["swarm/route_action"])
    report: str | None = Field(examples=["They differ in clauses 4 and 11."])
    options: dict[str, Any]
    priority: int
    share: float
    budget: Limits
    spent: Spent
    blueprint_id: UUID | None
    blueprint: StandsOn | None
    forked_from: UUID | None
    forked_at_seq: int | None
    history_from_seq: int
    last_seq: int
    terminated_at: datetime | None = Field(examples=[AT])


class Steered(BaseModel):
    """What became of a swarm that was told to pause, go on or end."""

    swarm_id: UUID = Field(examples=[SWARM_ID])
    changed: bool = Field(description="False: it was so already, and nothing happened.")
    status: SwarmStatus
    paused_reason: str | None = Field(examples=["user"])
    outcome: Outcome | None
