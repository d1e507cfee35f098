"""A runner for other machines: `POST /v1/runs` with a token, behind the same levels, probes and bounds as at home.

Rule: whoever lacks the token learns nothing and costs nothing: no body is read before it was checked. A run whose asker
has gone is ended.
"""

import asyncio
import hmac
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pgswarm.actions.sandbox.types import MB, Limits, Ran, Sandbox, SandboxError
from pgswarm.actions.sandbox.wire import decode_run, encode_ran

MAX_BODY: Final = 400 * MB
MAX_LIMITS: Final = Limits(wall_s=900)
"""No run gets more than this, whatever is asked for."""
_STATUS: Final = {"bad_request": 422, "bad_path": 422, "bad_command": 422, "too_large": 413, "packages_failed": 422}


def application(sandbox: Sandbox, token: str, most: Limits = MAX_LIMITS) -> Starlette:
    """Return the runner as an ASGI application; `most` bounds every run."""

    async def run(request: Request) -> Response:
        if not hmac.compare_digest(_token_of(request).encode(), token.encode()):
            return _refusal(401, "unauthorized", "The token is missing or wrong.")
        try:
            command, files, stdin, asked, packages, modules = decode_run(await _body(request))
            limits = Limits(**{name: min(getattr(asked, name), getattr(most, name)) for name in Limits.__slots__})
            running = asyncio.ensure_future(
                sandbox.run(command, files=files, stdin=stdin, limits=limits, packages=packages, modules=modules)
            )
            ran = await _unless_gone(request, running)
        except SandboxError as error:
            return _refusal(_STATUS.get(error.code, 503), error.code, str(error))
        except ClientDisconnect:
            return Response(status_code=499)
        return Response(encode_ran(ran), media_type="application/json")

    async def health(request: Request) -> Response:
        del request
        return PlainTextResponse(sandbox.described)

    return Starlette(routes=[Route("/v1/runs", run, methods=["POST"]), Route("/healthz", health, methods=["GET"])])


async def _unless_gone(request: Request, running: "asyncio.Future[Ran]") -> Ran:
    gone = asyncio.ensure_future(_gone(request))
    try:
        either: list[asyncio.Future[Any]] = [running, gone]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise ClientDisconnect
        return running.result()
    finally:
        for task in (running, gone):
            task.cancel()
        await asyncio.gather(running, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise SandboxError("too_large", f"A run may have {MAX_BODY:,} bytes at most.")
    return bytes(body)


def _token_of(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind.lower() == "bearer" else ""


def _refusal(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status)
