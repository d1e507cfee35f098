"""A subscription as a stream of server-sent events (WHATWG HTML, 9.2).

Rule: whoever takes in nothing for `stall_s` is cut off; it goes on from the last event that it got.
"""

import asyncio
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pgswarm.api.events.frames import HEARTBEAT
from pgswarm.api.events.lifeline import Line, line_of
from pgswarm.api.events.ring import Chunk
from pgswarm.api.events.snapshots import Snapshot
from pgswarm.api.events.subscription import NOTHING, Ended, Subscription

MEDIA_TYPE: Final = "text/event-stream"
HEADERS: Final = {
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # nginx hands on what it gets at once
}


class _Beat(Chunk):
    """The heartbeat, encoded once for all."""

    @property
    def sse(self) -> bytes:
        return HEARTBEAT


BEAT: Final = _Beat(())


class EventStream(Response):
    """The response. It owns the subscription and ends with it, with the client, or with the server."""

    media_type = MEDIA_TYPE

    def __init__(
        self, subscription: Subscription, stall_s: float, *, first: bytes = b"", snapshot: Snapshot | None = None
    ) -> None:
        """Take what is sent: `first`, then the snapshot, then whatever comes."""
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._subscription = subscription
        self._stall_s = stall_s
        self._first = first
        self._snapshot = snapshot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the end."""
        line = line_of(scope)
        with self._subscription as subscription:
            watch = asyncio.create_task(_end_with_client(receive, subscription))
            try:
                await self._send(send, {"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                await self._stream(send, line, subscription)
            except TimeoutError:
                line.abort()
            except Ended:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                watch.cancel()
                if self._snapshot is not None:
                    self._snapshot.close()

    async def _stream(self, send: Send, line: Line, subscription: Subscription) -> None:
        if self._first:
            await self._send(send, _body(self._first))
        if self._snapshot is not None:
            for part in self._snapshot.chunks():
                await self._send(send, _body(part))
        while True:
            chunk = await subscription.next()
            if chunk is NOTHING:
                chunk = BEAT
            if not line.write(chunk.encoded):
                await self._send(send, _body(chunk.sse))

    async def _send(self, send: Send, message: dict[str, object]) -> None:
        async with asyncio.timeout(self._stall_s):
            await send(message)


def _body(part: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": part, "more_body": True}


async def _end_with_client(receive: Receive, subscription: Subscription) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscription.end("the client has gone")
