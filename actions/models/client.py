"""The model client: a prompt and a pydantic class in, a validated value out.

Rule: everything is bounded: the tries of one request, the pauses between them, the repairs of an answer that does not
fit, its size and its time. What remains unusable ends in one `ModelError` with a stable code and the remedy.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from pgswarm.actions.models.answers import read_answer
from pgswarm.actions.models.errors import ModelError
from pgswarm.actions.models.failures import TryError, pause_s
from pgswarm.actions.models.limits import Limits
from pgswarm.actions.models.lines import Line, Lines
from pgswarm.actions.models.prices import Prices, estimate_request
from pgswarm.actions.models.replies import Reply, read_reply
from pgswarm.actions.models.requests import canonical_request, repair_turns
from pgswarm.actions.models.settings import ModelSettings
from pgswarm.actions.models.shapes import Shape
from pgswarm.actions.models.verdicts import final_error
from pgswarm.actions.node import Prompt

SchemaT = TypeVar("SchemaT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Completion(Generic[SchemaT]):
    """A validated answer and what it took, its repairs included; `cost_known` is false where a price was missing."""

    parsed: SchemaT
    raw: str
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    cost_known: bool
    calls: int


class Through(Protocol):
    """What a request goes through: it runs `call`, or gives a reply that it kept. The journal is one."""

    async def __call__(self, request: Mapping[str, Any], call: Callable[[], Awaitable[Reply]]) -> Reply:
        """Return the reply to the canonical `request`."""


async def direct(request: Mapping[str, Any], call: Callable[[], Awaitable[Reply]]) -> Reply:
    """Call at once and keep nothing."""
    del request
    return await call()


class ModelClient:
    """The models of one process. Belongs to the event loop on which it was first used; close it at the end."""

    def __init__(self, settings: ModelSettings, prices: Prices | None = None) -> None:
        """Take the settings; nothing is imported or connected before the first call."""
        self.settings = settings
        self.prices = prices or Prices.load(settings.prices_file)
        self._lines = Lines(settings)
        self._limits = Limits(settings.concurrency)
        self._shapes: dict[tuple[str, str], Shape] = {}

    async def complete(
        self, schema: type[SchemaT], prompt: Prompt, model: str | None = None, *, through: Through = direct
    ) -> Completion[SchemaT]:
        """Ask `model` (else the one for the prompt's role) and return a value of `schema`; raise `ModelError`.

        Each request, the repairs too, goes `through` on its own: each is journaled, reserved and settled by itself.
        """
        line = await self._lines.open(model or self.settings.model_for(prompt.role))
        replies: list[Reply] = []
        turns: list[dict[str, str]] = []
        while True:
            request = canonical_request(schema, prompt, line.model, turns)
            reply = await through(request, partial(self._reply, line, request))
            replies.append(reply)
            if reply.refusal or reply.finish == "content_filter":
                told = reply.refusal or "its content filter stopped the answer"
                raise ModelError("model_refused", f"{line.model} refused the task {prompt.task!r}: {told}")
            parsed, problem = read_answer(schema, reply.text)
            if parsed is not None:
                return _completion(parsed, line.model, replies)
            if reply.finish == "length":
                problem = f"it was cut at the limit of {self.settings.max_output_tokens} tokens: be shorter"
            if len(replies) > self.settings.repairs:
                raise ModelError(
                    "model_off_schema",
                    f"{line.model} gave no answer that fits the task {prompt.task!r} in {len(replies)} calls "
                    f"(the last: {problem}): try again, or set PGSWARM_MODEL to a model that keeps to a schema",
                )
            turns = [*turns, *repair_turns(request, reply.text, problem)]

    async def aclose(self) -> None:
        """Close every connection."""
        await self._lines.aclose()

    async def _reply(self, line: Line, request: Mapping[str, Any]) -> Reply:
        """Send `request`, in the shape that the server can do, until it answers or the tries are used up."""
        settings = self.settings
        name = request["response_format"]["json_schema"]["name"]
        shape = self._shapes.get((line.model, name)) or self._shapes.get((line.model, "")) or line.shape
        scope, tries = "", 1
        while True:
            try:
                async with self._limits.of(line.model):
                    payload = await line.wire.chat(shape.body(request, settings.max_output_tokens))
                reply = read_reply(payload, estimate_request(request))
                break
            except TryError as failure:
                lowered = shape.lowered(failure) if line.probed else None
                if lowered is not None:
                    scope = name if shape.blames_schema(failure) else scope
                    shape = lowered
                    continue
                asked_s = failure.retry_after_s or 0
                if not failure.passing or tries >= settings.tries or asked_s > settings.retry_after_max_s:
                    raise final_error(failure, line.model, line.place, tries) from None
                await asyncio.sleep(pause_s(tries, settings.backoff_s, settings.backoff_max_s, failure.retry_after_s))
                tries += 1
        if line.probed and shape.unheeded(reply):
            shape = shape.without_mode()
        if shape != line.shape:
            self._shapes[(line.model, scope)] = shape
        await line.record(request, reply)
        cost = self.prices.cost(line.model, reply.input_tokens, reply.output_tokens)
        return replace(reply, cost_usd=cost.usd, cost_known=cost.known)


def _completion(parsed: SchemaT, model: str, replies: list[Reply]) -> Completion[SchemaT]:
    return Completion(
        parsed=parsed,
        raw=replies[-1].text,
        model=model,
        input_tokens=sum(reply.input_tokens for reply in replies),
        output_tokens=sum(reply.output_tokens for reply in replies),
        cost_usd=sum((reply.cost_usd for reply in replies), Decimal(0)),
        cost_known=all(reply.cost_known for reply in replies),
        calls=len(replies),
    )
