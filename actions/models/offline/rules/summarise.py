"""The task `summarise`: the sentences that carry a text, in its own words and in its order, each with its line.

A sentence counts for the words that the whole text keeps coming back to (tf, damped by how many sentences share them)
and for where it stands; what is chosen already counts less. No word is added but heading, line and ellipsis.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pgswarm.actions.models.offline.rules.sentences import Sentence, headings, sentences
from pgswarm.actions.models.offline.rules.words import content, tokens

_DEFAULT_WORDS = 180
_DEFAULT_SHARE = 0.3
_LEAST_WORDS = 40
_MOST_SENTENCE_WORDS = 45
_LEAST_SENTENCE_WORDS = 5
_REPEATED = 0.35
_SAME_SECTION = 0.6
_FIRST_OF_TEXT = 2.5
_FIRST_OF_PARAGRAPH = 1.15
_ON_FOCUS = 4.0
_EVEN = 4
_TOO_LONG = 0.7
_TOO_SHORT = 0.2
_LENGTH_POWER = 0.8
_POINT = re.compile(r"^- (?P<text>.+?)(?: \[…\])? \((?:(?P<heading>[^()\n]*), )?line (?P<line>\d+)\)$", re.MULTILINE)


def summarise(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the summary of one text as a short list of its own sentences."""
    text, name = str(data.get("text", "")), str(data.get("name") or "the text")
    found = (_points(text) if data.get("again") else []) or sentences(text, int(data.get("first_line") or 1))
    if not found:
        return {"summary": f"{name} has no sentences to summarise."}
    wanted = data.get("max_words") or _default_words(text)
    chosen = choose(found, int(wanted), data.get("max_sentences"), str(data.get("focus") or ""))
    titles = headings(text)
    size = f"{int(data.get('of_words') or len(tokens(text))):,} words" + (
        f" under {len(titles)} headings" if len(titles) > 1 else ""
    )
    lead = f"{name} ({size}), in its own words:"
    return {"summary": "\n".join([lead, "", *(f"- {_shown(sentence)}" for sentence in chosen)])}


def choose(found: Sequence[Sentence], words: int, most: int | None = None, focus: str = "") -> list[Sentence]:
    """Return the sentences that fit into `words` (at least one, at most `most`), in the order of the text."""
    bags = [frozenset(content(sentence.text)) for sentence in found]
    shared = Counter(stem for bag in bags for stem in bag)
    counts = Counter(stem for sentence in found for stem in content(sentence.text))
    weight = {s: math.log1p(counts[s]) * math.log(1 + len(found) / shared[s]) for s in counts}
    wanted = frozenset(content(focus))
    place = [_place(found, index) for index in range(len(found))]
    chosen: list[int] = []
    covered: Counter[str] = Counter()
    used: Counter[str] = Counter()
    room = words
    candidates = set(range(len(found)))
    while candidates and (most is None or len(chosen) < most):
        scores = {
            i: _score(bags[i], weight, covered, wanted) * place[i] * _SAME_SECTION ** used[_section(found[i])]
            for i in candidates
        }
        best = max(candidates, key=lambda i: (scores[i], -i))
        candidates.discard(best)
        length = min(len(found[best].text.split()), _MOST_SENTENCE_WORDS)
        if chosen and length > room:
            if room < _LEAST_SENTENCE_WORDS * 2:
                break
            continue
        chosen.append(best)
        room -= length
        covered.update(bags[best])
        used[_section(found[best])] += 1
    return [found[i] for i in sorted(chosen)]


def _points(text: str) -> list[Sentence]:
    """Return the sentences of summaries of ours, each where it stands in the text that it was chosen from."""
    return [
        Sentence(match["text"], int(match["line"]), int(match["line"]), match["heading"] or "", number)
        for number, match in enumerate(_POINT.finditer(text))
    ]


def _section(sentence: Sentence) -> str:
    """The outermost heading: one long section must not take all the room."""
    return sentence.heading.split(", ", 1)[0]


def _default_words(text: str) -> int:
    return max(_LEAST_WORDS, min(_DEFAULT_WORDS, round(len(text.split()) * _DEFAULT_SHARE)))


def _score(bag: frozenset[str], weight: Mapping[str, float], covered: Counter[str], wanted: frozenset[str]) -> float:
    if not bag:
        return 0.0
    total = sum(weight[stem] * math.pow(_REPEATED, covered[stem]) for stem in bag)
    return total / math.pow(len(bag) + _EVEN, _LENGTH_POWER) * (_ON_FOCUS if bag & wanted else 1.0)


def _place(found: Sequence[Sentence], index: int) -> float:
    sentence, factor = found[index], 1.0
    if index == 0:
        factor *= _FIRST_OF_TEXT
    elif found[index - 1].paragraph != sentence.paragraph:
        factor *= _FIRST_OF_PARAGRAPH
    length = len(sentence.text.split())
    if length < _LEAST_SENTENCE_WORDS:
        return factor * _TOO_SHORT
    return factor if length <= _MOST_SENTENCE_WORDS else factor * _TOO_LONG


def _shown(sentence: Sentence) -> str:
    words = sentence.text.split()
    text = sentence.text if len(words) <= _MOST_SENTENCE_WORDS else " ".join(words[:_MOST_SENTENCE_WORDS]) + " […]"
    place = f"line {sentence.first_line}"
    return f"{text} ({sentence.heading}, {place})" if sentence.heading else f"{text} ({place})"
