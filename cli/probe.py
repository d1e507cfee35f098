"""Asks a model's server what it can do, and keeps what it finds in the database for all processors.

Rule: it asks through the client that handlers use, so that what it finds is what they would find; it costs a few
tokens, which count for no swarm.
"""

import asyncio
from collections.abc import Iterator

import psycopg
from pydantic import BaseModel

from pgswarm.actions.models import ModelClient, ModelError, ModelSettings
from pgswarm.actions.models.abilities import Known
from pgswarm.actions.models.settings import OFFLINE, RECORDED
from pgswarm.actions.node import Prompt

LEARN = """
select pgswarm.learn_model(server => %s, model => %s, structured => %s, newer_limit => %s, streams => %s,
                           stream_usage => %s, dimensions => %s, anew => %s)
"""
SYSTEM = "Answer the question in `data` with one word."


class Probed(BaseModel):
    """The answer that is asked for."""

    word: str


class _Found:
    """Keeps what the client finds out, until it can be written. Implements `Abilities`."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], Known] = {}

    async def find(self, server: str, model: str) -> Known | None:
        del server, model
        return None

    async def learn(self, server: str, model: str, known: Known, *, anew: bool) -> None:
        del anew
        self.found[server, model] = known


class _Quiet:
    def begin(self) -> None:
        """Nobody listens."""

    def text(self, piece: str) -> None:
        """Nobody listens."""


def probe_models(url: str) -> Iterator[str]:
    """Ask every model that is set, once for each ability; yield a line for each."""
    settings = ModelSettings.from_env()
    found = _Found()
    yield from asyncio.run(_ask(settings, found))
    with psycopg.connect(url, autocommit=True) as connection:
        for (server, model), known in found.found.items():
            shape = known.shape
            connection.execute(
                LEARN,
                (server, model, None if known.dimensions else shape.mode.value, shape.newer_limit,
                 shape.streams if known.streamed else None, shape.stream_usage if known.streamed else None,
                 known.dimensions or None, True),
            )  # fmt: skip


async def _ask(settings: ModelSettings, found: _Found) -> list[str]:
    client = ModelClient(settings, abilities=found)
    lines = []
    try:
        for model in sorted(settings.configured):
            if model == OFFLINE or model.startswith(RECORDED):
                lines.append(f"{model}: answers in this process, there is nothing to find out")
                continue
            prompt = Prompt("probe", SYSTEM, {"question": "Which colour has the sky at noon?"})
            try:
                answer = await client.complete(Probed, prompt, model, watch=_Quiet())
            except ModelError as error:
                lines.append(f"{model}: {error.code}: {error}")
            else:
                lines.append(f"{model}: answers ({answer.input_tokens} + {answer.output_tokens} tokens)")
        if settings.embedding_model is not None:
            try:
                made = await client.embed(["one", "two"])
            except ModelError as error:
                lines.append(f"{settings.embedding_model}: {error.code}: {error}")
            else:
                lines.append(f"{made.model}: gives vectors of {len(made.vectors[0])}")
    finally:
        await client.aclose()
    lines += [
        f"{model} at {server}: {known.shape.mode.value}, {'streams' if known.shape.streams else 'does not stream'}"
        for (server, model), known in found.found.items()
        if not known.dimensions
    ]
    return lines
