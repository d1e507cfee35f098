"""What a frame is, for the documentation; frames themselves are made by the database and never parsed here."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

_NODE: Final = "0198f3a5-2222-7000-8000-000000000000"
_SWARM: Final = "0198f3a5-1111-7000-8000-000000000000"


class EventFrame(BaseModel):
    """The `data` of one event."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "swarm_id": _SWARM,
                "seq": 3,
                "kind": "node.running",
                "at": "2026-01-01T12:00:00.000001+00:00",
                "node_id": _NODE,
                "data": {"node_id": _NODE, "status": "running", "action": "swarm/route_action", "attempt": 1},
            }
        }
    )

    swarm_id: UUID
    seq: int = Field(description="1 for a swarm's first event, and no gap after it.")
    kind: str = Field(description="What happened.", examples=["node.terminated"])
    at: datetime = Field(description="When, by the database's clock.")
    node_id: UUID | None = Field(description="The node that it happened to; null where it is about the swarm.")
    data: dict[str, Any] = Field(description="The whole row: of the node, the question, the message, or the swarm.")


EXAMPLE: Final = (
    f'id: 3\nevent: node.running\ndata: {{"swarm_id": "{_SWARM}", "seq": 3, "kind": "node.running", '
    f'"at": "2026-01-01T12:00:00.000001+00:00", "node_id": "{_NODE}", "data": {{"status": "running"}}}}\n\n'
)
