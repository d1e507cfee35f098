"""JSON schemas as strict structured output wants them.

Rule: a schema that cannot be made strict without changing what fits it is sent as it is, not strict. The subset:
every object closed, every property required, no defaults (OpenAI's guide to structured outputs, "Supported schemas").
"""

from collections.abc import Mapping
from typing import Any

_UNSUPPORTED = frozenset({"oneOf", "allOf", "not", "if", "patternProperties", "propertyNames", "prefixItems"})
_DROPPED = frozenset({"default", "title"})


class _NotStrictError(Exception):
    pass


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the strict form of an object's JSON schema, or None where it has none (free-form objects, unions of)."""
    try:
        strict = _strict(schema)
    except _NotStrictError:
        return None
    return strict if "properties" in strict else None


def _strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    if _UNSUPPORTED & schema.keys():
        raise _NotStrictError
    if not schema.keys() & {"type", "$ref", "anyOf", "enum", "const"}:
        raise _NotStrictError  # anything fits it
    out = {key: value for key, value in schema.items() if key not in _DROPPED}
    if schema.get("type") == "object":
        if schema.get("additionalProperties", False) is not False or "properties" not in schema:
            raise _NotStrictError  # a map with free keys
        out["properties"] = {name: _strict(part) for name, part in schema["properties"].items()}
        out["required"] = list(schema["properties"])
        out["additionalProperties"] = False
    if schema.get("type") == "array":
        out["items"] = _strict(schema.get("items", {}))
    if "anyOf" in schema:
        out["anyOf"] = [_strict(part) for part in schema["anyOf"]]
    if "$defs" in schema:
        out["$defs"] = {name: _strict(part) for name, part in schema["$defs"].items()}
    return out
