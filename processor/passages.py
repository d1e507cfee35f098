"""The passages of the swarm's memory as handlers see them, over the reads and the verb of vectors."""

import math
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from pgswarm.actions.base import ActionError
from pgswarm.actions.node import Passage
from pgswarm.processor.encode import BadValueError, text
from pgswarm.processor.side import Side
from pgswarm.schema.errors import NotFoundError

MAX_MISSING: Final = 10_000
MAX_RESULTS: Final = 100

_FIND: Final = "select pgswarm.find_entry(swarm_id => %s, path => %s)"
_WHOSE: Final = "select pgswarm.memory_of(swarm_id => %s, into_swarm => %s)"
_MISSING: Final = """
select hash, content from pgswarm.missing_vectors(swarm_id => %s, model => %s, max_passages => %s, folder_id => %s)
"""
_KEEP: Final = "select pgswarm.keep_vectors(model => %s, hashes => %s::bytea[], numbers => %s::real[])"
_NEAREST: Final = """
select entry_id, name, content, first_line, last_line, score, path
  from pgswarm.search_vectors(swarm_id => %s, model => %s, query => %s::real[], max_results => %s, folder_id => %s)
"""
_TITLED: Final = """
select entry_id, name, content, first_line, last_line, score, path
  from pgswarm.search_titles(swarm_id => %s, called => %s, max_results => %s, folder_id => %s)
"""


class SwarmPassages:
    """Implements `Passages` for one activation."""

    __slots__ = ("_side", "_swarm_id", "_until")

    def __init__(self, side: Side, swarm_id: UUID, until: float) -> None:
        """Take the side door, whose memory this is, and until when the database may be waited for."""
        self._side = side
        self._swarm_id = swarm_id
        self._until = until

    async def missing(
        self, model: str, *, limit: int, where: UUID | str = "", swarm_id: UUID | None = None
    ) -> Sequence[tuple[bytes, str]]:
        """Return passages without a vector of this model."""
        whose = await self._whose(swarm_id)
        params = (whose, model, max(1, min(limit, MAX_MISSING)), await self._entry(where, whose))
        return [(bytes(key), content) for key, content in await self._side.rows(_MISSING, params, until=self._until)]

    async def keep(self, model: str, hashes: Sequence[bytes], vectors: Sequence[Sequence[float]]) -> int:
        """Keep a vector of each; what is there stays."""
        # as text: hundreds of thousands of numbers one by one would take the loop a second
        numbers = "".join(("{", ",".join([repr(number) for vector in vectors for number in vector]), "}"))
        rows = await self._side.rows(_KEEP, (model, list(hashes), numbers), until=self._until)
        kept: int = rows[0][0]
        return kept

    async def nearest(
        self, model: str, vector: Sequence[float], *, limit: int, where: UUID | str = ""
    ) -> Sequence[Passage]:
        """Return the nearest passages, best first; none where the vector has no direction."""
        if not any(vector) or not all(map(math.isfinite, vector)):
            return []
        params = (self._swarm_id, model, list(vector), max(1, min(limit, MAX_RESULTS)), await self._entry(where))
        return [Passage(*row) for row in await self._side.rows(_NEAREST, params, until=self._until)]

    async def titled(self, name: str, *, limit: int, where: UUID | str = "") -> Sequence[Passage]:
        """Return the passages under something of this name."""
        params = (self._swarm_id, _text("name", name), max(1, min(limit, MAX_RESULTS)), await self._entry(where))
        return [Passage(*row) for row in await self._side.rows(_TITLED, params, until=self._until)]

    async def _whose(self, swarm_id: UUID | None) -> UUID:
        """Return the swarm whose memory is meant; raise `ActionError` where that is another owner's."""
        if swarm_id is None or swarm_id == self._swarm_id:
            return self._swarm_id
        try:
            rows = await self._side.rows(_WHOSE, (self._swarm_id, swarm_id), until=self._until)
        except NotFoundError as error:
            raise ActionError("not_found", str(error)) from None
        whose: UUID = rows[0][0]
        return whose

    async def _entry(self, where: UUID | str, swarm_id: UUID | None = None) -> UUID | None:
        """Return the id of an entry; None for the whole memory. Raises `ActionError` where there is no such entry."""
        if isinstance(where, UUID):
            return where
        if not where:
            return None
        try:
            return UUID(where)
        except ValueError:
            pass
        rows: list[tuple[Any, ...]] = await self._side.rows(
            _FIND, (swarm_id or self._swarm_id, _text("where", where)), until=self._until
        )
        found: UUID | None = rows[0][0]
        if found is None:
            raise ActionError("not_found", f"memory holds no {where!r}")
        return found


def _text(field: str, value: str) -> str:
    try:
        text(field, value)
    except BadValueError as error:
        raise ActionError("bad_value", f"memory.{error}") from None
    return value
