"""`all_events`: all of an account's swarms, whatever happens to the connection."""

import itertools
from collections import defaultdict
from typing import Any
from uuid import UUID

import pytest

from pgswarm.client import ApiError, Event
from support.threads import meanwhile
from support.verbs import Kid, cancel, events, spawn
from support.wait import wait_until


def seqs(site: Any, swarm_id: UUID) -> list[int]:
    return [row["seq"] for row in events(site.db.conn, swarm_id)]


def listened_to(site: Any) -> None:
    wait_until(lambda: list(site.api.app.state.hub.feeds), "somebody listens")


def test_every_event_of_every_swarm_comes_once_although_the_connection_is_cut(site: Any) -> None:
    client = site.anna
    account = site.api.anna

    def work() -> None:
        listened_to(site)
        site.api.swarm(site.api.ben, "succeeded")
        for number in range(3):
            swarm_id = site.api.swarm(account, goal=f"goal {number}")
            site.api.worker.does(spawn(site.api.claim(swarm_id), *[Kid(directive=str(i)) for i in range(20)]))
            cancel(site.db.conn, swarm_id)
        site.api.swarm(account, "succeeded", goal="the last")

    got: dict[UUID, list[int]] = defaultdict(list)
    ended: list[Event] = []
    site.proxy.cut_after = itertools.chain((3_000, 9_000, 20_000), itertools.repeat(None))
    with meanwhile(work):
        for event in client.all_events(within_s=60):
            got[event.swarm_id].append(event.seq)
            if event.kind == "swarm.terminated":
                ended.append(event)
            if len(ended) == 4:
                break
    assert len(got) == 4
    assert dict(got) == {swarm_id: seqs(site, swarm_id) for swarm_id in got}
    assert site.proxy.connections == 4

    later = site.api.swarm(account, "succeeded", goal="later")  # while nobody listened
    came = []
    for event in client.all_events(ended[-1].cursor, within_s=60):
        came += [event.seq] if event.swarm_id == later else []
        if event.swarm_id == later and event.kind == "swarm.terminated":
            break
    assert came == seqs(site, later)


def test_swarms_of_one_conversation_come_by_the_kinds_that_are_wanted(site: Any) -> None:
    client = site.anna
    talk = client.begin_conversation("Trip").conversation_id

    def work() -> None:
        listened_to(site)
        other = site.anna
        other.start("another")
        other.start("of it", conversation_id=talk)

    with meanwhile(work):
        stream = client.all_events(conversation_id=talk, kinds=["swarm.created"], within_s=60)
        assert next(stream).data["goal"] == "of it"
        stream.close()


def test_cursor_of_now_leaves_out_nothing_that_comes_after_it(site: Any) -> None:
    client = site.anna
    site.api.swarm(site.api.anna, "succeeded", goal="before")
    site.proxy.lose = 1
    cursor = client.cursor()
    swarm_id = site.api.swarm(site.api.anna, "succeeded", goal="after")  # while nobody listens
    came = []
    for event in client.all_events(cursor, within_s=60):
        if event.swarm_id == swarm_id:  # of what was just before it may tell again
            came.append(event.seq)
            if event.kind == "swarm.terminated":
                break
    assert came == seqs(site, swarm_id)


def test_cursor_that_is_none_is_refused(site: Any) -> None:
    with pytest.raises(ApiError) as refused:
        next(site.anna.all_events("nonsense"))
    assert (refused.value.status, refused.value.field) == (422, "after")
    with pytest.raises(ValueError, match="conversation_id"):
        next(site.anna.all_events(conversation_id="nonsense"))
