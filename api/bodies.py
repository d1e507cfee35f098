"""What a body or a query may hold, as a pure check: JSON of a bounded depth, text that PostgreSQL can store."""

import json
import math
import re
from typing import Any, Final, Never
from urllib.parse import parse_qsl

from pgswarm.api.problems import Problem
from pgswarm.schema.text import clean, clean_json

ROOT: Final = "body"
_STRINGS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BRACKETS: Final = re.compile(rb"[\[\]{}]")
_REMEDY: Final = "send valid JSON in UTF-8"


def check_json(body: bytes, max_depth: int) -> None:
    """Raise a `Problem` where `body` is no JSON, nested deeper than `max_depth`, or holds NUL or a lone surrogate."""
    try:
        _check_depth(body, max_depth)
        value = json.loads(body.decode(), parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, json.JSONDecodeError) else "it cannot be read"
        raise Problem(400, detail=f"{ROOT} is not JSON: {said}", field=ROOT, remedy=_REMEDY) from None
    _clean(value)


def check_query(query: bytes) -> None:
    """Raise a `Problem` that names the parameter which holds a NUL or bytes that are not UTF-8."""
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise Problem(400, detail="the query string is not UTF-8", field="query", remedy="encode it as UTF-8") from None
    for name, value in pairs:
        clean("query", name)
        clean(name, value)


def check_path(path: str) -> None:
    """Raise where the path holds what no id or name can."""
    clean("path", path)


def _clean(value: Any) -> None:
    if isinstance(value, dict):  # a field goes by its own name
        for key, inner in value.items():
            clean(ROOT, key)
            clean_json(key, inner)
    else:
        clean_json(ROOT, value)


def _refuse_constant(name: str) -> Never:
    raise Problem(422, detail=f"{ROOT} holds {name}, which is no number", field=ROOT, remedy="send a number or null")


def _finite(number: str) -> float:
    """Return a number that has a fraction or an exponent; refuse what no double can hold."""
    found = float(number)
    if math.isinf(found):
        _refuse_constant(number[:40])
    return found


def _check_depth(body: bytes, max_depth: int) -> None:
    """Count the brackets outside strings, without recursion, before anything that recurses sees them."""
    depth = 0
    for found in _BRACKETS.finditer(_STRINGS.sub(b"", body)):
        depth += 1 if found[0] in b"[{" else -1
        if depth > max_depth:
            raise Problem(
                422,
                "too-deep",
                detail=f"{ROOT} is nested deeper than {max_depth} levels",
                field=ROOT,
                remedy="send a flatter document",
            )
