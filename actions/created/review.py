"""The inbox question by which a person approves an action: what is shown, and what an answer means. Pure."""

import json
from dataclasses import dataclass
from typing import Any, Final

from pgswarm.actions.created.library import CreatedAction
from pgswarm.actions.swarm.notes import as_text

QUESTION_SCHEMA: Final = {"anyOf": [{"type": "boolean"}, {"type": "string", "minLength": 1}]}
_YES: Final = frozenset({"yes", "y", "true", "ok", "okay", "approve", "approved", "go ahead"})
_NO: Final = frozenset({"no", "n", "false", "stop", "reject", "rejected", "do not", "don't"})
_MAX_DIRECTIVE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said: yes, no (neither), or what should be different."""

    yes: bool
    correction: str = ""


def prompt_of(made: CreatedAction, directive: str, results: str) -> str:
    """Return the question: what the action does and takes, its source whole, and how its tests ended."""
    content = made.content
    parts = [
        f"May the swarm use this new action, {made.action_id}? {made.description}",
        f"It was written for: {directive[:_MAX_DIRECTIVE]}",
        f"Takes: {json.dumps(content.input_schema.get('properties', {}), ensure_ascii=False)}",
        f"Gives: {json.dumps(content.output_schema.get('properties', {}), ensure_ascii=False)}",
        f"Packages: {', '.join(content.dependencies) or 'none'}",
        f"Source ({content.language}, SHA-256 {content.hash[:12]}):\n\n{content.code}",
        *(f"It imports {name} (util {each['of']}):\n\n{each['code']}" for name, each in content.utils.items()),
        f"Its tests, run in the sandbox:\n{results}",
        "It runs only in the sandbox, on the swarm's workspace: without a network, a database or secrets.",
        "Answer yes, no, or what should be different.",
    ]
    return "\n\n".join(parts)


def read_answer(answer: Any) -> Said:
    """Return what an answer means."""
    if isinstance(answer, bool):
        return Said(yes=answer)
    text = as_text(answer)
    word = " ".join(text.split()).strip("\"'.! \u201c\u201d").lower()
    if word in _YES or word in _NO:
        return Said(yes=word in _YES)
    return Said(yes=False, correction=text.strip())
