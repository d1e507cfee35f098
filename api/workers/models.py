"""What the route of workers gives."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from pgswarm.api.swarms.models import AT


class Worker(BaseModel):
    """One running processor. Where it runs is told to administrators only."""

    worker_id: UUID
    host: str | None = Field(examples=["worker-3"])
    pid: int | None
    version: str = Field(examples=["0.1.0"])
    alive: bool = Field(description="Its lease holds: nobody takes over what it runs.")
    draining: bool
    running: int = Field(description="Nodes that it runs now.")
    fenced_writes: int = Field(description="Late writes of its that were refused.")
    started_at: datetime = Field(examples=[AT])
    heartbeat_at: datetime = Field(examples=[AT])
    expires_at: datetime = Field(examples=[AT])
    stopped_at: datetime | None = Field(examples=[AT])
    stopped_reason: str | None
