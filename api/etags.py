"""ETags of single resources: who has the newest already is told so, without a body (RFC 9110, 8.8.3 and 13.1.2)."""

import hashlib
from typing import Any, Final

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from pgswarm.api.problems import documented

NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "It is still what `If-None-Match` names; no body."},
    404: documented(404),
}
"""What a route that answers by `tagged` says of itself."""


def tagged(request: Request, resource: BaseModel) -> Response:
    """Return the resource with its ETag, or 304 where the request names that one."""
    body = resource.model_dump_json().encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def matches(wanted: str, tag: str) -> bool:
    """Whether an `If-None-Match` names the tag, weak or strong, or any at all."""
    return any(part.strip().removeprefix("W/") in {tag, "*"} for part in wanted.split(","))
