"""A swarm's events over a WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from support.api import Account
from support.streams import SHORT, WITHIN_S, until
from support.verbs import events, finish, pause


@asynccontextmanager
async def opened(live: Any, swarm_id: Any, query: str = "", account: Account | None = None, **more: Any) -> Any:
    headers = {**(account or live.api.anna).headers, **more}
    async with connect(f"ws://127.0.0.1:{live.port}/v1/swarms/{swarm_id}/ws{query}", additional_headers=headers) as ws:
        yield ws


async def frames(ws: ClientConnection) -> AsyncIterator[dict[str, Any]]:
    """Yield frames; heartbeats are left out."""
    while True:
        async with asyncio.timeout(WITHIN_S):
            found = json.loads(await ws.recv())
        if found["kind"] != "heartbeat":
            yield found


async def taken(ws: ClientConnection, last: int) -> list[int]:
    found = []
    async for frame in frames(ws):
        found.append(frame["seq"])
        if frame["seq"] == last:
            break
    return found


async def test_each_message_is_a_frame_of_the_stream(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna, "waiting_user")
    last = len(events(api.db.conn, swarm_id))
    stream = await live.watch(swarm_id)
    wanted = [event.data for event in await stream.until(lambda e: e.seq == last)]
    async with opened(live, swarm_id) as ws:
        got = frames(ws)
        assert [await anext(got) for _ in range(last)] == wanted
        pause(api.db.conn, swarm_id)
        assert (await anext(got))["kind"] == "swarm.paused"


async def test_position_kinds_and_snapshot_are_as_with_the_stream(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna, "succeeded")
    last = len(events(api.db.conn, swarm_id))
    async with opened(live, swarm_id, "?after_seq=3") as ws:
        assert await taken(ws, last) == list(range(4, last + 1))
    async with opened(live, swarm_id, "?kind=node.terminated") as ws:
        assert (await anext(frames(ws)))["data"]["outcome"] == "succeeded"
    async with opened(live, swarm_id, "?snapshot=true") as ws:
        got = frames(ws)
        kinds = [(await anext(got))["kind"] for _ in range(3)]
    assert kinds == ["snapshot.swarm", "snapshot.node", "snapshot.end"]


async def test_who_may_not_see_the_swarm_is_refused_before_the_handshake_ends(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    nobody = Account(uuid4(), "nobody", "user", "no-token")
    for asked, account, status in ((swarm_id, api.ben, 404), (uuid4(), api.anna, 404), (swarm_id, nobody, 401)):
        with pytest.raises(InvalidStatus) as refused:
            async with opened(live, asked, account=account):
                pass
        assert refused.value.response.status_code == status


async def test_cookie_counts_only_from_a_page_of_this_address(live: Any) -> None:
    """Browsers send cookies along with a WebSocket of any page."""
    api = live.api
    swarm_id = api.swarm(api.anna)
    url = f"ws://127.0.0.1:{live.port}/v1/swarms/{swarm_id}/ws"
    cookie = {"Cookie": f"pgswarm_token={api.anna.token}"}
    async with connect(url, additional_headers=cookie, origin=f"http://127.0.0.1:{live.port}") as ws:
        assert (await anext(frames(ws)))["seq"] == 1
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url, additional_headers=cookie, origin="http://evil.example"):
            pass
    assert refused.value.response.status_code == 403


async def test_silence_is_broken_by_heartbeats(live: Any) -> None:
    async with opened(live, live.api.swarm(live.api.anna), "?after_seq=2") as ws, asyncio.timeout(WITHIN_S):
        assert json.loads(await ws.recv()) == {"kind": "heartbeat", "seq": 2}


async def test_socket_is_closed_with_its_token_and_says_why(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    async with opened(live, swarm_id) as ws:
        await taken(ws, 2)
        api.db.run("update pgswarm.api_token set revoked_at = now()")
        with pytest.raises(ConnectionClosed) as closed:
            await taken(ws, 3)
    assert closed.value.rcvd.code == 1008
    assert "token" in closed.value.rcvd.reason


@pytest.mark.parametrize("limits", [replace(SHORT, check_s=60.0)], indirect=True)
async def test_nothing_is_kept_of_a_client_that_has_gone_and_what_it_says_is_not_read(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    async with opened(live, swarm_id) as ws:
        await ws.send("hello")
        await taken(ws, 2)
        api.worker.does(finish(api.claim(swarm_id), "done"))
        assert await taken(ws, 5) == [3, 4, 5]
    await until(lambda: not list(live.hub.subscriptions()), "nothing is left")
