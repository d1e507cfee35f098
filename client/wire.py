"""A call and what came of it, as values: all that the two clients do not share is how these are sent.

Rule: whether a call may be sent again is decided here, where it is made. Pure.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from pgswarm.client.errors import ApiError, ProtocolError

T = TypeVar("T")

FIRST_ERROR: Final = 400
FIRST_NOT_OK: Final = 300
Params = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of HTTP; names of headers in small letters."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def retry_after_s(self) -> float | None:
        """Return `Retry-After` in seconds (RFC 9110, 10.2.3); None where there is none, or it is not readable."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:9])
        try:
            at, now = parsedate_to_datetime(text), parsedate_to_datetime(self.headers.get("date", ""))
            return max(0.0, (at - now).total_seconds())
        except (ValueError, TypeError):
            return None

    def error(self) -> ApiError:
        """Return the error that this is."""
        try:
            document = json.loads(self.content)
        except ValueError:
            document = None
        if not isinstance(document, dict):  # a proxy's page, and not a problem document
            document = {"detail": self.content[:300].decode(errors="replace").strip()}
        return ApiError(self.status, document, self.retry_after_s)


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer. Not `sent`: the server cannot have got it, so that anything may be sent again."""

    why: str
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, and how its answer is read. `idempotent`: sent twice, it acts once and is answered alike."""

    method: str
    path: str
    read: Callable[[bytes], T]
    params: Params = field(default_factory=dict)
    body: bytes | None = None
    files: Sequence[tuple[str, bytes]] = ()
    key: str | None = None
    idempotent: bool = True

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that it needs, beside who calls."""
        found = {"Accept": "application/json"}
        if self.body is not None:
            found["Content-Type"] = "application/json"
        if self.key is not None:
            found["Idempotency-Key"] = self.key
        return found


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list; `after` is where the next page begins, None on the last one."""

    items: list[T]
    after: str | None


Listing = Callable[[str | None], Call[Page[T]]]
"""The call for a page of a list, by where the page begins."""


def reader(kind: type[T]) -> Callable[[bytes], T]:
    """Return what reads an answer of that kind; it raises `ProtocolError` where the answer is another."""
    adapter = TypeAdapter(kind)

    def read(content: bytes) -> T:
        try:
            return adapter.validate_json(content)
        except ValidationError as error:
            raise ProtocolError(f"the answer is not that of a pgswarm API: {error}") from error

    return read


def encode(body: Any) -> bytes:
    """Return a body as JSON; raise `ValueError` for what JSON cannot hold."""
    try:
        return json.dumps(to_jsonable_python(body), allow_nan=False).encode()
    except (ValueError, TypeError) as error:
        raise ValueError(f"not a JSON value: {error}") from error


def base_of(url: str) -> str:
    """Return the base of the API's addresses; raise `ValueError` where `url` is none of HTTP."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"url is {url!r}: give one such as http://127.0.0.1:8000")
    return url.rstrip("/")
