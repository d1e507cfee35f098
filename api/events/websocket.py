"""A subscription over a WebSocket (RFC 6455): each message is a frame's JSON, as in the stream's `data`.

Rule: as with `sse.py`: who takes in nothing is cut off and goes on by `after_seq`. What a client sends is not read.
"""

import asyncio
import json
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pgswarm.api.events.lifeline import line_of
from pgswarm.api.events.snapshots import Snapshot
from pgswarm.api.events.subscription import NOTHING, Ended, Subscription

GOING_AWAY: Final = 1001
POLICY: Final = 1008
LONGEST_REASON: Final = 120
"""A close frame holds 125 bytes, two of which are the code."""


async def stream(
    websocket: WebSocket, subscription: Subscription, stall_s: float, *, snapshot: Snapshot | None = None
) -> None:
    """Send frames until the client, the server, or the right to see them is gone."""
    with subscription:
        watch = asyncio.create_task(_end_with_client(websocket, subscription))
        try:
            await _stream(websocket, subscription, stall_s, snapshot)
        except TimeoutError:
            line_of(websocket.scope).abort()
        except Ended as ended:
            await close(websocket, POLICY if ended.refused else GOING_AWAY, ended.reason)
        except WebSocketDisconnect:
            pass  # the client has gone
        finally:
            watch.cancel()
            if snapshot is not None:
                snapshot.close()


async def _stream(websocket: WebSocket, subscription: Subscription, stall_s: float, snapshot: Snapshot | None) -> None:
    for text in snapshot.texts() if snapshot is not None else ():
        await _send(websocket, text, stall_s)
    while True:
        chunk = await subscription.next()
        if chunk is NOTHING:
            await _send(websocket, _heartbeat(subscription), stall_s)
        for frame in chunk.frames:
            await _send(websocket, frame.json, stall_s)


async def close(websocket: WebSocket, code: int, reason: str) -> None:
    """Close it, unless the client has."""
    if WebSocketState.DISCONNECTED not in {websocket.client_state, websocket.application_state}:
        await websocket.close(code, reason[:LONGEST_REASON])


def _heartbeat(subscription: Subscription) -> str:
    return json.dumps({"kind": "heartbeat", "seq": subscription.position})


async def _send(websocket: WebSocket, text: str, stall_s: float) -> None:
    async with asyncio.timeout(stall_s):
        await websocket.send_text(text)


async def _end_with_client(websocket: WebSocket, subscription: Subscription) -> None:
    message: dict[str, Any] = {}
    while message.get("type") != "websocket.disconnect":
        message = dict(await websocket.receive())
    subscription.end("the client has gone")
