"""The task `ask_user`: what to ask a person, one question for each thing. Wording is the directive's own."""

import re
from collections.abc import Mapping
from typing import Any

from pgswarm.actions.models.offline.rules.parts import ASK_PREFIX
from pgswarm.actions.models.offline.rules.words import tokens

_LEAD = re.compile(
    r"^(?:please )?(?:ask|inquire|enquire)(?: of)?(?: (?:me|us|them|him|her|(?:the|a) (?:user|person|reader|"
    r"customer|client)))?"
    r"(?: (?:for|about|to (?:tell|give|name)(?: you| me)?))?\s*:?\s*",
    re.IGNORECASE,
)
_INDIRECT = re.compile(
    r"^(?P<wh>what|who|which \w+|when|where) (?P<thing>.+?) (?P<verb>is|are|was|were)\b(?P<rest>.*)$", re.IGNORECASE
)
_SPLIT = re.compile(
    r"\s*(?:;|\?\s+|,?\s+and (?=(?:an? |their |the |my |your |our |who|what|which|when|where|how|why|for|"
    r"about))|,\s+)\s*"
)
_TO_PERSON = {
    "my": "your",
    "me": "you",
    "i": "you",
    "mine": "yours",
    "our": "your",
    "us": "you",
    "we": "you",
    "their": "your",
    "they": "you",
}
_TITLE_WORDS = 4


def ask_user(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a short title and the questions that the directive names."""
    directive = str(data.get("directive", "")).strip()
    wanted = directive.removeprefix(ASK_PREFIX) if directive.startswith(ASK_PREFIX) else _LEAD.sub("", directive)
    questions = [_question(piece) for piece in _SPLIT.split(wanted) if tokens(piece)] or [f"{directive}?"]
    words = [word for word in re.findall(r"\w+", questions[0]) if word.lower() not in {"is", "the", "a", "are", "what"}]
    return {"title": " ".join(words[:_TITLE_WORDS]), "questions": questions}


def _question(piece: str) -> str:
    text = re.sub(r"^(?:for|about)\s+", "", piece.strip(" .?,"), flags=re.IGNORECASE)
    text = " ".join(_TO_PERSON.get(word.lower(), word) for word in text.split())
    if match := _INDIRECT.match(text):
        text = f"{match['wh']} {match['verb']} {match['thing']}{match['rest']}"
    return f"{text[:1].upper()}{text[1:]}?"
