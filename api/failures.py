"""What FastAPI itself raises, as problems: input of the wrong shape, an unknown path, a method that is not taken."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from psycopg import Error
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests
from starlette.exceptions import HTTPException
from starlette.responses import Response

from pgswarm.api.problems import TITLES, FieldProblem, Problem, as_problem
from pgswarm.schema.errors import PgswarmError

PLACES: Final = {"body", "query", "path", "header", "cookie"}
NOT_BLANK: Final = r"\S"


def add_handlers(app: FastAPI) -> None:
    """Let the app answer with problem documents."""
    for kind in (Problem, PgswarmError, Error, PoolTimeout, PoolClosed, TooManyRequests):
        app.add_exception_handler(kind, _told)
    app.add_exception_handler(RequestValidationError, _wrong_input)
    app.add_exception_handler(HTTPException, _refused)


async def _told(request: Request, error: Exception) -> Response:
    problem = as_problem(error)
    if problem is None:
        raise error
    return problem.response(request.state.request_id)


async def _wrong_input(request: Request, error: Exception) -> Response:
    found: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else ()
    errors = [FieldProblem(field=_field(item["loc"]), message=_message(item)) for item in found]
    first = errors[0]
    if any(item["type"] == "json_invalid" for item in found):
        return Problem(400, detail="body is not JSON", field="body").response(request.state.request_id)
    problem = Problem(
        422, detail=f"{first.field}: {first.message}", field=first.field, remedy="correct it; see /docs", errors=errors
    )
    return problem.response(request.state.request_id)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    path = request.url.path
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods(request))
        problem = Problem(405, detail=f"{path} does not take {request.method}", headers=headers)
    elif error.status_code == HTTPStatus.NOT_FOUND:
        problem = Problem(
            404, "no-such-path", "There is no such path", f"there is no {path}", field="path", remedy="see /docs"
        )
    else:  # what a body of a form says of itself does not hold
        known = error.status_code in TITLES
        status = error.status_code if known else 400
        detail, remedy = str(error.detail), "correct it; see /docs"
        problem = Problem(status, detail=detail, field="body", remedy=remedy, headers=headers)
    return problem.response(request.state.request_id)


def _methods(request: Request) -> list[str]:
    """Return every method that the path takes, of all routes that it fits."""
    path = request.url.path
    fitting = [
        route.methods or set()
        for route in iter_route_contexts(request.app.routes)
        if (pattern := getattr(route, "path_regex", None)) is not None and pattern.match(path)
    ]
    return sorted(set().union(*fitting))


def _field(place: Sequence[Any]) -> str:
    parts = [str(part) for part in place]
    if len(parts) > 1 and parts[0] in PLACES:
        parts = parts[1:]
    return ".".join(parts) or "body"


def _message(item: Any) -> str:
    if item["type"] == "string_pattern_mismatch" and item["ctx"]["pattern"] == NOT_BLANK:
        return "must not be blank"
    said = str(item["msg"]).removeprefix("Value error, ")
    return said[:1].lower() + said[1:]
