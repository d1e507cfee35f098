"""Who may watch, and for how long."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from support.streams import WITHIN_S, until
from support.verbs import cancel, finish


@pytest.mark.parametrize("path", ["/v1/swarms/{id}/events", "/v1/swarms/{id}/events?snapshot=true"])
async def test_anothers_swarm_is_answered_like_one_that_does_not_exist(live: Any, path: str) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna, "succeeded")
    told = []
    for asked in (swarm_id, uuid4()):
        stream = await live.get(path.format(id=asked), api.ben)
        assert stream.status == 404
        document = json.loads(await stream.body())
        assert document["field"] == "swarm_id"
        told.append(document["detail"].replace(str(asked), "…"))
    assert told[0] == told[1]
    nobody = await live.get(path.format(id=swarm_id))
    assert nobody.status == 401
    in_the_url = await live.get(f"/v1/swarms/{swarm_id}/events?access_token={api.anna.token}&token={api.anna.token}")
    assert in_the_url.status in {401, 422}
    admin = await live.get(path.format(id=swarm_id), api.root)
    assert (await admin.event()).kind in {"swarm.created", "snapshot.swarm"}


async def test_stream_ends_soon_after_its_token(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    ends = {
        "revoked": "update pgswarm.api_token set revoked_at = now() where account_id = %(id)s",
        "expired": "update pgswarm.api_token set expires_at = now() - interval '1 s' where account_id = %(id)s",
        "disabled": "update pgswarm.account set disabled = true where account_id = %(id)s",
    }
    for name, statement in ends.items():
        account = api.account(f"admin-{name}", role="admin")
        of_the_swarm = await live.watch(swarm_id, account=account)
        of_all = await live.get("/v1/events", account)
        await of_the_swarm.event()
        api.db.run(statement, id=account.account_id)
        await of_the_swarm.ended(within_s=5)
        await of_all.ended(within_s=5)
        assert (await live.watch(swarm_id, account=account)).status == 401


async def test_stream_of_a_deleted_swarm_ends(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    stream = await live.watch(swarm_id)
    other = await live.watch(api.swarm(api.anna))
    await other.event()
    cancel(api.db.conn, swarm_id)
    await stream.until(lambda event: event.kind == "swarm.terminated")
    api.db.run("select pgswarm.delete_swarm(%(id)s)", id=swarm_id)
    await stream.ended(within_s=5)
    async with asyncio.timeout(WITHIN_S):
        while await other.message() is not None:  # it still speaks
            pass


async def test_streams_of_others_go_on_when_one_of_them_may_not_see_the_swarm_any_more(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna)
    admin = api.account("second", role="admin")
    theirs = await live.watch(swarm_id, account=admin)  # the first to come: rows are read in its name
    mine = await live.watch(swarm_id)
    for stream in (theirs, mine):
        await stream.until(lambda event: event.seq == 2)
    api.db.run("update pgswarm.account set role = 'user' where account_id = %(id)s", id=admin.account_id)
    await theirs.ended(within_s=5)
    api.worker.does(finish(api.claim(swarm_id), "done"))
    await mine.until(lambda event: event.kind == "swarm.terminated")


async def test_streams_end_when_the_server_stops(live: Any) -> None:
    api = live.api
    stream = await live.watch(api.swarm(api.anna))
    of_all = await live.get("/v1/events", api.anna)
    await stream.event()
    api.app.state.stopping.set()
    await stream.ended(within_s=2)
    await of_all.ended(within_s=2)
    refused = await live.watch(api.swarm(api.anna))
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")


async def test_nothing_is_kept_of_streams_that_are_gone(live: Any) -> None:
    api = live.api
    swarm_id: UUID = api.swarm(api.anna)
    streams = [await live.watch(swarm_id) for _ in range(5)] + [await live.get("/v1/events", api.anna)]
    for stream in streams[:5]:
        await stream.event()
    assert len(list(live.hub.subscriptions())) == 6
    for stream in streams:
        stream.cut()
    hub = live.hub
    await until(lambda: not [*hub.subscriptions(), *hub.tails, *hub.feeds], "nothing is left")
