"""A goal as its clauses: one piece of wording for each thing that is asked for or remarked. Pure.

Splits at list marks, sentence ends and semicolons always; at "and", "then" and commas only where an order or a question
begins behind them, so that "the average and total by region" stays whole.
"""

import re

from pgswarm.actions.models.offline.rules.lexicon import (
    COMPUTE_VERBS,
    DOCUMENTS,
    SUMMARY_NOUNS,
    groups,
    starts_work,
    text_says,
    wants_figures,
)
from pgswarm.actions.models.offline.rules.sentences import spans
from pgswarm.actions.models.offline.rules.words import stem, tokens

_LIST_MARK = re.compile(
    r"(?:(?<=^)|(?<=\s))(?:\(?(?:\d{1,2}|[a-h]|i{1,3}|iv|vi{0,3})\)|\d{1,2}[.:](?=\s)|[-*\u2022\u2013](?=\s)"
    r"|(?:step|part|task) \d{1,2}[.:]?(?=\s))\s*",
    re.IGNORECASE | re.MULTILINE,
)
_LEAD = re.compile(
    r"^(?:(?:,|and|but|then|also|next|now|so|plus|please|kindly|first(?:ly)?(?: of all)?|second(?:ly)?|third(?:ly)?|"
    r"fourth(?:ly)?|fifth(?:ly)?|last(?:ly)?|finally|afterwards?|after (?:that|this|which)|once (?:that is|"
    r"this is|that's|"
    r"you have|you are|all that is|it is) done|when (?:that is|you are|you have|that's) (?:done|finished)|"
    r"in addition|"
    r"additionally|furthermore|moreover|besides|at the end|in the end|to (?:begin|start|finish|end|conclude) with|"
    r"to (?:begin|start|finish|conclude)|from (?:all )?(?:that|this|these|those)|with (?:that|this)|"
    r"based on (?:that|this|"
    r"all (?:of )?(?:that|this))|(?:start|begin|finish|end|conclude|close)(?: off| up)? (?:by|with)(?= \w+ing\b)|"
    r"(?:could|can|would|will) you(?: please)?|you (?:should|must|need to|have to|are to|will)|i(?:'d|"
    r" would) like(?: you)? "
    r"to|i (?:want|need) you to|(?:i|we)(?: also| now)? (?:want|need|would like|wish)(?: to (?:know|see|have|"
    r"get|learn|"
    r"understand))?|i'd like(?: to (?:know|see|have))?|let me know|help me(?: to)?|go ahead and|"
    r"make sure (?:to|that you)|"
    r"be sure to|try to|your (?:task|job) is to|(?:it|they|(?:the|this|that|your) \w+) (?:should|must|has to|"
    r"have to|needs to|need to|shall|will) (?:also )?(?:include|contain|cover|give|show|mention|list|have|"
    r"state)|the (?:task|job|goal) is to|we'd like(?: you)?(?: to)?)(?:,|:)?\s+)+",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"(?:,?\s+(?:and|then|but|plus|before|after which)\s+(?:(?:then|also|finally|lastly|next|afterwards)\s+)?|,\s+|"
    r"\s+[\u2013\u2014-]+\s+|:\s+)",
    re.IGNORECASE,
)
_WH = re.compile(r"^(?:which|how many|how much|how often|what|who|where|when|why)\b", re.IGNORECASE)
_NOUN_START = re.compile(r"^(?:an?|the|one|two|some)\s+(?P<rest>.+)", re.IGNORECASE)
_INSIDE = re.compile(
    r"\b(?:with|including|containing|covering|based on|from|between|comparing|about|says?|"
    r"on)\b",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"^(?:(?:please )?(?:do|answer|handle|complete|carry out) (?:the following|these|all|both|two|three|four|"
    r"five|six|\d+)\b"
    r"(?: \w+){0,3}|the following(?: \w+){0,3}|finally|lastly|please|thanks?(?: you)?|then|and|here is (?:the|"
    r"my) \w+)$",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"(?:\s*[.!;,:]+|,?\s+(?:and|then|but|plus|last|finally|lastly))+$", re.IGNORECASE)
_MIN_QUESTION_WORDS = 4


def clauses(goal: str) -> list[str]:
    """Return the clauses of a goal, in order, without list marks, politeness and connecting words."""
    found: list[str] = []
    for item in _items(goal):
        for sentence in _sentences(item):
            for piece in re.split(r"\s*;\s*", sentence):
                found.extend(_split(piece))
    tidy = (_tidy(text) for text in found)
    return [clause for clause in tidy if clause and not _EMPTY.match(clause)]


def listed(goal: str) -> bool:
    """Say whether the goal is written as a list, whose items may do without a verb."""
    return len(_LIST_MARK.findall(goal)) > 1


def _items(goal: str) -> list[str]:
    text = goal.strip()
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
        before, after = sentence[begin : joint.start()], sentence[joint.end() :]
        if before.strip() and _begins(before, joint.group(), after):
            pieces.append(before)
            begin = joint.end()
    return [*pieces, sentence[begin:]]


def _begins(before: str, joint: str, after: str) -> bool:
    lead = _LEAD.match(after)
    rest = after[lead.end() :] if lead else after
    words = tokens(rest)
    following = rest.split(maxsplit=1)[1] if len(rest.split()) > 1 else ""
    if starts_work(words, following) and not _is_object(before, joint):
        return True
    strong = "and" in joint.lower() or "," in joint or ":" in joint
    if _WH.match(rest) and strong:
        asks = wants_figures(rest) or text_says(rest)
        return asks and len(words) >= _MIN_QUESTION_WORDS and not _wants_object(before)
    if joint.strip() == ":" or not strong:
        return False
    return _begins_thing(before, rest)


def _begins_thing(before: str, rest: str) -> bool:
    """`… a summary of each file, the total by month and a memo`: another kind of thing than the one before."""
    match = _NOUN_START.match(rest)
    if not match:
        return False
    thing = _thing(match["rest"])
    if not thing or thing == _thing(_tidy(before)):
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
        if word in {"quotation", "quot", "passag", "quotat"}:
            return "quote"
    return "figure" if groups(text) and wants_figures(text) else ""


def _is_object(before: str, joint: str) -> bool:
    """`to find and quote`, `must ask and report`: an infinitive chain belongs together only before a plain comma."""
    return joint.strip() == "," and bool(re.search(r"\b(?:to|who|that|which)\s*$", before, re.IGNORECASE))


def _wants_object(before: str) -> bool:
    """`tell me, which …`: the words before are only the verb that the question completes."""
    return len(tokens(_tidy(before))) <= 2  # noqa: PLR2004 - "tell me", "work out", "say"


def _tidy(text: str) -> str:
    clause = re.sub(r"\s+", " ", text).strip(" \t\n\"'\u201c\u201d,;")
    while True:
        shorter = _LEAD.sub("", clause, count=1).strip(" ,;:")
        if shorter == clause:
            break
        clause = shorter
    return _CLOSED.sub("", clause).strip()
