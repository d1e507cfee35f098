"""The task `find_quotes`: the sentences of the passages that speak of what is asked, copied letter by letter.

Ranked by BM25 over the question's words. A sentence that shares too few of them is not quoted: then nothing is said.
"""

import math
from collections.abc import Mapping
from typing import Any

from pgswarm.actions.models.offline.rules import slots
from pgswarm.actions.models.offline.rules.lexicon import DOCUMENTS, FIND_VERBS, NEUTRAL_VERBS
from pgswarm.actions.models.offline.rules.rank import bm25
from pgswarm.actions.models.offline.rules.sentences import sentences
from pgswarm.actions.models.offline.rules.words import content, stem_list

_MOST = 3
_SHARE_OF_WORDS = 0.5
_NEAR_BEST = 0.45
_ASIDE = FIND_VERBS | NEUTRAL_VERBS | DOCUMENTS | stem_list("about_searching")


def find_quotes(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of passages with the sentences in them that answer, best first."""
    wanted = terms(str(data.get("subject") or ""), str(data.get("question") or ""))
    places = [
        (int(passage["number"]), sentence)
        for passage in data.get("passages") or ()
        for sentence in sentences(str(passage.get("text", "")), int(passage.get("first_line") or 1))
    ]
    bags = [content(f"{sentence.text} {sentence.heading}") for _, sentence in places]
    scores = bm25(dict.fromkeys(wanted, 1.0), bags)
    needed = max(1, math.ceil(len(wanted) * _SHARE_OF_WORDS))
    order = sorted(range(len(places)), key=lambda i: (-scores[i], places[i][0], i))
    best = scores[order[0]] if order else 0.0
    quotes: list[dict[str, Any]] = []
    for index in order:
        number, sentence = places[index]
        close = scores[index] >= best * _NEAR_BEST and len(wanted & set(bags[index])) >= needed
        if scores[index] > 0 and close and all(sentence.text != quote["text"] for quote in quotes):
            quotes.append({"passage": number, "text": sentence.text})
        if len(quotes) >= int(data.get("max_quotes") or _MOST):
            break
    return {"quotes": quotes, "answer": ""}


def terms(subject: str, question: str) -> frozenset[str]:
    """Return the stems to look for: the subject's, else what the question says beyond its own frame."""
    subject = subject or slots.subject(question) or ""
    found = frozenset(content(subject))
    if found:
        return found
    rest = frozenset(content(question))
    return (rest - _ASIDE) or rest
