"""What the routes of a swarm's workspace give."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from pgswarm.api.swarms.models import AT, NODE_ID


class WorkspaceFile(BaseModel):
    """A file or folder of a swarm's workspace, as it lies there now."""

    path: str = Field(examples=["src/game.py"])
    kind: Literal["file", "folder"]
    size: int = Field(description="Bytes.")
    executable: bool
    sha256: str | None = Field(description="Of the content; folders have none.")
    node_id: UUID | None = Field(examples=[NODE_ID], description="The node that wrote it.")
    seq: int = Field(description="The event that told of it, `files.changed`.")
    at: datetime = Field(examples=[AT])
