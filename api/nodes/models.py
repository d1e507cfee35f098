"""What the routes of nodes give."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from pgswarm.api.swarms.models import AT, NODE_ID, SWARM_ID, Outcome
from pgswarm.schema.notes import split

Status = Literal["pending", "running", "waiting_user", "awaiting_children", "terminated"]


class NodeSummary(BaseModel):
    """A node in a list. Texts above 8 KB are cut, and end in `…`."""

    swarm_id: UUID = Field(examples=[SWARM_ID])
    node_id: UUID = Field(examples=[NODE_ID])
    parent_id: UUID | None
    depth: int
    position: int
    action: str = Field(examples=["text/write_text"])
    action_version: int
    directive: str = Field(examples=["Write the summary"])
    status: Status
    outcome: Outcome | None
    report: str | None
    error: dict[str, Any] | None = Field(examples=[{"code": "timeout", "message": "took longer than 600 s"}])
    attempt: int
    activation: int
    priority: int
    open_children: int
    retry_of: UUID | None
    available_at: datetime = Field(examples=[AT])
    created_at: datetime = Field(examples=[AT])
    updated_at: datetime = Field(examples=[AT])
    terminated_at: datetime | None = Field(examples=[AT])


class Note(BaseModel):
    """What a node noted of its work: why it chose, what it left out."""

    activation: int
    level: str = Field(examples=["info"])
    text: str = Field(examples=["chose memory/retrieve: it asks what a text says"])


class Node(NodeSummary):
    """One node, its texts whole, with what it cost."""

    args: dict[str, Any]
    handler: str = Field(examples=["main"])
    state: Any = Field(description="What its action keeps from one activation to the next.")
    notes: list[Note] = Field(description="What it noted of its work, oldest first; at most 20.")
    max_attempts: int
    timeout_s: int
    lease_epoch: int
    lease_owner: UUID | None = Field(description="The worker that runs it.")
    lease_expires_at: datetime | None = Field(examples=[AT])
    children: int
    open_questions: int
    llm_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float


class Spend(BaseModel):
    """What a node spent on models, by itself and with all below it. Calls whose answer was lost count."""

    node_id: UUID = Field(examples=[NODE_ID])
    llm_calls: int
    tokens: int
    cost_usd: float
    subtree_nodes: int
    subtree_llm_calls: int
    subtree_input_tokens: int
    subtree_output_tokens: int
    subtree_cost_usd: float


class LlmCall(BaseModel):
    """One call of a model: what was sent, what came back, what it cost."""

    node_id: UUID = Field(examples=[NODE_ID])
    activation: int
    call_no: int
    request_hash: str
    model: str = Field(examples=["gpt-5.4-mini"])
    request: dict[str, Any] | None = Field(description="Null in a fork whose original has been deleted.")
    response: Any
    input_tokens: int
    output_tokens: int
    cost_usd: float
    prompt: str | None = Field(
        description="Which prompt asked: its task, version, source and hash.", examples=["route@1 shipped 1f3a9c0d5b7e"]
    )
    memo: bool = Field(description="Whether it is the answer of an earlier call that asked the same, at no cost.")
    sends: int = Field(description="How often it was sent; more than once where an answer was lost.")
    started_at: datetime = Field(examples=[AT])
    finished_at: datetime | None = Field(examples=[AT])


def noted(row: dict[str, Any]) -> dict[str, Any]:
    """Return a node's row with its notes beside its state."""
    state, notes = split(row["state"])
    return {**row, "state": state, "notes": notes}
