"""What an operator does to nodes and budgets; each act an event that says who did it."""

import asyncio
import uuid
from uuid import UUID

import pytest

from support.api import Account, Api, problem
from support.verbs import Kid, Run, events, fail, finish, spawn


def actors(api: Api, swarm_id: UUID, kind: str, verb: str | None = None) -> list[str]:
    return [e["actor"] for e in events(api.db.conn, swarm_id) if (e["kind"], e["verb"]) == (kind, verb)]


def family(api: Api, owner: Account) -> tuple[Run, list[UUID]]:
    """Let the root of a new swarm spawn two children; return its run and theirs."""
    run = api.claim(api.swarm(owner))
    api.worker.does(spawn(run, Kid(directive="a"), Kid(directive="b")))
    kids = api.db.rows("select node_id from pgswarm.node where parent_id = %(p)s order by position", p=run.node_id)
    return run, [kid["node_id"] for kid in kids]


async def test_node_is_cancelled_with_all_below_it(api: Api) -> None:
    run, [a, _] = family(api, api.anna)
    client = api.client(api.anna)
    path = f"/v1/swarms/{run.swarm_id}/nodes/{a}/cancel"
    done = [(await client.post(path)).json() for _ in range(2)]
    assert [item["changed"] for item in done] == [True, False]
    assert done[0]["status"] == "terminated"
    assert actors(api, run.swarm_id, "node.terminated", "cancel") == [str(api.anna.account_id)]


async def test_failed_node_gets_one_replacement_while_its_parent_waits(api: Api) -> None:
    run, _ = family(api, api.anna)
    child = api.worker.claim(2)[0]
    api.worker.does(fail(child))
    client = api.client(api.anna)
    path = f"/v1/swarms/{run.swarm_id}/nodes/{child.node_id}/retry"
    keyed = [client.post(path, headers={"Idempotency-Key": "r-1"}) for _ in range(20)]
    made = await asyncio.gather(*keyed)
    assert {response.status_code for response in made} == {201}
    assert len({response.text for response in made}) == 1
    assert made[0].json()["retry_of"] == str(child.node_id)
    problem(await client.post(path), 409, field="node_id")
    assert actors(api, run.swarm_id, "node.created", "spawn")[-1] == str(api.anna.account_id)


async def test_directive_of_a_waiting_node_is_changed_and_worked_on(api: Api) -> None:
    run, [a, _] = family(api, api.anna)
    client = api.client(api.anna)
    wanted = {"directive": "another thing " + "x" * 9000}
    path = f"/v1/swarms/{run.swarm_id}/nodes/{a}/directive"
    done = [(await client.put(path, json=wanted)).json() for _ in range(2)]
    assert [(item["changed"], item["status"]) for item in done] == [(True, "pending"), (False, "pending")]
    assert actors(api, run.swarm_id, "node.pending", "change_directive") == [str(api.anna.account_id)]
    claimed = {r.node_id: r.row["directive"] for r in api.worker.claim(2)}
    assert claimed[a] == wanted["directive"]
    problem(await client.put(path, json=wanted), 409, field="node_id")
    root = f"/v1/swarms/{run.swarm_id}/nodes/{run.node_id}/directive"
    assert (await client.put(root, json={"directive": "sum up"})).json()["status"] == "awaiting_children"
    problem(await client.put(root, json={"directive": " "}), 422, field="directive")


async def test_budget_is_raised_and_the_swarm_goes_on(api: Api) -> None:
    swarm_id = api.swarm(api.anna, budget={"nodes": 2})
    run = api.claim(swarm_id)
    api.worker.advance(spawn(run, Kid(), Kid()))
    client = api.client(api.anna)
    path = f"/v1/swarms/{swarm_id}/budget"
    assert (await client.get(f"/v1/swarms/{swarm_id}")).json()["paused_reason"] == "budget_exceeded"
    raised = (await client.post(path, json={"budget": {"nodes": 10}})).json()
    assert (raised["status"], raised["budget"]["nodes"]) == ("paused", 10)
    raised = (await client.post(path, json={"budget": {"nodes": 12}, "resume": True})).json()
    assert (raised["status"], raised["paused_reason"]) == ("active", None)
    again = api.claim(swarm_id)
    api.worker.does(spawn(again, Kid(), Kid()))
    assert actors(api, swarm_id, "swarm.budget_raised") == [str(api.anna.account_id)] * 2
    assert actors(api, swarm_id, "swarm.resumed") == [str(api.anna.account_id)]
    problem(await client.post(path, json={"budget": {}}), 422, field="budget")
    problem(await client.post(path, json={"budget": {"nodes": 1}}), 422, field="budget.nodes")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/nodes/{node}/cancel", None),
        ("POST", "/nodes/{node}/retry", None),
        ("PUT", "/nodes/{node}/directive", {"directive": "mine"}),
        ("POST", "/budget", {"budget": {"nodes": 5}}),
    ],
)
async def test_another_s_swarm_is_not_there(api: Api, method: str, path: str, body: object) -> None:
    run, [a, _] = family(api, api.anna)
    before = len(events(api.db.conn, run.swarm_id))
    client = api.client(api.ben)
    for swarm_id in (run.swarm_id, uuid.uuid4()):
        response = await client.request(method, f"/v1/swarms/{swarm_id}{path.format(node=a)}", json=body)
        problem(response, 404, field="swarm_id")
    if "{node}" in path:
        mine = api.swarm(api.ben)
        response = await client.request(method, f"/v1/swarms/{mine}{path.format(node=a)}", json=body)
        problem(response, 404, field="node_id")
    assert len(events(api.db.conn, run.swarm_id)) == before
    for child in api.worker.claim(3):
        api.worker.does(finish(child))
