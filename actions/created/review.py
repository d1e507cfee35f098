"""The inbox question by which a person approves an action: what is shown. Pure."""

import json
from typing import Final

from pgswarm.actions.created.library import CreatedAction

_MAX_DIRECTIVE: Final = 1_000


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
