"""One swarm's events over HTTP."""

import asyncio
import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from pgswarm.api.events.reader import BLOCK
from support.streams import SHORT, seqs
from support.verbs import Kid, cancel, events, finish, nodes, open_questions, spawn


async def test_stream_gives_every_event_as_the_whole_row(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna, "succeeded")
    stream = await live.watch(swarm_id)
    assert stream.status == 200
    assert stream.headers["content-type"].startswith("text/event-stream")
    got = await stream.until(lambda event: event.kind == "swarm.terminated")
    kept = events(api.db.conn, swarm_id)
    assert [(e.id, e.kind) for e in got] == [(str(k["seq"]), k["kind"]) for k in kept]
    for event, row in zip(got, kept, strict=True):
        assert list(event.data) == ["swarm_id", "seq", "kind", "at", "node_id", "data"]
        assert event.data["swarm_id"] == str(swarm_id)
        assert event.data["node_id"] == (str(row["node_id"]) if row["node_id"] else None)
        assert event.data["data"].items() >= row["data"].items()
    (root,) = nodes(api.db.conn, swarm_id).values()
    whole = next(e.data["data"] for e in reversed(got) if e.kind == "node.terminated")
    assert set(whole) == set(root)
    assert (whole["directive"], whole["action"], whole["report"]) == (root["directive"], root["action"], "it is done")


async def test_events_come_as_they_are_committed(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna, "pending")
    stream = await live.watch(swarm_id)
    assert [e.kind for e in await stream.until(lambda e: e.seq == 2)] == ["swarm.created", "node.created"]
    run = api.claim(swarm_id)
    assert (await stream.event(within_s=5)).kind == "node.running"
    api.worker.does(spawn(run, Kid(), Kid()))
    assert [e.kind for e in await stream.until(lambda e: e.seq == 6)] == [
        "node.awaiting_children", "node.created", "node.created",
    ]  # fmt: skip


async def test_resumed_stream_goes_on_after_the_last_event_id(live: Any) -> None:
    swarm_id = live.api.swarm(live.api.anna, "succeeded")
    last = len(events(live.api.db.conn, swarm_id))
    stream = await live.watch(swarm_id, Last_Event_ID="2")
    assert seqs(await stream.until(lambda e: e.seq == last)) == list(range(3, last + 1))
    stream = await live.watch(swarm_id, "?after_seq=3")
    assert seqs(await stream.until(lambda e: e.seq == last)) == list(range(4, last + 1))
    stream = await live.watch(swarm_id, "?after_seq=1", Last_Event_ID="4")
    assert seqs(await stream.until(lambda e: e.seq == last)) == list(range(5, last + 1))


async def test_position_beyond_the_end_is_none_of_this_history_and_gets_a_snapshot(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna, "pending")
    stream = await live.watch(swarm_id, "?after_seq=3")
    got = await stream.until(lambda e: e.kind == "snapshot.end")
    assert (got[0].kind, got[-1].id) == ("snapshot.swarm", "2")
    api.worker.does(finish(api.claim(swarm_id), "done"))
    assert (await stream.event()).seq == 3


async def test_what_is_no_seq_is_refused_by_name(live: Any) -> None:
    swarm_id = live.api.swarm(live.api.anna)
    for query, headers, field in (
        ("", {"Last_Event_ID": "soon"}, "Last-Event-ID"),
        ("", {"Last_Event_ID": "-1"}, "Last-Event-ID"),
        ("", {"Last_Event_ID": str(2**63)}, "Last-Event-ID"),
        ("?after_seq=-1", {}, "after_seq"),
        ("?after_seq=99999999999999999999", {}, "after_seq"),
        ("?after_seq=1&snapshot=true", {}, "after_seq"),
        ("?node_id=x", {}, "node_id"),
    ):
        stream = await live.watch(swarm_id, query, **headers)
        assert stream.status == 422, query
        assert json.loads(await stream.body())["field"] == field


async def test_only_the_kinds_that_are_asked_for_come(live: Any) -> None:
    swarm_id = live.api.swarm(live.api.anna, "succeeded")
    kept = events(live.api.db.conn, swarm_id)
    stream = await live.watch(swarm_id, "?kind=swarm.*&kind=node.terminated")
    got = await stream.until(lambda e: e.kind == "swarm.terminated")
    assert seqs(got) == [k["seq"] for k in kept if k["kind"].startswith("swarm.") or k["kind"] == "node.terminated"]


async def test_subtree_grows_as_its_nodes_are_made(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna, "awaiting_children")
    first, _ = [n for n in nodes(api.db.conn, swarm_id).values() if n["parent_id"]]
    stream = await live.watch(swarm_id, f"?node_id={first['node_id']}")
    assert (await stream.event()).data["data"]["directive"] == first["directive"]
    claimed = {run.node_id: run for run in api.worker.claim(2)}
    api.worker.does(spawn(claimed.pop(first["node_id"]), Kid(directive="below")))
    (other,) = claimed.values()
    api.worker.does(finish(other, "beside"))
    api.worker.does(finish(api.claim(swarm_id), "found"))
    got = await stream.until(lambda e: e.kind == "node.terminated")
    assert [(e.kind, e.data["data"]["directive"]) for e in got] == [
        ("node.running", first["directive"]),
        ("node.awaiting_children", first["directive"]),
        ("node.created", "below"),
        ("node.running", "below"),
        ("node.terminated", "below"),
    ]


async def test_subtree_of_an_unknown_node_is_not_found(live: Any) -> None:
    stream = await live.watch(live.api.swarm(live.api.anna), f"?node_id={uuid4()}")
    assert stream.status == 404
    assert json.loads(await stream.body())["field"] == "node_id"


async def test_snapshot_is_the_swarm_as_it_is_and_the_tail_goes_on_from_it(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna, "waiting_user")
    top = len(events(api.db.conn, swarm_id))
    stream = await live.watch(swarm_id, "?snapshot=true")
    got = await stream.until(lambda e: e.kind == "snapshot.end")
    assert [e.kind for e in got] == [
        "snapshot.swarm", "snapshot.node", "snapshot.question", "snapshot.question", "snapshot.end",
    ]  # fmt: skip
    assert {e.seq for e in got} == {top}
    assert {e.id for e in got[:-1]} == {""}  # whoever is cut off before the end begins anew
    assert got[-1].id == str(top)
    assert got[-1].data["data"] == {"nodes": 1}
    (root,) = nodes(api.db.conn, swarm_id).values()
    assert got[1].data["data"]["status"] == root["status"] == "waiting_user"
    assert set(got[1].data["data"]) == set(root)
    prompts = [q["prompt"] for q in open_questions(api.db.conn, swarm_id)]
    assert [e.data["data"]["prompt"] for e in got[2:4]] == prompts
    cancel(api.db.conn, swarm_id)
    assert (await stream.event()).seq == top + 1


async def test_history_that_is_not_kept_any_more_is_replaced_by_a_snapshot(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna, "awaiting_children")
    api.db.run("update pgswarm.swarm set history_from_seq = 4 where swarm_id = %(s)s", s=swarm_id)
    stream = await live.watch(swarm_id, "?after_seq=2")
    assert (await stream.event()).kind == "snapshot.swarm"
    stream = await live.watch(swarm_id, "?after_seq=3")
    assert (await stream.event()).seq == 4
    api.db.run("update pgswarm.swarm set history_from_seq = 1 where swarm_id = %(s)s", s=swarm_id)


async def test_silent_stream_says_that_it_is_there(live: Any) -> None:
    swarm_id = live.api.swarm(live.api.anna)
    stream = await live.watch(swarm_id, "?after_seq=2")
    assert await stream.message(within_s=2) is None
    assert await stream.message(within_s=2) is None
    assert stream.comments[0].startswith(":")


async def test_long_text_comes_as_the_event_holds_it_and_says_where_the_whole_is(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna, goal="long " * 1000)
    stream = await live.watch(swarm_id)
    node = (await stream.until(lambda e: e.kind == "node.created"))[-1].data["data"]
    assert node["directive"].endswith("…")
    assert api.db.value("select pgswarm.full_text(%(b)s)", b=node["directive_blob"]) == "long " * 1000


@pytest.mark.parametrize("limits", [replace(SHORT, ring_bytes=1_000_000, blocks_bytes=5_000_000)], indirect=True)
async def test_swarm_with_a_long_past_is_read_in_blocks_and_once_for_all(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna, "pending")
    run = api.claim(swarm_id)
    api.worker.does(spawn(run, *[Kid() for _ in range(1200)]))
    last = len(events(api.db.conn, swarm_id))
    reads = 0
    real = live.hub.reader.frames

    async def counted(*args: Any, **more: Any) -> Any:
        nonlocal reads
        reads += any(asked.swarm_id == swarm_id and asked.after < last for asked in args[0])
        return await real(*args, **more)

    live.hub.reader.frames = counted
    streams = [await live.watch(swarm_id) for _ in range(20)]
    got = await asyncio.gather(*[stream.until(lambda e: e.seq == last) for stream in streams])
    assert all(seqs(one) == list(range(1, last + 1)) for one in got)
    assert reads <= last // BLOCK + 2
    assert 0 < live.hub.tails.blocks.bytes <= 5_000_000
