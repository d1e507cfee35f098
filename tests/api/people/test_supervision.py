"""What needs a person's yes, and what nodes suggest, over HTTP."""

from support.api import Api, problem
from support.verbs import events, finish


async def test_supervision_is_changed_while_the_swarm_runs(api: Api) -> None:
    swarm_id = api.swarm(api.anna)
    client = api.client(api.anna)
    path = f"/v1/swarms/{swarm_id}/approval"
    done = [(await client.put(path, json={"approve": "plan"})).json() for _ in range(2)]
    assert [(item["approve"], item["changed"]) for item in done] == [("plan", True), ("plan", False)]
    assert (await client.get(f"/v1/swarms/{swarm_id}")).json()["options"]["approve"] == "plan"
    (event,) = [e for e in events(api.db.conn, swarm_id) if e["kind"] == "swarm.approval_changed"]
    assert event["actor"] == str(api.anna.account_id)
    problem(await client.put(path, json={"approve": "all"}), 422, field="approve")
    problem(await api.client(api.ben).put(path, json={"approve": "none"}), 404, field="swarm_id")
    api.worker.does(finish(api.claim(swarm_id)))
    problem(await client.put(path, json={"approve": "none"}), 409, field="swarm_id")


async def test_suggestions_are_listed_newest_first_to_whom_they_belong(api: Api) -> None:
    swarm_id = api.swarm(api.anna)
    run = api.claim(swarm_id)
    for text in ("first", "second"):
        api.db.run(
            """select pgswarm.save_entry(swarm_id => %(s)s, node_id => %(n)s, name => %(t)s || '.md',
                 kind => 'suggestion', description => 'missing action', folder => 'swarm/suggestions',
                 content => convert_to(%(t)s, 'UTF8'))""",
            s=swarm_id,
            n=run.node_id,
            t=text,
        )
    client = api.client(api.anna)
    page = (await client.get("/v1/suggestions", params={"limit": 1})).json()
    rest = (await client.get("/v1/suggestions", params={"cursor": page["next_cursor"]})).json()
    assert [item["content"] for item in (*page["items"], *rest["items"])] == ["second", "first"]
    assert page["items"][0]["node_id"] == str(run.node_id)
    assert (await api.client(api.ben).get("/v1/suggestions")).json()["items"] == []
    problem(await api.client(api.ben).get("/v1/suggestions", params={"swarm_id": str(swarm_id)}), 404, field="swarm_id")
