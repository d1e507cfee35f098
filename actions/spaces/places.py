"""What a node sees of the three spaces: places, one level at a time, and what it may change there.

Rule: every read is bounded: a page of one level, the line of folders above one entry, or a space that is small.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias
from uuid import UUID

Space: TypeAlias = Literal["action", "memory", "util"]


@dataclass(frozen=True, slots=True)
class Place:
    """One entry as a level shows it; a space's root has the path "".

    `holds`: entries can lie below it; `takes`: this swarm's own may; `search`: how it is looked into (see
    `schema.kinds.Search`). A pointer has the fields of what it points to. `below`: how many lie right below it.
    """

    entry_id: UUID
    name: str
    path: str
    kind: str
    description: str = ""
    own: bool = True
    holds: bool = False
    takes: bool = False
    search: str = "none"
    target_id: UUID | None = None
    below: int = 0
    status: str = "up_to_date"
    version: int = 1
    fields: Mapping[str, Any] = field(default_factory=dict)


def lives_elsewhere(place: Place) -> bool:
    """Say whether a retriever serves this branch: it is asked, and not walked."""
    return bool(place.fields.get("retriever"))


class Spaces(Protocol):
    """The spaces in sight of a swarm: its own entries, its blueprint's, and the built-in ones, as one tree each.

    Changes are verbs of the database: each takes the swarm's lock, tells what it did, and may be sent twice. They raise
    `ConflictError` and `NotFoundError` (`schema.errors`).
    """

    async def level(
        self, space: Space, folder_id: UUID | None = None, *, after: str = "", limit: int = 50
    ) -> Sequence[Place]:
        """Return a page of what lies right below a folder (left out: the root), by name, from behind `after`."""

    async def line(self, space: Space, where: UUID | str = "") -> Sequence[Place]:
        """Return an entry, by id or path, and the folders above it, the root first; nothing where there is none."""

    async def leaves(self, space: Space, most: int) -> Sequence[Place] | None:
        """Return all of a space that is no folder, and branches that a retriever serves; None where it is more."""

    async def save(
        self,
        space: Space,
        parent_id: UUID,
        name: str,
        kind: str,
        *,
        content: bytes | None = None,
        description: str | None = None,
        fields: Mapping[str, Any] | None = None,
        target_id: UUID | None = None,
        derived_from: Sequence[UUID] | None = None,
        if_version: int | None = None,
    ) -> UUID:
        """File an entry below a folder; `if_version` 0: only where there is none of that name (else ConflictError)."""

    async def move(self, entry_id: UUID, *, parent_id: UUID | None = None, name: str | None = None) -> None:
        """Move an entry of the swarm's own below another folder, give it another name, or both."""

    async def merge(self, entry_id: UUID, into_id: UUID) -> None:
        """Merge a folder into another, level by level, or an entry into its twin."""
