"""Texts, names and schemas of others, made safe to keep and to show. Pure.

Rule: they are data. They are cut to a length, lose what a terminal or a database would take for a command, never become
part of an id unless their letters allow it, and are always said to be another's words.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pgswarm.schema.json_schema import flaw

MAX_DESCRIPTION: Final = 1_000
MAX_SCHEMA: Final = 32_768
MAX_PROMPT: Final = 4_000
MAX_MESSAGE: Final = 2_000
MAX_DEPTH: Final = 40
SHORTEST_SECRET: Final = 4
HIDDEN: Final = "[secret]"

_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters, what turns or hides text, tags, and lone surrogates; tab and line feed stay."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def cleaned(text: object, most: int) -> str:
    """Return text without unseen characters, cut to `most` characters."""
    plain = _UNSEEN.sub("", str(text).replace("\r\n", "\n"))
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def one_line(text: object, most: int = MAX_DESCRIPTION) -> str:
    """Return text as one line."""
    return cleaned(" ".join(cleaned(text, most * 4).split()), most)


def usable_name(name: str) -> bool:
    """Say whether a name of others may stand in the id of an action."""
    return _NAME.fullmatch(name) is not None


def schema_trouble(schema: Any) -> str | None:
    """Return why a schema of others cannot be taken; None where it can."""
    if not isinstance(schema, dict):
        return "its schema is no object"
    if too_deep(schema):
        return f"its schema is nested deeper than {MAX_DEPTH} levels"
    if len(json.dumps(schema)) > MAX_SCHEMA:
        return f"its schema is longer than {MAX_SCHEMA:,} characters"
    if schema.get("type", "object") != "object":
        return "its schema asks for something else than an object"
    wrong = flaw(schema)
    return None if wrong is None else f"its schema is none: {one_line(wrong, 200)}"


def shown_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema whose strings are clean; what it accepts stays the same, but for unseen characters in it."""
    shown = _clean_value(schema)
    return shown if isinstance(shown, dict) else {}


def too_deep(value: Any) -> bool:
    """Say whether JSON is nested deeper than `MAX_DEPTH`; without recursion, since it comes from others."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for item in level for inner in _inner(item)]
        if not level:
            return False
    return True


def without(secrets: Iterable[str], text: str) -> str:
    """Return text in which no secret stands: the other side may have sent one back."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
            text = text.replace(json.dumps(secret)[1:-1], HIDDEN)
    return text


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return cleaned(value, MAX_DESCRIPTION)
    if isinstance(value, dict):
        return {cleaned(key, 200): _clean_value(item) for key, item in value.items()}
    return [_clean_value(item) for item in value] if isinstance(value, list) else value


def _inner(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
