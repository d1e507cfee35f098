"""One swarm's events over HTTP."""

from typing import Any

from support.verbs import Kid, events, finish, nodes, spawn


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
