"""Actions that swarms made, by the client: each call has one effect, though its answer is lost."""

from typing import Any

import pytest

from pgswarm.client import ApiError
from support.created import SHOUT, bad_version
from support.verbs import finish


def test_client_lists_revokes_and_runs_again_once(site: Any) -> None:
    swarm_id = bad_version(site.api)
    client = site.anna
    assert [(v.version, v.newest, v.revoked_at) for v in client.created_actions(swarm_id)] == [
        (2, True, None), (1, False, None),
    ]  # fmt: skip
    assert {node.how for node in client.touched_nodes(swarm_id, SHOUT, 1)} == {"ran", "informed"}
    site.proxy.lose = 1
    assert client.revoke_action(swarm_id, SHOUT, 1, "wrong")
    made = client.create_blueprint("crew", actions=[{
        "swarm_id": swarm_id, "action_id": SHOUT, "version": 2,
        "hash": next(client.created_actions(swarm_id, action=SHOUT)).hash,
    }])  # fmt: skip
    site.api.worker.does(finish(site.api.claim(swarm_id), "all wrong"))
    site.proxy.lose = 1
    again = client.rerun_action(swarm_id, SHOUT, 1)
    assert (again.in_place, again.status, site.proxy.lose) == (False, "active", 0)
    assert len(list(client.swarms())) == 2
    started = client.start("a goal", action=SHOUT, blueprint=made.blueprint_id)
    assert next(iter(client.nodes(started.swarm_id))).action == SHOUT
    assert client.revoke_blueprint_action(made.blueprint_id, SHOUT, 2, "wrong too")
    with pytest.raises(ApiError) as refused:
        client.rerun_action(swarm_id, SHOUT, 1)
    assert (refused.value.status, refused.value.field) == (409, "action_id")
    with pytest.raises(ApiError, match="may not run"):
        client.start("a goal", action=SHOUT, blueprint=made.blueprint_id)
