"""What a person types as an answer, as the JSON value that the question wants.

Rule: pure. A question that wants text gets what was typed, whatever it looks like; numbers, yes/no and structures are
read; a choice may be given by its number.
"""

import json
from typing import Any

from pgswarm.cli.exits import BadInputError
from pgswarm.schema.json_schema import misfits

YES_NO = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}


def parse_answer(typed: str, choices: list[Any] | None, schema: dict[str, Any] | None) -> Any:
    """Return the answer as JSON; raise `BadInputError` that says what the question takes."""
    answer = _read(typed, choices, schema)
    found = misfits(schema, answer, "answer") if schema else []
    if found:
        raise BadInputError(f"{found[0].path}: {found[0].message}", "Give an answer that fits the question.")
    return answer


def _read(typed: str, choices: list[Any] | None, schema: dict[str, Any] | None) -> Any:
    text = typed.strip()
    if choices:
        return _choice(text, choices)
    wanted = (schema or {}).get("type", "string")
    types = wanted if isinstance(wanted, list) else [wanted]
    if "boolean" in types and text.lower() in YES_NO:
        return YES_NO[text.lower()]
    if types == ["string"]:
        if not text:
            raise BadInputError("the answer is empty", "Type a text.")
        return text
    try:
        return json.loads(text)
    except ValueError:
        if "string" in types:
            return text
        raise BadInputError(
            f"{text!r} does not fit the question", f"It takes {_named(types)}, written as JSON."
        ) from None


def _choice(text: str, choices: list[Any]) -> Any:
    """Return the choice that was named, by its text or by its number from 1."""
    for choice in choices:
        if text == choice or text.lower() == _shown(choice).lower():
            return choice
    if text.isdecimal() and 1 <= int(text) <= len(choices):
        return choices[int(text) - 1]
    raise BadInputError(f"{text!r} is not one of the choices", f"They are: {', '.join(map(_shown, choices))}.")


def _shown(choice: Any) -> str:
    return choice if isinstance(choice, str) else json.dumps(choice, ensure_ascii=False)


def _named(types: list[str]) -> str:
    names = {"integer": "a whole number", "number": "a number", "boolean": "yes or no", "array": "a list"}
    return " or ".join(names.get(name, f"an {name}" if name[:1] in "aeiou" else name) for name in types)
