"""Effects: things done outside the database, at most once for each key.

One rule: the intent is committed before the thing is done, its end after. An intent without an end is unclear, and a
person is asked; the engine never guesses.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar
from uuid import UUID

from psycopg.types.json import Jsonb

from pgswarm.actions.base import ActionError
from pgswarm.processor.activation import Activation
from pgswarm.processor.encode import BadValueError, json_value, text
from pgswarm.processor.side import Side
from pgswarm.processor.unclear import Settled, Unclear, UnclearEffectError

ResultT = TypeVar("ResultT")

_BEGIN: Final = """
select verdict, result from pgswarm.begin_effect(swarm_id => %s, node_id => %s, epoch => %s, effect_key => %s)
"""
_END: Final = "select pgswarm.end_effect(swarm_id => %s, node_id => %s, effect_key => %s, result => %s)"
_SETTLE: Final = """
select pgswarm.settle_effect(swarm_id => %s, node_id => %s, effect_key => %s, happened => %s, result => %s)
"""
_EPOCH: Final = "select lease_epoch from pgswarm.effect where swarm_id = %s and node_id = %s and key = %s"


class LostActivationError(BaseException):
    """The node is not this worker's any more. No `Exception`, so that a handler's own `except` does not swallow it."""


class Effects:
    """The effects of one activation."""

    __slots__ = ("_dispatched", "_node_id", "_run", "_side", "_swarm_id")

    def __init__(self, side: Side, run: Activation) -> None:
        """Take the side door and the activation."""
        self._side = side
        self._run = run
        self._swarm_id = UUID(bytes=run.swarm_key)
        self._node_id = UUID(bytes=run.node_key)
        self._dispatched: set[str] = set()

    async def once(self, key: str, fn: Callable[[], Awaitable[ResultT]]) -> Any:
        """Return the result that is known for `key`, or do `fn` and record it."""
        try:
            text("effect key", key)
        except BadValueError as error:
            raise ActionError("bad_value", str(error)) from None
        verdict, result = await self._begin(key)
        if verdict == "ambiguous" and await self._only_unacknowledged(key):
            await self._settle(key, Settled(happened=False))
            verdict, result = await self._begin(key)
        if verdict == "done":
            return result
        if verdict == "ambiguous":
            raise UnclearEffectError(key)
        if verdict != "go":
            raise LostActivationError
        self._dispatched.add(key)
        made = await fn()
        try:
            json_value(f"the result of effect {key!r}", made)
        except BadValueError as error:  # it happened, so it must not be done again: recorded without its result
            await self._end(key, None)
            raise ActionError("bad_value", str(error)) from None
        await self._end(key, made)
        return made

    async def settle(self, kept: Unclear, said: Settled) -> None:
        """Apply a person's answer, unless the effect was begun again since it was asked about."""
        epoch = await self._epoch(kept.key)
        if epoch is not None and epoch <= kept.lease_epoch:
            await self._settle(kept.key, said)

    async def _only_unacknowledged(self, key: str) -> bool:
        """Say whether the intent is this activation's own, written by a `begin_effect` whose reply was lost."""
        return key not in self._dispatched and await self._epoch(key) == self._run.lease_epoch

    async def _epoch(self, key: str) -> int | None:
        rows = await self._side.rows(_EPOCH, (self._swarm_id, self._node_id, key), until=self._run.deadline)
        return rows[0][0] if rows else None

    async def _settle(self, key: str, said: Settled) -> None:
        params = (self._swarm_id, self._node_id, key, said.happened, Jsonb(said.result))
        await self._side.rows(_SETTLE, params, point="settle_effect", until=self._run.deadline)

    async def _begin(self, key: str) -> tuple[str, Any]:
        params = (self._swarm_id, self._node_id, self._run.lease_epoch, key)
        rows = await self._side.rows(_BEGIN, params, point="begin_effect", until=self._run.deadline)
        verdict, result = rows[0]
        return verdict, result

    async def _end(self, key: str, result: Any) -> None:
        params = (self._swarm_id, self._node_id, key, Jsonb(result))
        await self._side.rows(_END, params, point="end_effect", until=self._run.deadline)
