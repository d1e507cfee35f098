"""What the routes of actions that swarms made give, and what they take."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.api.numbers import Flag, Integer
from pgswarm.api.spaces.models import LARGEST
from pgswarm.api.swarms.models import AT, SWARM_ID

LONGEST_ID = 100
LONGEST_WHY = 1_000
ACTION = "created/count_words"
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class CreatedVersion(BaseModel):
    """One version of an action that a swarm made."""

    action_id: str = Field(examples=[ACTION])
    version: int
    newest: bool = Field(
        description="Whether it is the one in force: what is spawned now runs it, unless it is revoked."
    )
    layer: Literal["swarm", "blueprint"] = Field(description="Whose it is.")
    entry_id: UUID = Field(description="Its entry in the space `action`; its content is the source.")
    path: str = Field(examples=[ACTION])
    description: str
    hash: str = Field(examples=[HASH], description="Of what was approved.")
    fields: dict[str, Any] = Field(description="What it takes and gives, who approved it, its tests, the model.")
    author_node_id: UUID | None
    at: datetime = Field(examples=[AT])
    revoked_at: datetime | None
    revoked_why: str | None


class TouchedNode(BaseModel):
    """A node that a version of an action touched. A directive above 8 KB is cut, and ends in `…`."""

    node_id: UUID
    how: Literal["ran", "ordered", "informed"] = Field(
        description="It ran the version; was ordered by one that did; read the report of one, or what stands on that."
    )
    depth: int
    action: str = Field(examples=[ACTION])
    action_version: int
    status: str = Field(examples=["terminated"])
    outcome: str | None = Field(examples=["succeeded"])
    directive: str
    files: list[str] = Field(description="Paths in the workspace that it changed.")
    entries: list[str] = Field(description="Paths of entries of which it wrote a version.")


class _Version(BaseModel):
    model_config = ConfigDict(extra="forbid")

    action_id: str = Field(max_length=LONGEST_ID, pattern=r"^created/[a-z][a-z0-9_]*$", examples=[ACTION])
    version: Integer = Field(ge=1, le=LARGEST, examples=[1])


class RevokeAction(_Version):
    """Which version, and what is wrong with it."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"action_id": ACTION, "version": 1, "why": "It counts hyphens as words."}}
    )

    why: str = Field(
        min_length=1, max_length=LONGEST_WHY, pattern=r"\S", description="Nodes that wait for it fail with this."
    )
    everybody: Flag = Field(default=False, description="For all accounts, not only its owner's: administrators only.")


class RerunAction(_Version):
    """Which version is to be made good."""

    model_config = ConfigDict(json_schema_extra={"example": {"action_id": ACTION, "version": 1}})

    blueprint_id: UUID | None = Field(
        default=None,
        description="With the version that this blueprint has: in a swarm that has ended none can be made any more.",
    )


class Revoked(BaseModel):
    """That it is revoked."""

    changed: bool = Field(description="False: it was already.")


class RunsAgain(BaseModel):
    """Where it runs again."""

    swarm_id: UUID = Field(examples=[SWARM_ID], description="The swarm that goes on.")
    in_place: bool = Field(description="Whether it is the swarm itself; else a fork of it.")
    status: Literal["active", "paused", "terminated"] = Field(description="What was paused is paused in the fork too.")
