"""A server's questions (elicitation) as questions to people, and people's answers as the server wants them. Pure.

Rules: who asks is said first. A form is answered by an object that fits it, a form of one field also by its bare value,
and anything by the word `decline`. An address is shown and never opened: what is typed there never passes through here.
Source: https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import mcp_types as types

from pgswarm.actions.outcomes import Question
from pgswarm.actions.outside.texts import MAX_PROMPT, cleaned, one_line, schema_trouble, shown_schema, without
from pgswarm.schema.json_schema import misfits

DECLINE: Final = "decline"
DONE: Final = "done"
MAX_QUESTIONS: Final = 20


class UnansweredError(Exception):
    """The server wants what people cannot give it; the message says what."""


def kept(request: types.InputRequest, secrets: Iterable[str]) -> dict[str, Any]:
    """Return a request as JSON for the node's state; raise `UnansweredError` for what is no question to a person."""
    if not isinstance(request, types.ElicitRequest):
        raise UnansweredError(f"it asks for {request.method}, which pgswarm does not offer to servers")
    return kept_params(request.params, secrets)


def kept_params(params: types.ElicitRequestParams, secrets: Iterable[str]) -> dict[str, Any]:
    """Return the parameters of a request as JSON; raise `UnansweredError` where its form is none."""
    message = cleaned(without(secrets, params.message), MAX_PROMPT)
    if isinstance(params, types.ElicitRequestURLParams):
        return {"message": message, "url": cleaned(params.url, MAX_PROMPT)}
    trouble = schema_trouble(params.requested_schema)
    if trouble is not None:
        raise UnansweredError(f"it asks by a form that cannot be shown: {trouble}")
    return {"message": message, "form": shown_schema(params.requested_schema)}


def identity(request: Mapping[str, Any]) -> str:
    """Return the same text for the same question, so that its answer is found when it is asked again."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:32]


def question(who: str, request: Mapping[str, Any], *, again: bool) -> Question:
    """Return the question to a person. `again`: the tool was stopped at it, and is called once more from its start."""
    prompt = f"{who} asks: {request['message']}"
    if again:
        prompt += (
            "\n(The server's protocol cannot wait for people: the tool was stopped here. With your answer it is "
            "called once more, from its start.)"
        )
    if "url" in request:
        prompt += (
            f"\nOpen this address yourself if you trust it: {request['url']}\nThen answer {DONE}, or {DECLINE}. "
            "Type no secret here."
        )
        return Question(prompt, choices=[DONE, DECLINE])
    form = request["form"]
    properties = form.get("properties") or {}
    required = form.get("required") or ()
    lines = [_field(name, shape, required=name in required) for name, shape in properties.items()]
    only = _only_field(form)
    how = f"Answer with the value, or {DECLINE}." if only else f"Answer with a JSON object, or {DECLINE}."
    shapes = [form, {"const": DECLINE}, *([properties[only]] if only else [])]
    if only and _is_text(properties[only]):
        shapes.append({"type": "number"})  # a number that was typed for a text, as a post code is
    return Question(cleaned("\n".join([prompt, *lines, how]), 2 * MAX_PROMPT), schema=_any_of(shapes))


def response(request: Mapping[str, Any], answer: Any) -> types.ElicitResult | None:
    """Return a person's answer as the server takes it; None where it does not fit its form."""
    if answer == DECLINE:
        return types.ElicitResult(action="decline")
    if "url" in request:
        return types.ElicitResult(action="accept" if answer == DONE else "decline")
    form = request["form"]
    only = _only_field(form)
    if only and not (isinstance(answer, dict) and only in answer):
        text = _is_text(form["properties"][only]) and isinstance(answer, int | float)
        answer = {only: json.dumps(answer) if text else answer}
    if not isinstance(answer, dict) or misfits(form, answer, "answer"):
        return None
    try:
        return types.ElicitResult(action="accept", content=answer)
    except ValueError:  # a form of other things than the protocol's texts, numbers and choices
        return None


def _only_field(form: Mapping[str, Any]) -> str | None:
    properties = form.get("properties") or {}
    return next(iter(properties)) if len(properties) == 1 else None


def _is_text(shape: Any) -> bool:
    return isinstance(shape, dict) and shape.get("type") == "string"


def _any_of(shapes: list[Any]) -> dict[str, Any]:
    types_of = {shape.get("type") for shape in shapes if isinstance(shape, dict)} - {None}
    # named beside `anyOf` too: a person's typing is read by it
    return {"type": sorted({"string", *map(str, types_of)}), "anyOf": shapes}


def _field(name: str, shape: Any, *, required: bool) -> str:
    shape = shape if isinstance(shape, dict) else {}
    told = f"- {one_line(name, 100)} ({shape.get('type', 'any')}{', required' if required else ''})"
    about = shape.get("description") or shape.get("title")
    told += f": {one_line(about, 300)}" if about else ""
    choices = shape.get("enum")
    return told + (f" One of: {one_line(', '.join(map(str, choices)), 500)}." if isinstance(choices, list) else "")
