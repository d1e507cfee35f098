"""A bare Starlette broadcast: what the same machine can do with the same frames, without a database behind them.

`POST /frames` takes server-sent events as bytes and hands each to every `GET /events`. Serves on the socket whose number
is the argument.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

queues: set[asyncio.Queue[bytes]] = set()


async def frames(request: Request) -> Response:
    """Hand each frame of the body to everybody."""
    body = await request.body()
    for frame in body.split(b"\n\n")[:-1]:
        for queue in queues:
            queue.put_nowait(frame + b"\n\n")
    return Response(status_code=204)


async def events(_: Request) -> Response:
    """Stream whatever comes."""
    queue: asyncio.Queue[bytes] = asyncio.Queue()

    async def stream() -> AsyncIterator[bytes]:
        queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            queues.discard(queue)

    return StreamingResponse(stream(), media_type="text/event-stream")


app = Starlette(routes=[Route("/frames", frames, methods=["POST"]), Route("/events", events)])

if __name__ == "__main__":
    bound = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(app, log_level="error", access_log=False, loop="uvloop")
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(uvicorn.Server(config).serve(sockets=[bound]))
