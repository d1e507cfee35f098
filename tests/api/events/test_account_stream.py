"""All of an account's swarms as one stream."""

import asyncio
import base64
import json
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest

from support.streams import SHORT, Event
from support.verbs import Kid, cancel, events, finish, pause, spawn, start


async def opened(live: Any, query: str = "", **headers: str) -> Any:
    """Open anna's stream, and see where it begins."""
    stream = await live.get(f"/v1/events{query}", live.api.anna, **headers)
    assert stream.status == 200
    assert await stream.message() is None
    assert stream.last_id
    return stream


def by_swarm(got: list[Event]) -> dict[str, list[int]]:
    found = defaultdict(list)
    for event in got:
        found[event.data["swarm_id"]].append(event.seq)
    return found


async def test_swarms_that_are_not_yet_started_come_too_and_others_do_not(live: Any) -> None:
    api = live.api
    old = api.swarm(api.anna)
    stream = await opened(live)
    theirs = api.swarm(api.ben)
    new = api.swarm(api.anna, "succeeded")
    cancel(api.db.conn, theirs)
    cancel(api.db.conn, old)
    got = await stream.until(lambda e: e.kind == "swarm.terminated")
    got += await stream.until(lambda e: e.kind == "swarm.terminated")
    found = by_swarm(got)
    assert set(found) == {str(old), str(new)}
    assert found[str(new)] == [e["seq"] for e in events(api.db.conn, new)]
    assert found[str(old)] == [e["seq"] for e in events(api.db.conn, old)][2:]
    assert list(got[0].data) == ["swarm_id", "seq", "kind", "at", "node_id", "data"]


async def test_cursor_covers_swarms_that_started_and_ended_meanwhile(live: Any) -> None:
    api = live.api
    waiting = api.swarm(api.anna, "waiting_user")
    stream = await opened(live)
    cursor = stream.last_id
    stream.cut()
    ended = api.swarm(api.anna, "succeeded")
    cancel(api.db.conn, waiting)
    for headers, query in (({"Last_Event_ID": cursor}, ""), ({}, f"?after={cursor}")):
        again = await opened(live, query, **headers)
        wanted = {
            (str(s), e["seq"])
            for s, after in ((waiting, 0), (ended, 0))
            for e in events(api.db.conn, s)
            if e["seq"] > after
        }
        wanted -= {(str(waiting), e["seq"]) for e in events(api.db.conn, waiting)[:-3]}
        missing = set(wanted)
        got = []
        while missing:
            got.append(await again.event())
            missing.discard((got[-1].data["swarm_id"], got[-1].seq))
        assert all(one == sorted(one) for one in by_swarm(got).values())


async def test_transaction_that_commits_late_is_not_skipped(live: Any) -> None:
    """The application starts a swarm in a transaction of its own and commits after the cursor has gone on."""
    api = live.api
    stream = await opened(live)
    with api.db.connect(autocommit=False) as late:
        started = start(late, owner=api.anna.account_id)
        other = api.swarm(api.anna, "succeeded")
        got = await stream.until(lambda e: e.kind == "swarm.terminated")
        assert set(by_swarm(got)) == {str(other)}
        cursor = got[-1].id
        await asyncio.sleep(2 * live.hub.limits.poll_s)  # the feed reads everything meanwhile
        late.commit()
    got = await stream.until(lambda e: e.data["swarm_id"] == str(started) and e.seq == 2)
    stream.cut()
    again = await opened(live, Last_Event_ID=cursor)
    got = await again.until(lambda e: e.data["swarm_id"] == str(started) and e.seq == 2)
    assert by_swarm(got)[str(started)] == [1, 2]


async def test_cursors_at_random_places_lose_nothing(live: Any) -> None:
    api = live.api
    stream = await opened(live)
    seen: set[tuple[str, int]] = set()
    order: dict[str, int] = {}
    swarms = []
    for number in range(12):
        swarm_id = api.swarm(api.anna)
        swarms.append(swarm_id)
        run = api.claim(swarm_id)
        api.worker.does(spawn(run, Kid(), Kid()) if number % 2 else finish(run, "done"))
        for _ in range(number % 4):
            event = await stream.event()
            seen.add((event.data["swarm_id"], event.seq))
            order[event.data["swarm_id"]] = max(event.seq, order.get(event.data["swarm_id"], 0))
        if number % 3 == 2:
            stream.cut()
            stream = await opened(live, Last_Event_ID=stream.last_id)
    wanted = {(str(s), e["seq"]) for s in swarms for e in events(api.db.conn, s)}
    while not seen >= wanted:
        event = await stream.event()
        key = event.data["swarm_id"]
        assert event.seq <= order.get(key, 0) + 1, "a gap"
        order[key] = max(event.seq, order.get(key, 0))
        seen.add((key, event.seq))
    assert seen == wanted


async def test_long_stretch_that_was_missed_is_read_in_pages(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    cursor = (await opened(live)).last_id
    api.worker.does(spawn(api.claim(swarm_id), *[Kid() for _ in range(1300)]))
    again = await opened(live, Last_Event_ID=cursor)
    got = await again.until(lambda e: e.seq == 1304)
    assert by_swarm(got)[str(swarm_id)][-1302:] == list(range(3, 1305))
    pause(api.db.conn, swarm_id)
    assert (await again.until(lambda e: e.kind == "swarm.paused"))[-1].seq == 1305


async def test_kinds_are_filtered(live: Any) -> None:
    stream = await opened(live, "?kind=swarm.terminated")
    live.api.swarm(live.api.anna, "succeeded")
    live.api.swarm(live.api.anna, "failed")
    assert [(await stream.event()).data["data"]["outcome"] for _ in range(2)] == ["succeeded", "failed"]


@pytest.mark.parametrize("limits", [replace(SHORT, heartbeat_s=0.3)], indirect=True)
async def test_silent_stream_of_all_says_that_it_is_there(live: Any) -> None:
    stream = await opened(live)
    assert await stream.message(within_s=2) is None
    assert stream.comments[-1] == ": heartbeat"


async def test_what_is_no_cursor_is_refused_by_name(live: Any) -> None:
    forged = [
        base64.urlsafe_b64encode(text).decode().rstrip("=")
        for text in (
            b"1.2",
            b"2.1.1",
            b"1.-1.1",
            b"1.1.99999999999999999999",
            b"1.99999999999999999999999.1",
            b"\xff.1.1",
        )
    ]
    for text in ("7", "%C3%A9", "!!!!", *forged):
        stream = await live.get(f"/v1/events?after={text}", live.api.anna)
        assert stream.status == 422, text
        assert json.loads(await stream.body())["field"] == "after"
    stream = await live.get("/v1/events", live.api.anna, Last_Event_ID="7")
    assert json.loads(await stream.body())["field"] == "Last-Event-ID"
