"""Vectors of texts: the request, in batches, and what came back. Kept in the journal as 32-bit floats in base64.

Rule: what is kept has as many vectors as texts, all of one length, all finite; anything else is no answer.
"""

import base64
import json
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from pgswarm.actions.models.failures import TryError
from pgswarm.actions.models.prices import estimate_tokens
from pgswarm.actions.models.replies import Reply, count, short
from pgswarm.actions.models.requests import sendable

BATCH_TEXTS: Final = 64
BATCH_CHARS: Final = 60_000
MOST_DIMENSIONS: Final = 16_384


@dataclass(frozen=True, slots=True)
class Embedded:
    """A vector for each text, in their order, and what that took; `cost_known` is false where a price was missing."""

    vectors: Sequence[Sequence[float]]
    model: str
    input_tokens: int
    cost_usd: Decimal
    cost_known: bool
    calls: int


def batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the texts in batches of at most `BATCH_TEXTS`, and of about `BATCH_CHARS` characters. None is empty."""
    batch: list[str] = []
    chars = 0
    for text in texts:
        if batch and (len(batch) >= BATCH_TEXTS or chars + len(text) > BATCH_CHARS):
            yield batch
            batch, chars = [], 0
        batch.append(sendable(text) or " ")  # servers refuse an empty text
        chars += len(text)
    if batch:
        yield batch


def embedding_request(model: str, texts: Sequence[str]) -> dict[str, Any]:
    """Return the request for one batch, canonical and as it is sent."""
    return {"model": model, "input": list(texts), "encoding_format": "float"}


def read_embeddings(payload: Any, texts: Sequence[str]) -> tuple[Reply, int]:
    """Return the reply, its text the packed vectors, and their length; raise `TryError` (`protocol`)."""
    rows = payload.get("data") if isinstance(payload, Mapping) else None
    if not isinstance(rows, list) or len(rows) != len(texts):
        raise TryError("protocol", f"{len(texts)} vectors were asked for, what came is no list of so many")
    vectors: list[Any] = [None] * len(texts)
    for place, row in enumerate(rows):
        index = row.get("index", place) if isinstance(row, Mapping) else -1
        if not isinstance(index, int) or not 0 <= index < len(texts):
            raise TryError("protocol", "a vector names no text that was sent")
        vectors[index] = row.get("embedding")
    length = len(vectors[0]) if isinstance(vectors[0], list) else 0
    if not 0 < length <= MOST_DIMENSIONS or not all(_is_vector(vector, length) for vector in vectors):
        raise TryError("protocol", "the vectors are not lists of finite numbers of one length")
    usage = payload.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    estimated = sum(estimate_tokens(text) for text in texts)
    reply = Reply(
        text=json.dumps([_packed(vector) for vector in vectors]),
        finish="stop",
        refusal="",
        served_by=short(payload.get("model")),
        input_tokens=count(usage.get("prompt_tokens", usage.get("total_tokens")), estimated),
        output_tokens=0,
    )
    return reply, length


def unpacked(reply: Reply) -> list[tuple[float, ...]]:
    """Return the vectors of a reply of `read_embeddings`, fresh or from the journal."""
    return [struct.unpack(f"<{len(data) // 4}f", data) for data in map(base64.b64decode, json.loads(reply.text))]


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _is_vector(value: Any, length: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == length
        and all(isinstance(x, int | float) and math.isfinite(x) and abs(x) < 3e38 for x in value)  # noqa: PLR2004 - what 32 bits hold
    )
