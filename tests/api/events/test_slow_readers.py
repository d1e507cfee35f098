"""Readers that take in nothing are cut off; nobody else notices, and nothing is lost to those who come back."""

import asyncio
import json
import socket
from dataclasses import replace
from typing import Any

import pytest

from support.streams import SHORT, Stream, seqs, until
from support.verbs import Kid, events, spawn


async def stalled(live: Any, swarm_id: Any) -> Stream:
    """Open a stream that takes in nothing beyond what the smallest buffers hold."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.setblocking(False)  # noqa: FBT003 - the standard library's
    await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", live.port))
    reader, writer = await asyncio.open_connection(sock=small, limit=1024)
    made = Stream(reader, writer)
    token = live.api.anna.headers["Authorization"]
    writer.write(f"GET /v1/swarms/{swarm_id}/events HTTP/1.1\r\nHost: t\r\nAuthorization: {token}\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    live.streams.append(made)
    return made


def grow(api: Any, swarm_id: Any, run: Any, directive: str = "x" * 900) -> Any:
    """Let a node spawn 500 children, the first of which is claimed and given back."""
    api.worker.does(spawn(run, *[Kid(directive=directive) for _ in range(500)]))
    return api.claim(swarm_id)


@pytest.mark.parametrize("limits", [replace(SHORT, stall_s=0.6)], indirect=True)
async def test_stalled_reader_is_cut_off_and_the_others_get_everything(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    slow = [await stalled(live, swarm_id) for _ in range(5)]
    quick = [await live.watch(swarm_id) for _ in range(5)]
    run = api.claim(swarm_id)
    for _ in range(10):  # far more than the buffers of the kernel hold
        run = grow(api, swarm_id, run)
    last = len(events(api.db.conn, swarm_id))
    got = await asyncio.gather(*[stream.until(lambda e: e.seq == last, within_s=40) for stream in quick])
    assert all(seqs(one) == list(range(1, last + 1)) for one in got)
    await until(lambda: len(list(live.hub.subscriptions())) <= len(quick), "the slow ones are cut off")
    assert all(tail.ring.bytes <= live.hub.limits.ring_bytes for tail in live.hub.tails)
    seen = await slow[0].rest()  # what was on its way when it was cut
    assert seqs(seen) == list(range(1, len(seen) + 1))
    assert len(seen) < last
    again = await live.watch(swarm_id, Last_Event_ID=seen[-1].id)
    rest = await again.until(lambda e: e.seq == last, within_s=40)
    assert seqs(rest) == list(range(len(seen) + 1, last + 1))


@pytest.mark.parametrize("limits", [replace(SHORT, subscribers=2)], indirect=True)
async def test_more_streams_than_there_is_room_for_are_told_to_come_later(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    held = [await live.watch(swarm_id), await live.get("/v1/events", api.anna)]
    await held[0].event()
    refused = await live.watch(swarm_id)
    assert refused.status == 503
    assert json.loads(await refused.body())["type"] == "urn:pgswarm:problem:too-many-streams"
    held[0].cut()
    await until(lambda: live.hub.has_room, "there is room again")
    assert (await live.watch(swarm_id)).status == 200
