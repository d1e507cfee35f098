"""Ranking short texts against a query: BM25 (Robertson and Zaragoza, 2009, k1 = 1.2, b = 0.75). Pure."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

_K1 = 1.2
_B = 0.75


def bm25(query: Mapping[str, float], documents: Sequence[Sequence[str]]) -> list[float]:
    """Return the score of each document (a list of stems) for a query of weighted stems; 0 where nothing fits."""
    if not documents:
        return []
    counts = [Counter(document) for document in documents]
    average = sum(len(document) for document in documents) / len(documents) or 1.0
    found_in = Counter(word for count in counts for word in count)
    return [
        sum(
            weight * _idf(found_in[word], len(documents)) * _saturate(count[word], len(document) / average)
            for word, weight in query.items()
            if count[word]
        )
        for count, document in zip(counts, documents, strict=True)
    ]


def _idf(found_in: int, documents: int) -> float:
    return math.log(1 + (documents - found_in + 0.5) / (found_in + 0.5))


def _saturate(count: int, length: float) -> float:
    return count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * length))
