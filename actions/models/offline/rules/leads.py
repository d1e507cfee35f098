"""What stands before an order and is no part of it: politeness, order words, wishes. Pure.

`tidy` takes it off and brings the leading verb to its base form ("summarising", "gives" → "summarise", "give").
"""

import re

from pgswarm.actions.models.offline.rules.words import stem, word_list

_ORDER = (
    "to do (?:that|this|so)|"
    "and|but|then|also|next|now|so|plus|first(?:ly)?(?: of all)?|second(?:ly)?|third(?:ly)?|fourth(?:ly)?|fifth(?:ly)?|"
    "last(?:ly)?|finally|afterwards?|after (?:that|this|which)|"
    "before anything(?: else)?|"
    "to (?:begin|start|finish|end|conclude)(?: with)?|at the end|in the end|in addition|additionally|"
    "furthermore|moreover|besides|"
    "(?:once|when) (?:that is|this is|that's|you have|you are|all that is|it is)(?: all)? (?:done|finished)|"
    r"(?:start|begin|finish|end|conclude|close)(?: off| up)? (?:by|with)(?= \w+ing\b)"
)
_POLITE = (
    "please|kindly|(?:could|can|would|will) you(?: please)?|help me(?: to)?|go ahead and|try to|be sure to|let me know|"
    "make sure (?:to|that you)|"
    "you(?:'ll| will)? (?:should|must|need to|have to|are to|will)|"
    "(?:your|the) (?:task|job|goal) is to"
)
_WISH = (
    "i(?:'d| would) like(?: you)? to|i (?:want|need) you to|(?:i|we)(?:'d| would)?(?: also| now| then)? "
    "(?:want|need|like|wish)(?: to (?:know|see|have|get|learn|understand))?|we'd like(?: you)?(?: to)?"
)
_FRAME = (
    "answer (?:this|the following)(?: questions?)?|from (?:all )?(?:that|this|these|those)|with (?:that|this)|"
    "based on (?:that|this|all (?:of )?(?:that|this))|"
    r"(?:it|they|(?:the|this|that|your) \w+) (?:should|must|has to|have to|needs to|need to|shall|will) (?:also )?"
    "(?:include|contain|cover|give|show|mention|list|have|state)"
)
_LEAD = re.compile(rf"^(?:(?:,|{_ORDER}|{_POLITE}|{_WISH}|{_FRAME})(?:,|:)?\s+)+", re.IGNORECASE)
_SOURCE = re.compile(
    r"^(?P<lead>(?:then,? |and |also,? )*(?:using|from|in|according to|based on|with) "
    r"(?:(?:the|this|my|our|both|all) [\w.-]+(?: \w+)?,|[\w./-]+\.\w{2,5},?)) (?P<rest>.+)$",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"^(?:(?:do|answer|handle|complete|carry out) (?:the following|these|all|both|two|three|four|five|six|\d+)\b"
    r"(?: \w+){0,3}|the following(?: \w+){0,3}|finally|lastly|please|thanks?(?: you)?|then|and|"
    r"here is (?:the|my) \w+)$",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"(?:\s*[.!;,:]+|,?\s+(?:and|then|but|plus|last|finally|lastly|please))+$", re.IGNORECASE)
_VERB_LISTS = ("summary", "write", "compute", "find", "ask", "save", "list", "read", "neutral", "other")
_BASE = {stem(verb): verb for name in reversed(_VERB_LISTS) for verb in reversed(word_list(f"{name}_verbs"))}
_FORM = re.compile(r"^[A-Za-z]+(?:s|ing)$")


def without_lead(text: str) -> str:
    """Return `text` without politeness and connecting words at its beginning."""
    match = _LEAD.match(text)
    return text[match.end() :] if match else text


def source_last(text: str) -> tuple[str, str]:
    """Return (`which year had more rain`, ` using the table`) for `using the table, which year had more rain`."""
    match = _SOURCE.match(text.strip())
    if not match:
        return text, ""
    lead = without_lead(match["lead"].rstrip(","))
    return match["rest"], f" {lead[:1].lower()}{lead[1:]}"


def tidy(text: str) -> str:
    """Return a clause without what stands around it, its leading verb in its base form."""
    clause = re.sub(r"\s+", " ", text).strip(" \t\n\"'\u201c\u201d,;")
    while (shorter := without_lead(clause).strip(" ,;:")) != clause:
        clause = shorter
    return _based(_CLOSED.sub("", clause).strip())


def is_empty(clause: str) -> bool:
    """Say whether a clause only announces others ("do the following", "thanks")."""
    return bool(_EMPTY.match(clause))


def _based(clause: str) -> str:
    word, _, rest = clause.partition(" ")
    base = _BASE.get(stem(word)) if _FORM.match(word) and rest else None
    if base is None or word.lower() in _BASE.values():
        return clause
    return f"{base.capitalize() if word[:1].isupper() else base} {rest}"
