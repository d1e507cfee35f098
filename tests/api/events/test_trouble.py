"""Notifications that are lost, forged or cannot be had; connections that break. Nothing is skipped."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from support.streams import SHORT, seqs, until
from support.verbs import Kid, cancel, events, finish, pause, resume, spawn

SLOW_POLL = replace(SHORT, poll_s=60.0)


async def listening(live: Any) -> None:
    await until(lambda: live.hub.listener.listening, "it listens")


@pytest.mark.parametrize("limits", [SLOW_POLL], indirect=True)
async def test_notification_wakes_at_once(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    stream = await live.watch(swarm_id)
    await stream.until(lambda e: e.seq == 2)
    await listening(live)
    pause(api.db.conn, swarm_id)
    assert (await stream.event(within_s=2)).kind == "swarm.paused"


@pytest.mark.parametrize("limits", [replace(SHORT, poll_s=1.0)], indirect=True)
async def test_lost_notification_costs_at_most_two_seconds(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    stream = await live.watch(swarm_id)
    await stream.until(lambda e: e.seq == 2)
    api.worker.does(finish(api.claim(swarm_id), "done"))  # a worker that tells nobody
    await stream.until(lambda e: e.kind == "swarm.terminated", within_s=2)


@pytest.mark.parametrize("limits", [SLOW_POLL], indirect=True)
async def test_lost_listener_comes_back_and_reads_what_it_missed(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    stream = await live.watch(swarm_id)
    await stream.until(lambda e: e.seq == 2)
    for seq in (3, 5):
        await listening(live)
        live.hub.listener.listening = False
        api.db.run(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = 'pgswarm events'"
        )
        pause(api.db.conn, swarm_id)
        resume(api.db.conn, swarm_id)
        got = await stream.until(lambda e, last=seq + 1: e.seq == last, within_s=10)
        assert seqs(got) == [seq, seq + 1]


async def test_every_connection_may_break_and_no_event_is_skipped(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    stream = await live.watch(swarm_id)
    of_all = await live.get("/v1/events", api.anna)
    run = api.claim(swarm_id)
    for _ in range(4):
        api.worker.does(spawn(run, *[Kid() for _ in range(20)]))
        api.db.run(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        run = api.claim(swarm_id)
    cancel(api.db.conn, swarm_id)
    last = len(events(api.db.conn, swarm_id))
    assert seqs(await stream.until(lambda e: e.seq == last, within_s=30)) == list(range(1, last + 1))
    got = seqs(await of_all.until(lambda e: e.seq == last, within_s=30))
    assert set(got) >= set(range(min(got), last + 1))


@pytest.mark.parametrize("limits", [SLOW_POLL], indirect=True)
async def test_forged_and_malformed_notifications_do_nothing(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    stream = await live.watch(swarm_id)
    await stream.until(lambda e: e.seq == 2)
    await listening(live)
    for payload in (
        "x", "[]", "{}", "null", '"' * 100, "[" * 2000, json.dumps({"swarm_id": str(swarm_id)}),
        json.dumps({"swarm_id": str(swarm_id), "from_seq": "1", "to_seq": True}),
        json.dumps({"swarm_id": str(swarm_id), "from_seq": 9, "to_seq": 1}),
        json.dumps({"swarm_id": str(uuid4()), "from_seq": 1, "to_seq": 10**30}),
        json.dumps({"swarm_id": str(swarm_id), "from_seq": 1, "to_seq": 10**30}),
    ):  # fmt: skip
        api.db.run("select pg_notify('pgswarm_event', %(p)s)", p=payload)
    pause(api.db.conn, swarm_id)
    assert [(await stream.event(within_s=5)).seq] == [3]
    assert live.hub.listener.listening


@pytest.mark.parametrize("limits", [SLOW_POLL], indirect=True)
async def test_notification_without_a_payload_lets_all_be_read(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    stream = await live.watch(swarm_id)
    await stream.until(lambda e: e.seq == 2)
    await listening(live)
    with api.db.connect() as conn:
        conn.execute("set pgswarm.notify_payload = none")
        pause(conn, swarm_id)
    assert (await stream.event(within_s=5)).kind == "swarm.paused"
