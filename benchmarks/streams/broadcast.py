"""A bare Starlette broadcast: what the same machine can do with the same frames, without a database behind them.

`POST /frames/{group}` takes server-sent events as bytes and hands each to every `GET /events/{group}`. Serves on the
socket whose number is the argument.
"""

import asyncio
import socket
import sys
from collections import defaultdict
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

groups: dict[str, set[asyncio.Queue[bytes]]] = defaultdict(set)


async def frames(request: Request) -> Response:
    """Hand each frame of the body to everybody."""
    body = await request.body()
    for frame in body.split(b"\n\n")[:-1]:
        for queue in groups[request.path_params["group"]]:
            queue.put_nowait(frame + b"\n\n")
    return Response(status_code=204)


async def events(request: Request) -> Response:
    """Stream whatever comes."""
    queues = groups[request.path_params["group"]]
    queue: asyncio.Queue[bytes] = asyncio.Queue()

    async def stream() -> AsyncIterator[bytes]:
        queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            queues.discard(queue)

    return StreamingResponse(stream(), media_type="text/event-stream")


app = Starlette(routes=[Route("/frames/{group}", frames, methods=["POST"]), Route("/events/{group}", events)])

if __name__ == "__main__":
    bound = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(app, log_level="error", access_log=False, loop="uvloop")
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(uvicorn.Server(config).serve(sockets=[bound]))
