"""What is done to every request before a route sees it, and to every response: one small ASGI part.

It names the request (`X-Request-Id`), bounds and checks the body, refuses text that cannot be stored, adds the headers
of security, and turns whatever is raised into a problem document. Bodies of JSON are read whole, for they are bounded;
others (uploads) pass through and are counted.
"""

import asyncio
import logging
import re
import time
import uuid
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pgswarm.api.bodies import check_json, check_path, check_query
from pgswarm.api.health.metrics import Metrics
from pgswarm.api.hosts import check_host
from pgswarm.api.problems import Problem, as_problem
from pgswarm.api.secrets import shown
from pgswarm.api.settings import ApiSettings

_LOG: Final = logging.getLogger(__name__)
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
POLICY_VIOLATION: Final = 1008
_DRAIN_BYTES: Final = 256_000_000
_DRAIN_S: Final = 10.0
SECURITY_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "cache-control": "no-store",
}


class Requests:
    """The middleware. `scope["state"]["request_id"]` holds the request's name for whoever logs."""

    def __init__(self, app: ASGIApp, settings: ApiSettings, metrics: Metrics) -> None:
        """Take what is to be called, the limits, and what counts."""
        self._app = app
        self._settings = settings
        self._hosts = settings.hosts
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["type"] == "websocket":
            try:
                self._check_host(headers)
            except Problem as refusal:
                await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": str(refusal)})
                return
            await self._app(scope, receive, send)
            return
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        started = False
        since = time.monotonic()

        async def named(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._metrics.observe(scope, message["status"], time.monotonic() - since)
                out = MutableHeaders(scope=message)
                out["x-request-id"] = request_id
                for name, value in SECURITY_HEADERS.items():
                    out.setdefault(name, value)
            await send(message)

        try:
            self._check_host(headers)
            check_path(scope["path"])
            check_query(scope.get("query_string", b""))
            await self._app(scope, await self._checked(headers, receive), named)
        except Exception as error:
            problem = as_problem(error)
            if started:
                raise
            if problem is None:
                _LOG.exception("request %s: %s %s", request_id, scope["method"], shown(scope["path"]))
                problem = Problem(500, "internal", detail="this is a fault in pgswarm", remedy="report it")
            await problem.response(request_id)(scope, receive, named)

    def _check_host(self, headers: Headers) -> None:
        check_host(headers.get("host", ""), self._settings.host, self._hosts)

    async def _checked(self, headers: Headers, receive: Receive) -> Receive:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        upload = kind == "multipart/form-data"
        limit = self._settings.max_upload_bytes if upload else self._settings.max_body_bytes
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > limit:
            await _drain(receive)
            raise _too_large(limit)
        if upload:
            return _counted(receive, limit)
        body = await _read(receive, limit)
        if body and (kind.endswith(("/json", "+json")) or not kind):
            check_json(body, self._settings.max_json_depth)
        return _replay(body, receive)


async def _read(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            await _drain(receive)
            raise _too_large(limit)
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    done = False

    async def replayed() -> Message:
        nonlocal done
        if done:
            return await receive()
        done = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _counted(receive: Receive, limit: int) -> Receive:
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            await _drain(receive)
            raise _too_large(limit)
        return message

    return counted


async def _drain(receive: Receive) -> None:
    """Read the rest and forget it: a client that is still sending would not see the answer."""
    left = _DRAIN_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body"):
                    return


def _too_large(limit: int) -> Problem:
    return Problem(413, detail=f"the body is larger than {limit:,} bytes", field="body", remedy="send less at a time")
