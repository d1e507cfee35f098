"""Pages by cursor. A cursor is opaque: it holds the keys of the last row of a page, and the next page begins after it.

Rule: pages neither skip nor repeat a row that stays, whatever is added or removed in between.
"""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from pgswarm.api.problems import Problem
from pgswarm.schema.errors import InvalidInputError
from pgswarm.schema.text import clean

T = TypeVar("T")

LONGEST_PAGE: Final = 500
LONGEST_CURSOR: Final = 4200  # holds the longest name of an entry, each character escaped

Limit = Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="At most so many items.")]
Cursor = Annotated[
    str | None, Query(max_length=LONGEST_CURSOR, description="`next_cursor` of the page before; none: the first page.")
]


class Page(BaseModel, Generic[T]):
    """One page. `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None = Field(default=None, examples=["WyIwMTk4ZjNhNS0xMTExLTcwMDAtODAwMC0wMDAwMDAwMDAwMDAiXQ"])


def encode_cursor(*keys: str | float | None) -> str:
    """Return the cursor that holds these keys."""
    return base64.urlsafe_b64encode(json.dumps(keys, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: Callable[[Any], Any]) -> list[Any]:
    """Return the keys of a cursor, each made by its kind (`UUID`, `str`, `int` …); raise 422 where it is not ours."""
    try:
        keys = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if isinstance(keys, list):
            return [kind(_scalar(key)) for kind, key in zip(kinds, keys, strict=True)]
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, InvalidInputError):
        pass
    raise wrong_cursor()


def wrong_cursor() -> Problem:
    """Return the answer to a cursor that no page gave."""
    return Problem(
        422, detail="cursor is none that this API gave", field="cursor", remedy="send next_cursor as it came"
    )


def page_of(rows: Sequence[T], limit: int, cursor_of: Callable[[T], str]) -> tuple[list[T], str | None]:
    """Split `limit + 1` rows, as they were asked for, into a page and the cursor of the next one."""
    page = list(rows[:limit])
    return page, cursor_of(page[-1]) if len(rows) > limit else None


def _scalar(key: Any) -> Any:
    """Return what a key may be; raise for anything else, and for text that the database cannot hold."""
    if isinstance(key, str):
        return clean("cursor", key)
    if isinstance(key, int | float):
        return key
    raise TypeError(key)
