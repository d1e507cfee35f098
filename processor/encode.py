"""Text and JSON on their way into the database: checked here, field by field, so that a commit cannot fail for them.

One rule: what PostgreSQL would refuse (NUL characters, lone surrogates, NaN, values too large or too deep) is refused
here first, with the name of the field and the remedy; otherwise one bad value would fail the acts of its whole batch.
"""

import json
from typing import Any, Final

MAX_BYTES: Final = 16 * 1024 * 1024
"""The largest text or JSON value, in bytes of UTF-8."""

_dump: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class BadValueError(ValueError):
    """A value that cannot be stored; the message names the field and the remedy."""


def text(field: str, value: object) -> bytes:
    """Return `value` as UTF-8; raise `BadValueError` where it is no text, or text that cannot be stored."""
    if not isinstance(value, str):
        raise BadValueError(f"{field} must be text, not {type(value).__name__}")
    if "\0" in value:
        raise BadValueError(f"{field} contains a NUL character at position {value.index(chr(0))}: remove it")
    try:
        data = value.encode()
    except UnicodeEncodeError as error:
        raise BadValueError(
            f"{field} contains a lone surrogate at position {error.start}: decode the text properly, or replace it"
        ) from None
    if len(data) > MAX_BYTES:
        raise BadValueError(
            f"{field} has {len(data):,} bytes; at most {MAX_BYTES:,} are stored: save it to memory in parts"
        )
    return data


def json_value(field: str, value: Any) -> bytes:
    """Return `value` as JSON in UTF-8; raise `BadValueError` where JSON or jsonb cannot hold it."""
    try:
        dumped = _dump(value)
    except (TypeError, ValueError) as error:
        raise BadValueError(f"{field} is not JSON: {error}") from None
    except RecursionError:
        raise BadValueError(f"{field} is nested too deep: flatten it") from None
    if "\\u0000" in dumped and _holds_nul(value):
        raise BadValueError(f"{field} contains a NUL character in a string: remove it")
    return text(field, dumped)


def diagnostic(value: object, limit: int = 4_000) -> str:
    """Return text about a failure, made storable whatever it holds, and cut to `limit` characters."""
    try:
        words = str(value)
    except Exception as error:  # noqa: BLE001 - an exception's own __str__ may raise anything, and must not hide the failure
        words = f"(its text cannot be had: {type(error).__name__})"
    words = words.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
    return words if len(words) <= limit else words[:limit] + "…"


def _holds_nul(value: Any) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if "\0" in item:
                return True
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)
    return False
