"""What is known of how a server can be asked for a model, shared with other processes where they keep it.

Rule: the first call is the probe: nothing is sent that nobody asked for, and nothing is asked twice that is known.
"""

import time
from dataclasses import dataclass
from typing import Final, Protocol

from pgswarm.actions.models.shapes import Shape

LOOK_AGAIN_S: Final = 3600.0
"""How long a process relies on what it has read: others may have found out more, or the server may be a newer one."""


@dataclass(frozen=True, slots=True)
class Known:
    """A model's shape, and the length of its vectors where it makes some (0: not tried)."""

    shape: Shape
    streamed: bool = False
    """Whether streaming was tried: `shape.streams` says with what result."""
    dimensions: int = 0


class Abilities(Protocol):
    """Where it is kept."""

    async def find(self, server: str, model: str) -> Known | None:
        """Return what is known and not too old."""

    async def learn(self, server: str, model: str, known: Known, *, anew: bool) -> None:
        """Keep what was found out; `anew`: nothing was known."""


class Shapes:
    """The shapes of one process, by model and schema."""

    def __init__(self, kept: Abilities | None) -> None:
        """Take where they are shared, if anywhere."""
        self._kept = kept
        self._shapes: dict[tuple[str, str], Shape] = {}
        self._looked_at: dict[str, float] = {}
        self._told: dict[str, Known] = {}

    async def of(self, server: str, model: str, schema: str, first: Shape) -> Shape:
        """Return how to ask for `schema`: as this schema needs it, as the model is known, else `first`."""
        now = time.monotonic()
        if self._kept is not None and now - self._looked_at.get(model, -LOOK_AGAIN_S) >= LOOK_AGAIN_S:
            self._looked_at[model] = now
            for key in [key for key in self._shapes if key[0] == model]:
                del self._shapes[key]
            self._told.pop(model, None)
            known = await self._kept.find(server, model)
            if known is not None:
                self._told[model] = known
                self._shapes[model, ""] = known.shape
        return self._shapes.get((model, schema)) or self._shapes.get((model, "")) or first

    async def keep(self, server: str, model: str, schema: str, shape: Shape, *, streamed: bool) -> None:
        """Keep what a call found out, for one schema or (`""`) for the model; tell the others what they do not know."""
        self._shapes[model, schema] = shape
        if schema:
            return
        before = self._told.get(model)
        streamed = streamed or (before is not None and before.streamed)
        known = Known(shape, streamed=streamed, dimensions=before.dimensions if before else 0)
        await self._tell(server, model, known)

    async def keep_dimensions(self, server: str, model: str, dimensions: int) -> None:
        """Keep how long the vectors of a model are."""
        before = self._told.get(model) or Known(Shape())
        await self._tell(server, model, Known(before.shape, before.streamed, dimensions))

    async def _tell(self, server: str, model: str, known: Known) -> None:
        before = self._told.get(model)
        if self._kept is not None and known != before:
            self._told[model] = known
            await self._kept.learn(server, model, known, anew=before is None)
