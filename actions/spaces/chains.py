"""Chains of actions: where what one gives out fits what another takes in. Pure; bounded by `MAX_CHAINS`.

The rule: every argument that the second requires, and at least one in all, is a field of the first's output with the
same name and a type that goes into its own. What has no output schema begins no chain.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pgswarm.actions.node import ActionChoice

MAX_CHAINS: Final = 40
_GOES_INTO: Final[Mapping[str, frozenset[str]]] = {"integer": frozenset({"number"})}


def chains(actions: Sequence[ActionChoice]) -> list[dict[str, Any]]:
    """Return which of these actions can follow which, and by which fields, as JSON for a prompt."""
    found = []
    for first in actions:
        given = _properties(first.output_schema)
        if not given:
            continue
        for then in actions:
            by = _handed_on(given, then) if then.action_id != first.action_id else []
            if by:
                found.append({"first": first.action_id, "then": then.action_id, "hands_on": by})
                if len(found) == MAX_CHAINS:
                    return found
    return found


def _handed_on(given: Mapping[str, Any], then: ActionChoice) -> list[str]:
    taken = _properties(then.input_schema)
    required = [str(name) for name in then.input_schema.get("required") or ()]
    by = [name for name, shape in taken.items() if name in given and _fits(_types(given[name]), _types(shape))]
    return by if by and all(name in by for name in required) else []


def _fits(given: Iterable[str], taken: frozenset[str]) -> bool:
    """Whether every type that may come out may go in; what names no type takes, or is, anything."""
    return all(not taken or one in taken or bool(_GOES_INTO.get(one, frozenset()) & taken) for one in given)


def _types(shape: Any) -> frozenset[str]:
    if not isinstance(shape, Mapping):
        return frozenset()
    told = shape.get("type")
    if isinstance(told, str):
        return frozenset({told})
    if isinstance(told, list):
        return frozenset(str(one) for one in told)
    return frozenset().union(*(_types(one) for one in shape.get("anyOf") or ()))


def _properties(schema: Mapping[str, Any] | None) -> Mapping[str, Any]:
    found = (schema or {}).get("properties")
    return found if isinstance(found, Mapping) else {}
