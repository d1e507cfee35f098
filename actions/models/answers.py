"""From the text of a model to a value that fits the schema, or to a sentence that says what does not fit.

Rule: what a model writes is hostile input. Nothing leaves here that JSON, UTF-8 or PostgreSQL cannot hold.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

SchemaT = TypeVar("SchemaT", bound=BaseModel)

_FENCE = re.compile(r"```[A-Za-z0-9_-]*[ \t]*\n(.*?)```", re.DOTALL)
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
_STARTS = re.compile(r"[{\[]")
_MAX_STARTS = 64
_MAX_DEPTH = 64
_MAX_PROBLEMS = 5


class _NotStorableError(ValueError):
    pass


def read_answer(schema: type[SchemaT], text: str) -> tuple[SchemaT | None, str]:
    """Return the first JSON value in `text` that fits `schema` and "", or None and what is wrong.

    The whole text, fenced blocks, and objects inside prose are tried, in this order.
    """
    problem = ""
    for value in candidates(text):
        try:
            check_storable(value)
            return schema.model_validate_json(json.dumps(value)), ""
        except ValidationError as error:
            problem = problem or _told(error)
        except _NotStorableError as error:
            problem = problem or str(error)
    return None, problem or "it holds no JSON object"


def candidates(text: str) -> Iterator[Any]:
    """Yield the JSON values in a model's text, the likeliest first; a bounded number."""
    text = _THOUGHT.sub("", text, count=1).strip()
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    whole = _decode(decoder, text, 0)
    if whole is not None and not text[whole[1] :].strip():
        yield whole[0]
        return
    for block in _FENCE.findall(text):
        found = _decode(decoder, block.strip(), 0)
        if found is not None:
            yield found[0]
    at, starts = 0, 0
    while starts < _MAX_STARTS and (start := _STARTS.search(text, at)):
        starts += 1
        found = _decode(decoder, text, start.start())
        if found is None:
            at = start.end()
        else:
            yield found[0]
            at = found[1]


def check_storable(value: Any) -> None:
    """Raise ValueError, naming the place, for what cannot be stored: NUL, lone surrogates, no-numbers, deep nesting."""
    todo: list[tuple[Any, str, int]] = [(value, "$", 0)]
    while todo:
        item, path, depth = todo.pop()
        if depth > _MAX_DEPTH:
            raise _NotStorableError(f"{path[:80]}…: nested more than {_MAX_DEPTH} deep")
        if isinstance(item, str) and _NOT_STORABLE.search(item):
            raise _NotStorableError(f"{path}: text with a NUL character or half a surrogate pair")
        if isinstance(item, float) and not math.isfinite(item):
            raise _NotStorableError(f"{path}: not a finite number")
        if isinstance(item, dict):
            for key, part in item.items():
                if _NOT_STORABLE.search(key):
                    raise _NotStorableError(f"{path}: a key with a NUL character or half a surrogate pair")
                todo.append((part, f"{path}.{key}", depth + 1))
        elif isinstance(item, list):
            todo.extend((part, f"{path}[{i}]", depth + 1) for i, part in enumerate(item))


def _decode(decoder: json.JSONDecoder, text: str, start: int) -> tuple[Any, int] | None:
    if text[start : start + 1] not in {"{", "["}:
        return None
    try:
        return decoder.raw_decode(text, start)
    except (ValueError, RecursionError):  # ValueError: also integers of more than 4,300 digits
        return None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _told(error: ValidationError) -> str:
    """Return what does not fit, a bounded number of places, without the values (they may be long)."""
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    told = "; ".join(f"{'.'.join(map(str, e['loc'])) or '$'}: {e['msg']}" for e in errors[:_MAX_PROBLEMS])
    more = len(errors) - _MAX_PROBLEMS
    return f"{told}; and {more} more" if more > 0 else told
