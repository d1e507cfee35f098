"""Never pay twice: every request to a model is written down before it is sent, and its reply when it is there.

Rule: the key of a call is (node, activation, call_no, request hash). `call_no` is the number of the `node.llm` call
within its activation; the repairs of one call share it and differ in their hash, since they are requests of their own.
So a retry of the activation walks through the replies that are there, repairs too, and pays only for what is missing.

The journal keeps replies, not verdicts: a kept reply is validated again against the schema of today.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel

from pgswarm.actions.models.client import Completion, ModelClient
from pgswarm.actions.models.embeddings import Embedded
from pgswarm.actions.models.errors import BudgetExceededError, FencedError, ModelError
from pgswarm.actions.models.prices import most_input_tokens
from pgswarm.actions.models.replies import Reply
from pgswarm.actions.models.requests import request_hash
from pgswarm.actions.models.settings import OFFLINE
from pgswarm.actions.models.streams import Watch
from pgswarm.actions.models.through import Asking
from pgswarm.actions.node import Prompt

SchemaT = TypeVar("SchemaT", bound=BaseModel)

Verdict = Literal["call", "recorded", "budget_exceeded", "fenced"]


class Journal(Protocol):
    """The three verbs of the model journal for one activation; the processor implements them over the database."""

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
        """Write the request down once the model has a place for it, and hold back tokens and money.

        With 'recorded' comes the reply that is there.
        """

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
        """Write the reply down and settle what was held back; taken whatever the epoch, since it is paid.

        `fits`: it may be given again to whoever asks the same.
        """

    async def drop(self, *, call_no: int, request_hash: str, spent_tokens: int) -> None:
        """Say that the request ended without a reply; `spent_tokens` were perhaps paid all the same."""


@dataclass(frozen=True, slots=True)
class _Journaled:
    journal: Journal
    client: ModelClient
    call_no: int

    async def __call__(self, asking: Asking, call: Callable[[], Awaitable[Reply]]) -> Reply:
        model, key = asking.request["model"], request_hash(asking.request)
        tokens, usd = self._reserve(model, asking)
        verdict, kept = await self.journal.begin(
            call_no=self.call_no,
            request_hash=key,
            model=model,
            request=asking.request,
            prompt=asking.prompt,
            reserve_tokens=tokens,
            reserve_usd=usd,
        )
        match verdict:
            case "recorded":
                if kept is None:
                    raise ValueError("the journal said 'recorded' and gave no reply")
                return Reply.from_json(kept)
            case "budget_exceeded":
                raise BudgetExceededError(f"the swarm's budget does not allow a call of about {tokens} tokens")
            case "fenced":
                raise FencedError("this worker has lost the node")
            case "call":
                pass
        try:
            reply = await call()
        except ModelError as error:
            # When cancelled or killed instead, nothing is said: the next `begin` counts the reservation as lost.
            await self.journal.drop(
                call_no=self.call_no, request_hash=key, spent_tokens=tokens if error.maybe_paid else 0
            )
            raise
        # Paid by now: when this activation is cancelled, the reply is written down all the same.
        await asyncio.shield(self._end(key, reply, fits=asking.fits(reply)))
        return reply

    async def _end(self, key: str, reply: Reply, *, fits: bool) -> None:
        await self.journal.end(
            call_no=self.call_no,
            request_hash=key,
            response=reply.to_json(),
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
            cost_usd=reply.cost_usd,
            fits=fits,
        )

    def _reserve(self, model: str, asking: Asking) -> tuple[int, Decimal]:
        """Return the most that the call can take: a limit that is checked against this is never passed."""
        if model == OFFLINE:
            return 0, Decimal(0)
        tokens_in, tokens_out = most_input_tokens(asking.request), asking.most_output
        return tokens_in + tokens_out, self.client.prices.cost(model, tokens_in, tokens_out).usd


async def journaled_call(
    journal: Journal,
    client: ModelClient,
    schema: type[SchemaT],
    prompt: Prompt,
    *,
    model: str | None,
    call_no: int,
    watch: Watch | None = None,
) -> Completion[SchemaT]:
    """Ask the model through the journal; a reply that is there is used without calling.

    Raises `ModelError`, `BudgetExceededError` (the swarm is paused) or `FencedError` (the node is another's now).
    """
    return await client.complete(schema, prompt, model, through=_Journaled(journal, client, call_no), watch=watch)


async def journaled_embedding(
    journal: Journal, client: ModelClient, texts: Sequence[str], *, call_no: int, model: str | None = None
) -> Embedded:
    """Turn texts into vectors through the journal, as `journaled_call` asks."""
    return await client.embed(texts, model, through=_Journaled(journal, client, call_no))
