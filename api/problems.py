"""What went wrong, as RFC 9457 problem documents. The one place where errors become status codes.

Rule: a type never changes its meaning; `field` names what the caller sent wrong, `remedy` says what to do. Nothing that
a client sends ends in a 500, and no message tells of what is inside.
"""

from http import HTTPStatus
from typing import Any, Final

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from pgswarm.schema.errors import (
    ConflictError,
    DirectWriteError,
    IllegalTransitionError,
    InvalidInputError,
    NotFoundError,
    PgswarmError,
    translate,
)

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 1
_OURS: Final[dict[type[PgswarmError], tuple[int, str, str]]] = {
    InvalidInputError: (422, "invalid-input", "The request holds something that it must not"),
    NotFoundError: (404, "not-found", "There is no such thing, or it is another's"),
    ConflictError: (409, "conflict", "The state does not allow it now"),
    DirectWriteError: (403, "forbidden", "This is not allowed"),
    IllegalTransitionError: (409, "illegal-transition", "A node's status does not allow it"),
}
TITLES: Final = {
    400: ("malformed-request", "The request cannot be read"),
    401: ("unauthenticated", "Who calls is not known"),
    403: ("forbidden", "This is not allowed"),
    404: ("not-found", "There is no such thing, or it is another's"),
    405: ("method-not-allowed", "This path does not take that method"),
    409: ("conflict", "The state does not allow it now"),
    413: ("too-large", "The request is too large"),
    415: ("unsupported-media-type", "The body is of a type that is not taken here"),
    422: ("invalid-input", "The request holds something that it must not"),
    429: ("too-many-requests", "Too many requests"),
    503: ("unavailable", "The database does not answer now"),
}


class FieldProblem(BaseModel):
    """One thing that is wrong with the request."""

    field: str = Field(examples=["goal"])
    message: str = Field(examples=["goal is empty"])


class ProblemDocument(BaseModel):
    """An error as RFC 9457 has it."""

    type: str = Field(
        description="Says what kind of problem it is; stable.", examples=["urn:pgswarm:problem:not-found"]
    )
    title: str = Field(examples=["There is no such thing, or it is another's"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["swarm 0198f3a5-1111-7000-8000-000000000000 is not known"])
    field: str | None = Field(default=None, description="What of the request it is about.", examples=["swarm_id"])
    remedy: str | None = Field(default=None, description="What to do about it.", examples=["see GET /v1/swarms"])
    errors: list[FieldProblem] | None = Field(default=None, description="Every field that is wrong, where several are.")
    request_id: str | None = Field(default=None, description="Also in the header X-Request-Id.")


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """An answer that is a problem. `type` is the slug that `urn:pgswarm:problem:` stands before."""

    def __init__(
        self,
        status: int,
        type: str | None = None,  # noqa: A002 - the name that RFC 9457 gives it
        title: str | None = None,
        detail: str = "",
        *,
        field: str | None = None,
        remedy: str | None = None,
        headers: dict[str, str] | None = None,
        errors: list[FieldProblem] | None = None,
    ) -> None:
        """Take the status; type and title default to those that the status usually has."""
        slug, usual = TITLES.get(status, ("error", HTTPStatus(status).phrase))
        self.document = ProblemDocument(
            type=f"urn:pgswarm:problem:{type or slug}",
            title=title or usual,
            status=status,
            detail=detail or title or usual,
            field=field,
            remedy=remedy,
            errors=errors,
        )
        self.headers = dict(headers or {})
        super().__init__(self.document.detail)

    def response(self, request_id: str | None = None) -> JSONResponse:
        """Return the response that says it."""
        document = self.document.model_copy(update={"request_id": request_id})
        return JSONResponse(
            document.model_dump(exclude_none=True), document.status, headers=self.headers, media_type=MEDIA_TYPE
        )


def not_found(field: str, value: object, remedy: str | None = None) -> Problem:
    """Return the answer to an id that is not known, or another's: the two are never told apart."""
    what = field.removesuffix("_id").replace("_", " ")
    return Problem(404, detail=f"{what} {value} is not known", field=field, remedy=remedy)


def as_problem(error: BaseException) -> Problem | None:
    """Return the problem that an error of ours, or of the database, is; None where it is a fault of pgswarm's own."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, PgswarmError):
        return _of_ours(error)
    if isinstance(error, PoolTimeout | PoolClosed | TooManyRequests):
        return _unavailable("no connection to the database is free", "try again; see /readyz")
    return _of_the_database(error) if isinstance(error, psycopg.Error) else None


def _of_ours(error: PgswarmError) -> Problem:
    for kind, (status, slug, title) in _OURS.items():
        if isinstance(error, kind):
            field = None if status == HTTPStatus.FORBIDDEN or not error.field else error.field.removeprefix("options.")
            return Problem(status, slug, title, error.message, field=field, remedy=error.hint)
    return _unavailable("the database does not answer", "try again; see /readyz")


def _of_the_database(error: psycopg.Error) -> Problem | None:
    ours = translate(error)
    if ours is not None:
        return _of_ours(ours)
    state = error.sqlstate or ""
    if state.startswith("22"):  # data exceptions: out of range, bad encoding …
        return Problem(422, detail=error.diag.message_primary or "a value does not fit", remedy="correct the value")
    if state == "42501":
        lacking = "the API's database account lacks rights"
        return Problem(503, "misconfigured", detail=lacking, remedy="grant pgswarm_api to it")  # not by trying again
    if state == "57014":
        return _unavailable("the database took too long", "try again, or ask for less", slug="timeout")
    if state[:2] in {"08", "40", "53", "55", "57"} or isinstance(error, psycopg.OperationalError):
        return _unavailable("the database does not answer now", "try again, with the same Idempotency-Key")
    return None


def _unavailable(detail: str, remedy: str, slug: str = "unavailable") -> Problem:
    return Problem(503, slug, detail=detail, remedy=remedy, headers={"Retry-After": str(RETRY_AFTER_S)})


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route's `responses` says of these statuses, for the OpenAPI.

    Those that every route of its kind can give (400, 401, 413, 415, 422, 503) are added by `api/openapi.py`.
    """
    return {status: documented(status) for status in statuses}


def documented(status: int) -> dict[str, Any]:
    """Return the OpenAPI's response for one status."""
    slug, title = TITLES[status]
    example = {"type": f"urn:pgswarm:problem:{slug}", "title": title, "status": status, "detail": title}
    return {
        "description": title,
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}, "example": example},
        },
    }
