"""JSON schemas, checked whole: what a value lacks to fit one, and whether a schema is one at all. Pure.

Rule: a schema may come from a model, a value from anybody. No reference leaves the schema (nothing is fetched, no file
is read), and patterns are matched with bounded work.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from json import dumps, loads
from typing import Any, Final

_MOST_STEPS: Final = 100_000
_MOST: Final = 20
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Misfit:
    """One place where a value does not fit: its path, as in `answer.dates[0]`, and what is wrong there."""

    path: str
    message: str


def misfits(schema: Any, value: Any, field: str) -> list[Misfit]:
    """Return where `value`, called `field`, does not fit `schema`; nothing where it does, or no schema can be had.

    A schema that is none holds nobody up: what the database checks of it is all that is checked then.
    """
    try:
        validator = _validator(dumps(schema, sort_keys=True))
    except ValueError:
        return []
    found = []
    for error in validator.iter_errors(value):
        found.append(Misfit(_path(field, error.instance_path), _short(error.message)))
        if len(found) == _MOST:
            break
    return sorted(found, key=lambda misfit: misfit.path)


def flaw(schema: Any) -> str | None:
    """Return what is wrong with a schema; None where it is a JSON schema by which a value can be checked."""
    if not isinstance(schema, dict):
        return f"it must be an object, not {type(schema).__name__}"
    try:
        _validator(dumps(schema, sort_keys=True))
    except ValueError as error:
        return _short(str(error).splitlines()[0])
    return None


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    """Return what checks by a schema, given as JSON text; raise `ValueError` where it is none."""
    library = import_module("jsonschema_rs")  # 40 ms that only whoever checks a schema pays
    patterns = library.FancyRegexOptions(backtrack_limit=_MOST_STEPS)
    return library.validator_for(loads(schema), offline=True, pattern_options=patterns)


def _path(field: str, parts: list[Any]) -> str:
    return field + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST else message[:_LONGEST] + "…"
