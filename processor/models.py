"""`node.llm` over the model journal's verbs: every call is written down before it is made, and paid once."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from psycopg.types.json import Jsonb
from pydantic import BaseModel

from pgswarm.actions.models import ModelClient, ModelSettings, journaled_call, journaled_embedding
from pgswarm.actions.models.journal import Verdict
from pgswarm.actions.models.settings import OFFLINE
from pgswarm.actions.node import Prompt
from pgswarm.processor import backoff
from pgswarm.processor.abilities import SqlAbilities
from pgswarm.processor.activation import Activation
from pgswarm.processor.effects import LostActivationError
from pgswarm.processor.gates import Busy, Gates
from pgswarm.processor.partials import Partials
from pgswarm.processor.side import Side

SchemaT = TypeVar("SchemaT", bound=BaseModel)

LONGEST_WAIT_S: Final = 1.0
"""Between two looks whether other calls have given back what they had reserved."""

_BEGIN: Final = """
select verdict, response from pgswarm.begin_call(
  swarm_id => %s, node_id => %s, epoch => %s, activation => %s, call_no => %s, request_hash => %s, model => %s,
  request => %s, reserve_tokens => %s, reserve_usd => %s, prompt => %s)
"""
_END: Final = """
select pgswarm.end_call(
  swarm_id => %s, node_id => %s, activation => %s, call_no => %s, request_hash => %s, response => %s,
  input_tokens => %s, output_tokens => %s, cost_usd => %s, fits => %s)
"""
_DROP: Final = """
select pgswarm.drop_call(
  swarm_id => %s, node_id => %s, activation => %s, call_no => %s, request_hash => %s, spent_tokens => %s)
"""


class SqlJournal:
    """The model journal of one activation. Implements `pgswarm.actions.models.Journal`."""

    __slots__ = ("_activation", "_gates", "_key", "_models", "_run", "_side")

    def __init__(self, side: Side, gates: Gates, run: Activation, activation: int) -> None:
        """Take the side door, the gates, who asks, and the activation under which its calls are written down."""
        self._side = side
        self._gates = gates
        self._models: dict[str, str] = {}
        self._run = run
        self._key = (UUID(bytes=run.swarm_key), UUID(bytes=run.node_key))
        self._activation = activation

    async def begin(
        self,
        *,
        call_no: int,
        request_hash: str,
        model: str,
        request: Mapping[str, Any],
        prompt: str,
        reserve_tokens: int,
        reserve_usd: Decimal,
    ) -> tuple[Verdict, Mapping[str, Any] | None]:
        """Write the request down, once the model has a place for it.

        Raises `LostActivationError` where the node is not ours any more, and `NoPlaceError` where it had to wait too
        long; both, unlike a verdict, pass through a handler's `except Exception`.
        """
        key = (*self._key, self._run.lease_epoch, self._activation, call_no, request_hash)
        params = (*key, model, Jsonb(request), reserve_tokens, reserve_usd, prompt)
        said: tuple[Any, Any] = ("busy", None)

        async def ask() -> Busy | None:
            nonlocal said
            said = await self._ask(params)
            return said[1] if said[0] == "busy" else None

        gate = self._gates.of(model)
        if gate.crowded or await ask() is not None:
            await gate.wait(ask)
        verdict: Verdict = said[0]
        if verdict in ("fenced", "budget_exceeded"):
            raise LostActivationError
        self._models[request_hash] = model
        return verdict, said[1]

    async def _ask(self, params: tuple[Any, ...]) -> tuple[Any, Any]:
        tries = 0
        while True:
            rows = await self._side.rows(_BEGIN, params, point="begin_call", until=self._run.deadline)
            if rows[0][0] != "wait":
                return rows[0][0], rows[0][1]
            tries += 1  # other calls have the rest of the budget reserved, and will give most of it back
            if time.monotonic() > self._run.deadline:
                raise TimeoutError("the budget was reserved by other calls until the time was up")
            await asyncio.sleep(backoff.delay(tries, longest_s=LONGEST_WAIT_S))

    async def end(
        self,
        *,
        call_no: int,
        request_hash: str,
        response: Mapping[str, Any],
        input_tokens: int,
        output_tokens: int,
        cost_usd: Decimal,
        fits: bool,
    ) -> None:
        """Write the reply down."""
        params = (
            *self._key, self._activation, call_no, request_hash, Jsonb(response), input_tokens, output_tokens, cost_usd,
            fits,
        )  # fmt: skip
        await self._side.rows(_END, params, point="end_call", until=self._run.deadline)
        self._gates.of(self._models[request_hash]).freed()

    async def drop(self, *, call_no: int, request_hash: str, spent_tokens: int) -> None:
        """Give the reservation back, but for what may have been spent."""
        params = (*self._key, self._activation, call_no, request_hash, spent_tokens)
        await self._side.rows(_DROP, params, point="drop_call", until=self._run.deadline)
        self._gates.of(self._models[request_hash]).freed()


class JournaledModels:
    """The models of one process, made when a handler first asks for one."""

    def __init__(self, side: Side) -> None:
        """Take the side door."""
        self._side = side
        self._client: ModelClient | None = None
        self._gates = Gates()
        self._partials = Partials(side)

    async def ask(
        self,
        run: Activation,
        *,
        journal_activation: int,
        call_no: int,
        schema: type[SchemaT],
        prompt: Prompt,
        options: Mapping[str, Any],
    ) -> SchemaT:
        """Return a validated answer to `prompt`; raise `ModelError`."""
        client = self._opened()
        requested = options.get("model")
        model = client.settings.model_for(prompt.role, requested if isinstance(requested, str) else None)
        journal = SqlJournal(self._side, self._gates, run, journal_activation)
        watch = self._partials.of(run, journal_activation, call_no) if options.get("stream") is True else None
        completion = await journaled_call(journal, client, schema, prompt, model=model, call_no=call_no, watch=watch)
        return completion.parsed

    async def embed(
        self, run: Activation, *, journal_activation: int, call_no: int, texts: Sequence[str], model: str | None
    ) -> Sequence[Sequence[float]]:
        """Return a vector for each text; raise `ModelError`."""
        journal = SqlJournal(self._side, self._gates, run, journal_activation)
        return (await journaled_embedding(journal, self._opened(), texts, call_no=call_no, model=model)).vectors

    def is_offline(self, role: str, options: Mapping[str, Any]) -> bool:
        """Say whether rules answer in the place of a model."""
        requested = options.get("model")
        settings = self._opened().settings
        return (
            requested if isinstance(requested, str) and requested else settings.role_models.get(role, settings.model)
        ) == OFFLINE

    def _opened(self) -> ModelClient:
        if self._client is None:
            self._client = ModelClient(ModelSettings.from_env(), abilities=SqlAbilities(self._side))
        return self._client

    async def close(self) -> None:
        """Close the client's connections."""
        await self._partials.close()
        if self._client is not None:
            await self._client.aclose()
