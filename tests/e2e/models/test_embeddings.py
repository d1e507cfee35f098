"""Vectors of texts over HTTP: in batches, in order, journaled and priced; anything else is an error with a remedy."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from pgswarm.actions.models import ModelError
from pgswarm.actions.models.embeddings import BATCH_TEXTS, batches
from support.model_server import Connect, ModelServer


async def test_texts_become_vectors_in_their_order_and_batch_by_batch(server: ModelServer, connect: Connect) -> None:
    server.script = lambda server, body: server.vectors(body)
    texts = ["a" * (n % 7) for n in range(BATCH_TEXTS + 6)]
    found = await connect(embedding_model="text-embedding-3-small").embed(texts)
    assert [vector[0] for vector in found.vectors] == [max(float(len(text)), 1.0) for text in texts]
    assert (found.calls, found.input_tokens) == (2, 10 * len(texts))
    assert (found.cost_usd, found.cost_known) == (Decimal("0.02") * len(texts) * 10 / 1_000_000, True)


async def test_without_a_model_for_it_the_error_says_what_to_set(connect: Connect) -> None:
    with pytest.raises(ModelError, match="PGSWARM_EMBEDDING_MODEL") as caught:
        await connect().embed(["a"])
    assert caught.value.code == "no_embeddings"


@pytest.mark.parametrize(
    "rows",
    [[], [{"embedding": []}], [{"embedding": "AAAA"}], [{"embedding": [1, None]}], [{"index": 4, "embedding": [1.0]}],
     [{"embedding": [1e999]}], "none"],
)  # fmt: skip
async def test_what_is_no_vector_is_refused(server: ModelServer, connect: Connect, rows: Any) -> None:
    server.script = lambda _server, _body: (200, {"data": rows})
    with pytest.raises(ModelError) as caught:
        await connect(embedding_model="e").embed(["a"])
    assert caught.value.code == "model_bad_answer"


@pytest.mark.parametrize(
    ("texts", "sizes"), [([], []), (["x"] * 130, [64, 64, 2]), (["y" * 50_000] * 3, [1, 1, 1]), (["z" * 99_999], [1])]
)
def test_batches_are_bounded_in_texts_and_characters(texts: Sequence[str], sizes: list[int]) -> None:
    assert [len(batch) for batch in batches(texts)] == sizes
