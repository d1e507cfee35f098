"""A goal as its clauses: one piece of wording for each thing that is asked for or remarked. Pure.

Splits at list marks, sentence ends and semicolons always; at "and", "then" and commas only where an order or a question
begins behind them, so that "the average and total by region" stays whole.
"""

import re

from pgswarm.actions.models.offline.rules.leads import is_empty, source_last, tidy, without_lead
from pgswarm.actions.models.offline.rules.lexicon import (
    COMPUTE_VERBS,
    DOCUMENTS,
    FIND_VERBS,
    SUMMARY_NOUNS,
    WORK_VERBS,
    condensed,
    groups,
    starts_work,
    text_says,
    wants_figures,
)
from pgswarm.actions.models.offline.rules.sentences import spans
from pgswarm.actions.models.offline.rules.words import stem, stems, tokens

_LIST_MARK = re.compile(
    r"(?:(?<=^)|(?<=\s))(?:\(?(?:\d{1,2}|[a-h]|i{1,3}|iv|vi{0,3})\)|\d{1,2}[.:](?=\s)|[-*\u2022\u2013](?=\s)"
    r"|(?:step|part|task) \d{1,2}[.:]?(?=\s))\s*",
    re.IGNORECASE | re.MULTILINE,
)
_JOINT = re.compile(
    r"(?:,?\s+(?:and|then|but|plus|before|after which)\s+(?:(?:then|also|finally|lastly|next|afterwards)\s+)?|,\s+|"
    r"\s+[\u2013\u2014-]+\s+|[:.]\s+|\s+(?:that|which)\s+)",
    re.IGNORECASE,
)
_WH = re.compile(r"^(?:whether|which|how many|how much|how often|what|who|where|when|why)\b", re.IGNORECASE)
_NOUN_START = re.compile(r"^(?:an?|the|one|two|some)\s+(?P<rest>.+)", re.IGNORECASE)
_INSIDE = re.compile(
    r"\b(?:with|including|containing|covering|based on|from|between|comparing|about|says?|"
    r"on)\b",
    re.IGNORECASE,
)
_MIN_QUESTION_WORDS = 4
_MIN_FIGURE_WORDS = 3
_POINTING_WORDS = 2
_WINDOW = 400
"""How many characters around a joint are looked at: goals may be long, and this keeps the work in proportion."""


def clauses(goal: str) -> list[str]:
    """Return the clauses of a goal, in order, without list marks, politeness and connecting words."""
    found: list[str] = []
    for item in _items(goal):
        for sentence in _sentences(item):
            for piece in re.split(r"\s*;\s*", sentence):
                text, source = source_last(piece)
                first, *others = _split(text)
                found += [f"{first.rstrip('?.')}{source}" if source else first, *others]
    return [clause for clause in map(tidy, found) if clause and not is_empty(clause)]


def listed(goal: str) -> bool:
    """Say whether the goal is written as a list, whose items may do without a verb."""
    return len(_LIST_MARK.findall(goal)) > 1


def _items(goal: str) -> list[str]:
    text = re.sub(r"\?\s*,", "?", goal.strip())
    marks = list(_LIST_MARK.finditer(text))
    if len(marks) <= 1:
        return [text]
    pieces = [text[: marks[0].start()]]
    bounds = [*[mark.end() for mark in marks], None]
    starts = [*[mark.start() for mark in marks[1:]], len(text)]
    pieces.extend(text[begin:end] for begin, end in zip(bounds[:-1], starts, strict=True))
    return [piece.strip() for piece in pieces if piece.strip()]


def _sentences(item: str) -> list[str]:
    flat = [re.sub(r"\s+", " ", part).strip() for part in re.split(r"\n\s*\n|\n(?=[A-Z])", item)]
    return [part[begin:end].strip() for part in flat for begin, end in spans(part)]


def _split(sentence: str) -> list[str]:
    """Split one sentence at the joints behind which an order, a question or another thing to make begins."""
    pieces, begin = [], 0
    for joint in _JOINT.finditer(sentence):
        before = sentence[max(begin, joint.start() - _WINDOW) : joint.start()]
        after = sentence[joint.end() : joint.end() + _WINDOW]
        if before.strip() and (_describes(before, joint.group(), after) or _begins(before, joint.group(), after)):
            pieces.append(sentence[begin : joint.start()])
            begin = joint.end()
    return [*pieces, sentence[begin:]]


def _is_half(before: str, words: list[str]) -> bool:
    """`find and quote the passage`, `I'd then like`: one word that is nothing by itself."""
    own = stems(tidy(before))
    if len(own) > 1 or not words:
        return not words
    return not own or own[0] not in WORK_VERBS or (own[0] in FIND_VERBS and stem(words[0]) in FIND_VERBS)


def _describes(before: str, joint: str, after: str) -> bool:
    """`a report that gives the totals and quotes the text`: what a document holds is work of its own."""
    relative = joint.strip().lower() in {"that", "which"}
    return relative and _thing(tidy(before)) == "document" and starts_work(tokens(after)[:1], "the ")


def _begins(before: str, joint: str, after: str) -> bool:
    rest = without_lead(after)
    words = tokens(rest)
    if _is_half(before, words):
        return False
    following = rest.split(maxsplit=1)[1] if len(rest.split()) > 1 else ""
    if joint.strip().lower() in {"that", "which"}:
        return False
    ordered = starts_work(words, following) and not _is_object(before, joint)
    if ordered or ("then" in joint.lower() and len(words) >= _MIN_QUESTION_WORDS):
        return True
    strong = "and" in joint.lower() or "," in joint or ":" in joint
    if _WH.match(rest) and strong:
        asks = wants_figures(rest) or text_says(rest) or _thing(rest) == "summary"
        return asks and len(words) >= _MIN_QUESTION_WORDS and not _wants_object(before)
    if joint.strip() == ":" and not _thing(tidy(before)) and _thing(rest):
        return True
    return strong and _begins_thing(before, rest)


def _begins_thing(before: str, rest: str) -> bool:
    """`… a summary of each file, the total by month and a memo`: another kind of thing than the one before."""
    match = _NOUN_START.match(rest)
    if not match:
        return False
    thing = _thing(match["rest"])
    own = _thing(tidy(before))
    if thing == own == "figure":
        return groups(before) and (groups(rest) or len(tokens(rest)) >= _MIN_FIGURE_WORDS)
    if not thing or thing == own:
        return False
    return not (thing != "document" and _thing(before) == "document" and _INSIDE.search(before))


def _thing(text: str) -> str:
    words = [stem(word) for word in tokens(re.split(r",|\band\b", text, maxsplit=1)[0])[:7]]
    for word in words:
        if word in SUMMARY_NOUNS:
            return "summary"
        if word in DOCUMENTS:
            return "document"
        if word in COMPUTE_VERBS or word in {"mean", "median", "number", "breakdown", "highest", "largest"}:
            return "figure"
        if word in {"quotation", "quot", "passag", "quotat", "citat", "excerpt"}:
            return "quote"
    if condensed(text):
        return "summary"
    return "figure" if wants_figures(text) else ""


def _is_object(before: str, joint: str) -> bool:
    """`to find and quote`, `must ask and report`: an infinitive chain belongs together only before a plain comma."""
    return joint.strip() == "," and bool(re.search(r"\b(?:to|who|that|which)\s*$", before, re.IGNORECASE))


def _wants_object(before: str) -> bool:
    """`tell me, which …`: the words before are only the verb that the question completes."""
    return len(tokens(tidy(before))) <= _POINTING_WORDS
