"""What the routes of spaces give."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from pgswarm.api.swarms.models import AT, SWARM_ID

Space = Literal["action", "memory", "util"]


class Entry(BaseModel):
    """One entry of a space. An action that processors bring with them has no `entry_id`: it is known by its path."""

    space: Space
    path: str = Field(examples=["reports/summary.md"])
    name: str = Field(examples=["summary.md"])
    kind: str = Field(examples=["markdown"])
    description: str
    entry_id: UUID | None
    swarm_id: UUID | None = Field(examples=[SWARM_ID], description="The swarm whose it is; none: shared.")
    author_node_id: UUID | None
    version: int
    status: Literal["up_to_date", "out_of_date"]
    size: int = Field(description="Bytes.")
    fields: dict[str, Any] = Field(description="What entries of this kind have besides.")
    created_at: datetime | None = Field(examples=[AT])
    updated_at: datetime = Field(examples=[AT])


class Passage(BaseModel):
    """A passage of a swarm's memory that fits a query."""

    entry_id: UUID
    name: str = Field(examples=["contract.txt"])
    path: str = Field(examples=["contract.txt"])
    content: str = Field(examples=["The tenant shall …"])
    first_line: int
    last_line: int
    score: float


class Passages(BaseModel):
    """What was found, best first, and how it was looked for."""

    items: list[Passage]
    method: Literal["full_text"] = "full_text"


class Blueprint(BaseModel):
    """A blueprint: options that swarms start with."""

    blueprint_id: UUID
    owner_id: UUID | None = Field(description="None: it is for everybody.")
    name: str = Field(examples=["careful"])
    version: int
    settings: dict[str, Any] = Field(examples=[{"approve": "plan", "budget": {"nodes": 300}}])
    created_at: datetime = Field(examples=[AT])
