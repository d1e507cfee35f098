"""`events`: every seq once and in order, whatever happens to the connection."""

import itertools
import socket
import time
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from pgswarm.client import ApiError, DeadlineError, Patience, UnreachableError
from support.threads import meanwhile
from support.verbs import Kid, cancel, events, finish, spawn

MANY = 60
SOON = Patience(in_all_s=40, first_pause_s=0.01, longest_pause_s=0.05)


def grow(api: Any, swarm_id: UUID) -> None:
    """Bring a swarm to its end, by way of many events."""
    api.worker.does(spawn(api.claim(swarm_id), *[Kid(directive=f"part {i}") for i in range(MANY)]))
    for _ in range(MANY):
        api.worker.does(finish(api.claim(swarm_id), "a part"))
    api.worker.does(finish(api.claim(swarm_id), "all of it"))


def seqs(api: Any, swarm_id: UUID) -> list[int]:
    return [row["seq"] for row in events(api.db.conn, swarm_id)]


def test_events_are_all_there_and_end_with_the_swarm(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna, "succeeded")
    got = list(site.anna.events(swarm_id))
    kept = events(site.db.conn, swarm_id)
    assert [(e.seq, e.kind, e.node_id, e.at) for e in got] == [
        (row["seq"], row["kind"], row["node_id"], row["at"]) for row in kept
    ]
    assert got[-1].kind == "swarm.terminated"
    assert got[-2].data["report"] == "it is done"


def test_events_go_on_after_a_seq_and_end_at_once_where_nothing_can_come(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna, "succeeded")
    last = len(events(site.db.conn, swarm_id))
    assert [e.seq for e in site.anna.events(swarm_id, 2)] == list(range(3, last + 1))
    assert list(site.anna.events(swarm_id, last, within_s=10)) == []
    with pytest.raises(ValueError, match="after_seq"):
        list(site.anna.events(swarm_id, last + 1))
    with pytest.raises(ValueError, match="after_seq"):
        list(site.anna.events(swarm_id, -1))


def test_events_come_while_the_swarm_works(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna)
    stream = site.anna.events(swarm_id)
    assert [next(stream).kind, next(stream).kind] == ["swarm.created", "node.created"]
    cancel(site.db.conn, swarm_id)
    assert [e.kind for e in stream] == ["node.terminated", "swarm.terminated"]


def test_only_the_kinds_that_are_wanted_come_and_the_end_is_found(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna, "succeeded")
    assert {e.kind for e in site.anna.events(swarm_id, kinds=["node.*"])} == {
        "node.created",
        "node.running",
        "node.terminated",
    }
    assert [e.kind for e in site.anna.events(swarm_id, kinds=["swarm.created"])] == ["swarm.created"]


def test_connections_cut_at_any_byte_lose_and_repeat_nothing(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna)
    grow(site.api, swarm_id)
    site.proxy.cut_after = itertools.cycle((700, 3, 1_999, 12_345, 0, 5_001, 8_192))
    assert [e.seq for e in site.anna.events(swarm_id)] == seqs(site.api, swarm_id)
    assert site.proxy.connections > 10


def test_connections_cut_under_a_growing_swarm_lose_and_repeat_nothing(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna)
    client = site.anna
    site.proxy.cut_after = itertools.chain((3_000, 9_000), itertools.repeat(None))
    got = []
    with meanwhile(lambda: grow(site.api, swarm_id)):
        for event in client.events(swarm_id):
            got.append(event.seq)
            if event.seq % 20 == 0:
                site.proxy.cut()
    assert got == seqs(site.api, swarm_id)
    assert site.proxy.connections >= 3


def test_silent_connection_is_given_up_for_another(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna, "succeeded")
    site.proxy.silent = 1
    client = site.client(site.api.anna, patience=replace(SOON, silence_s=2))
    since = time.monotonic()
    assert [e.seq for e in client.events(swarm_id)] == seqs(site.api, swarm_id)
    assert time.monotonic() - since >= 2
    assert site.proxy.connections >= 2


def test_time_given_is_kept(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna)
    since = time.monotonic()
    stream = site.anna.events(swarm_id, within_s=3)
    assert [next(stream).seq, next(stream).seq] == [1, 2]
    with pytest.raises(DeadlineError, match="last event was 2"):
        next(stream)
    assert 3 <= time.monotonic() - since < 15


def test_server_that_is_gone_is_said_after_the_patience(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna)
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    little = Patience(in_all_s=0.5, first_pause_s=0.05)
    with pytest.raises(UnreachableError, match=f"{swarm_id}/events"):
        list(site.client(site.api.anna, url, little).events(swarm_id))
    with pytest.raises(UnreachableError, match=f"GET /v1/auth/me: nothing answers at {url} "):
        site.client(site.api.anna, url, little).me()


def test_swarm_of_another_is_refused_and_not_waited_for(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.ben, "succeeded")
    with pytest.raises(ApiError) as refused:
        list(site.anna.events(swarm_id))
    assert refused.value.status == 404
    assert site.proxy.connections == 1


def test_history_that_is_not_kept_comes_as_the_swarm_is_and_ends(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna, "succeeded")
    site.db.run("update pgswarm.swarm set history_from_seq = 4 where swarm_id = %(s)s", s=swarm_id)
    kinds = [e.kind for e in site.anna.events(swarm_id, within_s=20)]
    assert kinds == ["snapshot.swarm", "snapshot.node", "snapshot.end"]
    site.db.run("update pgswarm.swarm set history_from_seq = 1 where swarm_id = %(s)s", s=swarm_id)
