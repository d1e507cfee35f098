"""What a connection offers: one action each, and what a registration needs of it.

Rule: what cannot be taken (a name, a schema) is left out with its reason, and never hinders the rest.
"""

from dataclasses import dataclass, field
from typing import Any

from pgswarm.actions.base import Action


@dataclass(frozen=True, slots=True)
class Offer:
    """What one server or agent offered: its actions, what was left out and why."""

    connection: str
    """As in `mcp.files` or `a2a.travel`, the table of the file."""
    actions: tuple[Action[Any], ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreached:
    """A connection that did not answer: which, why, and what to do."""

    connection: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Found:
    """All connections, as they answered."""

    offers: tuple[Offer, ...] = field(default=())
    unreached: tuple[Unreached, ...] = field(default=())
