"""Spaces, blueprints and processors, as the API gives them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pgswarm.client.models.given import Given


class Entry(Given):
    """One entry of a space; `size` in bytes. An action that processors bring with them has no `entry_id`."""

    space: str
    path: str
    name: str
    kind: str
    description: str
    entry_id: UUID | None
    swarm_id: UUID | None
    version: int
    status: str
    size: int


class Passage(Given):
    """A passage of a swarm's memory that fits a query."""

    entry_id: UUID
    name: str
    path: str
    content: str
    first_line: int
    last_line: int
    score: float


class Blueprint(Given):
    """Options that swarms start with, by the names of `StartOptions`. Without `owner_id` it is for everybody."""

    blueprint_id: UUID
    owner_id: UUID | None
    name: str
    version: int
    settings: dict[str, Any]


class Worker(Given):
    """A running processor; where it runs is told to administrators only. `alive`: its lease holds."""

    worker_id: UUID
    host: str | None
    pid: int | None
    version: str
    alive: bool
    draining: bool
    running: int
    fenced_writes: int
    started_at: datetime
    heartbeat_at: datetime
    stopped_at: datetime | None
