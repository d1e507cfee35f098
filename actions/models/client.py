"""The model client: a prompt and a pydantic class in, a validated value out.

Rule: everything is bounded: the tries of one request, the pauses between them, the repairs of an answer that does not
fit, its size and its time. What remains unusable ends in one `ModelError` with a stable code and the remedy.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

from pgswarm.actions.models.abilities import Abilities, Shapes
from pgswarm.actions.models.answers import read_answer
from pgswarm.actions.models.asked import Asked
from pgswarm.actions.models.embeddings import Embedded, batches, embedding_request, read_embeddings, unpacked
from pgswarm.actions.models.errors import ModelError
from pgswarm.actions.models.limits import Limits
from pgswarm.actions.models.lines import Line, Lines
from pgswarm.actions.models.prices import Prices
from pgswarm.actions.models.replies import Reply
from pgswarm.actions.models.requests import canonical_request, repair_turns
from pgswarm.actions.models.settings import ModelSettings
from pgswarm.actions.models.shapes import Shape
from pgswarm.actions.models.streams import Watch
from pgswarm.actions.models.through import Asking, Through, direct
from pgswarm.actions.models.tries import send_until_answered
from pgswarm.actions.node import Prompt
from pgswarm.actions.prompts import PromptFileError, Prompts

_NONE_HERE: Final = ("model_bad_request", "model_not_found")
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


class ModelClient:
    """The models of one process. Belongs to the event loop on which it was first used; close it at the end."""

    def __init__(
        self, settings: ModelSettings, prices: Prices | None = None, *, abilities: Abilities | None = None
    ) -> None:
        """Take the settings, and where abilities are shared; nothing is imported or connected before the first call.

        Raises `ModelError` (`model_settings`) for a file or folder that cannot be used.
        """
        self.settings = settings
        self.prices = prices or Prices.load(settings.prices_file)
        with _told_settings():
            self.prompts = Prompts(settings.prompts_dir)
        self._lines = Lines(settings)
        self._limits = Limits(settings.concurrency)
        self._shapes = Shapes(abilities)

    async def complete(
        self,
        schema: type[SchemaT],
        prompt: Prompt,
        model: str | None = None,
        *,
        through: Through = direct,
        watch: Watch | None = None,
    ) -> Completion[SchemaT]:
        """Ask `model` (else the one for the prompt's role) and return a value of `schema`; raise `ModelError`.

        Each request, the repairs too, goes `through` on its own: each is journaled, reserved and settled by itself.
        `watch` is told what a server says while it says it.
        """
        line = await self._lines.open(model or self.settings.model_for(prompt.role))
        with _told_settings():
            told = self.prompts.of(prompt.task, prompt.system)
        prompt = replace(prompt, system=told.text)
        replies: list[Reply] = []
        turns: list[dict[str, str]] = []
        while True:
            request = canonical_request(schema, prompt, line.model, turns)
            asking = Asking(request, told.label, self.settings.max_output_tokens, partial(_fits, schema))
            reply = await through(asking, partial(self._reply, line, request, watch))
            replies.append(reply)
            if reply.refusal or reply.finish == "content_filter":
                why = reply.refusal or "its content filter stopped the answer"
                raise ModelError("model_refused", f"{line.model} refused the task {prompt.task!r}: {why}")
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

    async def embed(self, texts: Sequence[str], model: str | None = None, *, through: Through = direct) -> Embedded:
        """Return a vector for each text; raise `ModelError` (`no_embeddings` where no model is named).

        `model` goes before the one of the settings. Each batch goes `through` on its own.
        """
        model = model or self.settings.embedding_model
        if model is None:
            raise ModelError(
                "no_embeddings",
                "no model turns texts into vectors here: set PGSWARM_EMBEDDING_MODEL to one that the server at "
                "OPENAI_BASE_URL has, or search by words",
            )
        line = await self._lines.open(model)
        vectors: list[Sequence[float]] = []
        replies: list[Reply] = []
        for batch in batches(texts):
            request = embedding_request(line.model, batch)
            asking = Asking(request, "embeddings", 0, lambda _reply: True)
            reply = await through(asking, partial(self._vectors, line, request, batch))
            replies.append(reply)
            vectors += unpacked(reply)
        if len({len(vector) for vector in vectors}) > 1:
            raise ModelError("model_bad_answer", f"{line.model} gave vectors of several lengths: name one model")
        return Embedded(
            vectors=vectors,
            model=line.model,
            input_tokens=sum(reply.input_tokens for reply in replies),
            cost_usd=sum((reply.cost_usd for reply in replies), Decimal(0)),
            cost_known=all(reply.cost_known for reply in replies),
            calls=len(replies),
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._lines.aclose()

    async def _reply(self, line: Line, request: Mapping[str, Any], watch: Watch | None) -> Reply:
        """Send `request`, in the shape that the server can do, until it answers or the tries are used up."""
        asked = Asked(self.settings, self._limits, line, request, watch)
        asked.shape = await self._shape(line, asked.name)
        reply = await send_until_answered(self.settings, line, asked.send, asked.lower)
        if line.probed and asked.shape.unheeded(reply):
            asked.shape = asked.shape.without_mode()
        if line.probed:
            await self._shapes.keep(
                self.settings.server, line.model, asked.scope, asked.shape, streamed=watch is not None
            )
        await line.record(request, reply)
        return self._priced(line, reply)

    async def _vectors(self, line: Line, request: Mapping[str, Any], texts: Sequence[str]) -> Reply:
        async def send() -> tuple[Reply, int]:
            async with self._limits.of(line.model):
                return read_embeddings(await line.wire.embeddings(request), texts)

        try:
            reply, length = await send_until_answered(self.settings, line, send)
        except ModelError as error:
            if error.code in _NONE_HERE:
                raise ModelError("no_embeddings", f"no vectors of {line.model}: {error}") from error
            raise
        if line.probed:
            await self._shape(line, "")
            await self._shapes.keep_dimensions(self.settings.server, line.model, length)
        return self._priced(line, reply)

    async def _shape(self, line: Line, schema: str) -> Shape:
        if not line.probed:
            return line.shape
        return await self._shapes.of(self.settings.server, line.model, schema, line.shape)

    def _priced(self, line: Line, reply: Reply) -> Reply:
        cost = self.prices.cost(line.model, reply.input_tokens, reply.output_tokens)
        return replace(reply, cost_usd=cost.usd, cost_known=cost.known)


def _fits(schema: type[BaseModel], reply: Reply) -> bool:
    return read_answer(schema, reply.text)[0] is not None


@contextmanager
def _told_settings() -> Iterator[None]:
    try:
        yield
    except PromptFileError as error:
        raise ModelError("model_settings", str(error)) from error


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
