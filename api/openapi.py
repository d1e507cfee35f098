"""The OpenAPI document: what FastAPI makes of the routes, and what every route of a kind can answer besides.

Rule: a status that a route can give stands in the document, with the shape of its body; nothing else does.
"""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from pgswarm.api.problems import ProblemDocument, documented

METHODS: Final = ("get", "put", "post", "delete", "patch")
TEMPLATE: Final = "#/components/schemas/{model}"
SUMMARY: Final = """Durable swarms of agents on PostgreSQL.

Errors are problem documents (RFC 9457) of stable types. Lists come in pages: send `next_cursor` as `cursor`. A POST
that creates takes an `Idempotency-Key`. Every response has an `X-Request-Id`.
"""


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the document, made once for each app."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=SUMMARY,
            routes=app.routes,
            tags=app.openapi_tags,
            separate_input_output_schemas=False,
        )
        components = document.setdefault("components", {}).setdefault("schemas", {})
        for outlived in ("HTTPValidationError", "ValidationError"):
            components.pop(outlived, None)
        components |= _schemas_of_problems()
        for operations in document["paths"].values():
            for method in METHODS:
                if method in operations:
                    _complete(operations[method])
        app.openapi_schema = document
    return app.openapi_schema


def _complete(operation: dict[str, Any]) -> None:
    """Add the problems that any operation of its kind can end in."""
    statuses = {400, 413, 422, 503}
    if operation.get("security"):
        statuses.add(401)
    responses = operation.setdefault("responses", {})
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for status in sorted(statuses):
        responses.setdefault(str(status), documented(status))
    operation["responses"] = dict(sorted(responses.items()))


def _schemas_of_problems() -> dict[str, Any]:
    schema = ProblemDocument.model_json_schema(ref_template=TEMPLATE)
    inner: dict[str, Any] = schema.pop("$defs", {})
    return {"ProblemDocument": schema, **inner}
