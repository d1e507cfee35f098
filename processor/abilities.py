"""What is known of models' servers, in the database: found out once, by whichever processor asks first."""

from typing import Final

from pgswarm.actions.models.abilities import Known
from pgswarm.actions.models.shapes import Mode, Shape
from pgswarm.processor.side import Side

KEPT_DAYS: Final = 7
"""After which a server is asked anew: it may have become a newer one."""

_FIND: Final = """
select structured, newer_limit, streams, stream_usage, dimensions from pgswarm.model_ability
 where server = %s and model = %s and learned_at > pgswarm.clock() - make_interval(days => %s)
"""
_LEARN: Final = """
select pgswarm.learn_model(server => %s, model => %s, structured => %s, newer_limit => %s, streams => %s,
                           stream_usage => %s, dimensions => %s, anew => %s)
"""


class SqlAbilities:
    """Implements `pgswarm.actions.models.abilities.Abilities`."""

    def __init__(self, side: Side) -> None:
        """Take the side door."""
        self._side = side

    async def find(self, server: str, model: str) -> Known | None:
        """Return what is known and not too old."""
        rows = await self._side.rows(_FIND, (server, model, KEPT_DAYS))
        if not rows:
            return None
        structured, newer_limit, streams, stream_usage, dimensions = rows[0]
        shape = Shape(
            mode=Mode(structured or Mode.JSON_SCHEMA),
            newer_limit=bool(newer_limit),
            streams=streams is not False,
            stream_usage=stream_usage is not False,
        )
        return Known(shape, streamed=streams is not None, dimensions=dimensions or 0)

    async def learn(self, server: str, model: str, known: Known, *, anew: bool) -> None:
        """Keep what was found out."""
        shape = known.shape
        tried = (shape.streams, shape.stream_usage) if known.streamed else (None, None)
        structured = None if known.dimensions else shape.mode.value
        await self._side.rows(
            _LEARN,
            (server, model, structured, shape.newer_limit, *tried, known.dimensions or None, anew),
        )
