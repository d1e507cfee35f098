"""The routes of nodes: the tree in pages, one node whole, what it asked of models."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from support.api import Api, problem
from support.verbs import Kid, fail, go_on, spawn, start

WIDTH = 5


def _tree(api: Api) -> tuple[UUID, dict[str, list[str]]]:
    """Make a root with children, of which the first has children too; return the ids by level."""
    swarm_id = start(api.db.conn, owner=api.anna.account_id)
    kids = [Kid(directive=f"part {number}", action="other/work" if number else "test/work") for number in range(WIDTH)]
    api.worker.does(spawn(api.claim(swarm_id), *kids))
    runs = api.worker.claim(WIDTH)
    first = next(run for run in runs if run.row["directive"] == "part 0")
    api.worker.does(spawn(first, Kid(directive="a leaf"), Kid(directive="a leaf")))
    api.worker.does(fail(next(run for run in runs if run.row["directive"] == "part 1")))
    rows = api.db.rows("select node_id, depth, directive from pgswarm.node order by node_id")
    ids: dict[str, list[str]] = {"all": [str(row["node_id"]) for row in rows], "first": [str(first.node_id)]}
    for row in rows:
        ids.setdefault(f"depth {row['depth']}", []).append(str(row["node_id"]))
    return swarm_id, ids


async def _nodes(api: Api, swarm_id: UUID, **params: Any) -> list[str]:
    """Return the ids of all pages."""
    client = api.client(api.anna)
    found: list[str] = []
    while True:
        page = (await client.get(f"/v1/swarms/{swarm_id}/nodes", params={"limit": 2, **params})).json()
        found += [node["node_id"] for node in page["items"]]
        if page["next_cursor"] is None:
            return found
        params["cursor"] = page["next_cursor"]


async def test_all_nodes_come_in_pages_once_each(api: Api) -> None:
    swarm_id, ids = _tree(api)
    assert await _nodes(api, swarm_id) == ids["all"]


async def test_nodes_are_found_by_status_action_parent_and_subtree(api: Api) -> None:
    swarm_id, ids = _tree(api)
    (root,) = ids["depth 0"]
    (first,) = ids["first"]
    assert await _nodes(api, swarm_id, parent_id=root) == ids["depth 1"]
    assert await _nodes(api, swarm_id, parent_id=first) == ids["depth 2"]
    assert sorted(await _nodes(api, swarm_id, under=first)) == sorted([first, *ids["depth 2"]])
    assert await _nodes(api, swarm_id, under=root) == ids["all"]
    assert sorted(await _nodes(api, swarm_id, status="awaiting_children")) == sorted([root, first])
    assert len(await _nodes(api, swarm_id, status="terminated")) == 1
    assert len(await _nodes(api, swarm_id, under=root, action="other/work")) == WIDTH - 1
    assert await _nodes(api, swarm_id, under=first, status="running") == []
    assert await _nodes(api, swarm_id, parent_id=root, status="terminated", action="test/work") == []


async def test_a_node_of_another_swarm_is_not_there(api: Api) -> None:
    swarm_id, _ = _tree(api)
    other = api.swarm(api.anna)
    root = api.db.value("select root_node_id from pgswarm.swarm where swarm_id = %(s)s", s=other)
    client = api.client(api.anna)
    for params in ({"under": str(root)}, {"parent_id": str(root)}):
        problem(await client.get(f"/v1/swarms/{swarm_id}/nodes", params=params), 404, field=next(iter(params)))


async def test_a_failed_node_says_why(api: Api) -> None:
    swarm_id, _ = _tree(api)
    (failed,) = await _nodes(api, swarm_id, status="terminated")
    node = (await api.client(api.anna).get(f"/v1/swarms/{swarm_id}/nodes/{failed}")).json()
    assert (node["outcome"], node["error"]) == ("failed", {"code": "broken", "message": "it broke"})
    assert (node["children"], node["attempt"], node["max_attempts"]) == (0, 1, 3)


async def test_the_notes_of_a_node_stand_beside_its_state_now_and_in_the_past(api: Api) -> None:
    swarm_id = api.swarm(api.anna)
    run = api.claim(swarm_id)
    note = {"activation": 1, "level": "info", "text": "chose a/b"}
    api.worker.does(go_on(run, state={"own": 1, "pgswarm.notes": [note]}))
    client = api.client(api.anna)
    node = (await client.get(f"/v1/swarms/{swarm_id}/nodes/{run.node_id}")).json()
    (past,) = (await client.get(f"/v1/swarms/{swarm_id}/state")).json()["items"]
    assert (node["state"], node["notes"]) == (past["state"], past["notes"]) == ({"own": 1}, [note])


async def test_calls_of_models_come_in_order_with_what_they_cost(api: Api) -> None:
    swarm_id = api.swarm(api.anna)
    run = api.claim(swarm_id)
    for call_no in range(3):
        key = {"s": swarm_id, "n": run.node_id, "c": call_no, "h": f"hash {call_no}"}
        api.db.run(
            "select pgswarm.begin_call(swarm_id => %(s)s, node_id => %(n)s, epoch => %(e)s, activation => 1,"
            " call_no => %(c)s, request_hash => %(h)s, model => 'm', request => %(r)s, reserve_tokens => 100,"
            " reserve_usd => 1)",
            e=run.epoch,
            r=Jsonb({"messages": [call_no]}),
            **key,
        )
        api.db.run(
            "select pgswarm.end_call(swarm_id => %(s)s, node_id => %(n)s, activation => 1, call_no => %(c)s,"
            " request_hash => %(h)s, response => '{}', input_tokens => 10, output_tokens => 5, cost_usd => 0.25)",
            **key,
        )
    client = api.client(api.anna)
    url = f"/v1/swarms/{swarm_id}/nodes/{run.node_id}"
    first = (await client.get(f"{url}/llm-calls", params={"limit": 2})).json()
    rest = (await client.get(f"{url}/llm-calls", params={"cursor": first["next_cursor"]})).json()
    calls = first["items"] + rest["items"]
    assert [call["request"]["messages"] for call in calls] == [[0], [1], [2]]
    assert rest["next_cursor"] is None
    node = (await client.get(url)).json()
    assert (node["llm_calls"], node["input_tokens"], node["output_tokens"], node["cost_usd"]) == (3, 30, 15, 0.75)
    swarm = (await client.get(f"/v1/swarms/{swarm_id}")).json()
    assert (swarm["spent"]["tokens"], swarm["cost_usd"]) == (45, 0.75)
