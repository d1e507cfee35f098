"""`all_events`: all of an account's swarms, whatever happens to the connection."""

from collections import defaultdict
from typing import Any
from uuid import UUID

import pytest

from pgswarm.client import ApiError, DeadlineError, Event
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
    with meanwhile(work):
        for event in client.all_events(within_s=60):
            got[event.swarm_id].append(event.seq)
            if sum(map(len, got.values())) % 25 == 0:
                site.proxy.cut()
            if event.kind == "swarm.terminated":
                ended.append(event)
            if len(ended) == 4:
                break
    assert len(got) == 4
    assert dict(got) == {swarm_id: seqs(site, swarm_id) for swarm_id in got}
    assert site.proxy.connections > 2

    later = site.api.swarm(account, "succeeded", goal="later")  # while nobody listened
    came = []
    for event in client.all_events(ended[-1].cursor, within_s=60):
        came += [event.seq] if event.swarm_id == later else []
        if event.swarm_id == later and event.kind == "swarm.terminated":
            break
    assert came == seqs(site, later)


def test_swarms_of_one_conversation_come_and_the_time_given_is_kept(site: Any) -> None:
    client = site.anna
    talk = client.begin_conversation("Trip").conversation_id

    def work() -> None:
        listened_to(site)
        client_of_work = site.anna
        client_of_work.start("another")
        client_of_work.start("of it", conversation_id=talk)

    with meanwhile(work):
        stream = client.all_events(conversation_id=talk, kinds=["swarm.created"], within_s=4)
        assert next(stream).data["goal"] == "of it"
        with pytest.raises(DeadlineError, match="go on after"):
            next(stream)


def test_cursor_that_is_none_is_refused(site: Any) -> None:
    with pytest.raises(ApiError) as refused:
        next(site.anna.all_events("nonsense"))
    assert (refused.value.status, refused.value.field) == (422, "after")
    with pytest.raises(ValueError, match="conversation_id"):
        next(site.anna.all_events(conversation_id="nonsense"))
