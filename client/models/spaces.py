"""Spaces, blueprints and processors, as the API gives them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pgswarm.client.models.given import Given


class Entry(Given):
    """One entry of a space; `size` in bytes. Without `swarm_id` it is shared: a blueprint's, or built in."""

    space: str
    path: str
    name: str
    kind: str
    description: str
    entry_id: UUID
    parent_id: UUID | None
    swarm_id: UUID | None
    blueprint_id: UUID | None
    version: int
    status: str
    size: int
    fields: dict[str, Any]
    target_id: UUID | None
    derived_from: list[UUID]


class LevelEntry(Given):
    """One entry of a level; `below`: how many lie right below it, at most 1,000. `search` counts also from above."""

    entry_id: UUID
    name: str
    path: str
    kind: str
    description: str
    layer: str
    portal: bool
    holds: bool
    search: str
    below: int
    target_id: UUID | None
    target_path: str | None
    version: int
    status: str
    size: int
    fields: dict[str, Any]


class Place(Given):
    """One step of the way to an entry."""

    entry_id: UUID
    depth: int
    name: str
    path: str
    kind: str
    description: str
    portal: bool
    search: str


class EntryVersion(Given):
    """What an entry was, or is. Without `author_node_id` a person made it so, or the system."""

    version: int
    path: str
    kind: str
    description: str
    size: int
    fields: dict[str, Any]
    derived_from: list[UUID]
    author_node_id: UUID | None
    author: str | None
    at: datetime
    removed_at: datetime | None
    removed_by: str | None


class Flaw(Given):
    """One rule that does not hold."""

    rule: str
    entry_id: UUID
    path: str
    detail: str


class Moved(Given):
    """What became of an entry that moved."""

    entry_id: UUID
    version: int


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
    """A version: `settings` by the names of `StartOptions`, names of keys, spaces. Without `owner_id`: everybody's.

    From `used_at` on it stands still; `base_ids` are the versions that it stands on, the nearest first.
    """

    blueprint_id: UUID
    owner_id: UUID | None
    name: str
    version: int
    description: str
    settings: dict[str, Any]
    keys: list[str]
    base_ids: list[UUID]
    created_at: datetime
    used_at: datetime | None


class CreatedVersion(Given):
    """A version of an action that a swarm made; `newest`: the one in force. `layer`: whose it is."""

    action_id: str
    version: int
    newest: bool
    layer: str
    entry_id: UUID
    path: str
    description: str
    hash: str
    fields: dict[str, Any]
    author_node_id: UUID | None
    at: datetime
    revoked_at: datetime | None
    revoked_why: str | None


class TouchedNode(Given):
    """A node that a version touched: it `ran` it, was `ordered` by one that did, or was `informed` by one's report."""

    node_id: UUID
    how: str
    depth: int
    action: str
    action_version: int
    status: str
    outcome: str | None
    directive: str
    files: list[str]
    entries: list[str]


class RunsAgain(Given):
    """Where a version's work is done again: `in_place`, or in a fork."""

    swarm_id: UUID
    in_place: bool
    status: str


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
