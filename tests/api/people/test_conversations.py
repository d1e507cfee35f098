"""Conversations over HTTP."""

import uuid

from support.api import Api, problem
from support.verbs import WORK, ask, finish


async def test_history_tells_everything_that_was_said_in_order(api: Api) -> None:
    client = api.client(api.anna)
    begun = (await client.post("/v1/conversations", json={"title": "Trip"})).json()
    base = f"/v1/conversations/{begun['conversation_id']}"
    body = {"goal": "plan a trip", "action": WORK, "conversation_id": begun["conversation_id"]}
    swarm_id = uuid.UUID((await client.post("/v1/swarms", json=body)).json()["swarm_id"])
    run = api.claim(swarm_id)
    api.worker.does(ask(run, "Where to?"))
    await client.post(f"/v1/swarms/{swarm_id}/messages", json={"content": "no planes"})
    question = (await client.get(f"/v1/questions?conversation_id={begun['conversation_id']}")).json()["items"][0]
    shown = (await client.get(base)).json()
    assert (shown["swarms"], shown["living"], shown["open_questions"], shown["title"]) == (1, 1, 1, "Trip")
    await client.post(f"/v1/questions/{question['question_id']}/answer", json={"answer": "the sea"})
    api.worker.does(finish(api.claim(swarm_id), "go to Brest" + "!" * 9000))
    await client.post("/v1/swarms", json={**body, "goal": "book it"})
    said, cursor = [], None
    while True:
        page = (
            await client.get(f"{base}/history", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        said += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [item["kind"] for item in said] == ["goal", "question", "message", "answer", "report", "goal"]
    assert [item["role"] for item in said] == ["user", "swarm", "user", "user", "swarm", "user"]
    assert (said[0]["content"], said[3]["value"], said[5]["content"]) == ("plan a trip", "the sea", "book it")
    assert (len(said[4]["content"]), said[4]["value"]) == (9011, "succeeded")


async def test_swarm_may_begin_a_conversation_under_an_id_of_the_caller_s(api: Api) -> None:
    client = api.client(api.anna)
    chosen = str(uuid.uuid4())
    body = {"goal": "  find a name for the new boat of my grandmother who lives by the sea\nsoon", "action": WORK}
    started = await client.post("/v1/swarms", json={**body, "conversation_id": chosen})
    assert started.status_code == 201
    shown = (await client.get(f"/v1/conversations/{chosen}")).json()
    assert shown["title"] == "find a name for the new boat of my grandmother who lives by…"
    again = await client.post("/v1/conversations", json={"conversation_id": chosen, "title": "other"})
    assert (again.status_code, again.json()["title"]) == (201, shown["title"])
    renamed = await client.patch(f"/v1/conversations/{chosen}", json={"title": " The boat "})
    assert renamed.json()["title"] == "The boat"
    assert [item["title"] for item in (await client.get("/v1/conversations")).json()["items"]] == ["The boat"]


async def test_no_swarm_joins_an_ended_conversation(api: Api) -> None:
    client = api.client(api.anna)
    chosen = str(uuid.uuid4())
    body = {"goal": "a", "action": WORK, "conversation_id": chosen}
    swarm_id = (await client.post("/v1/swarms", json=body)).json()["swarm_id"]
    ended = [(await client.post(f"/v1/conversations/{chosen}/end")).json() for _ in range(2)]
    assert ended[0] == ended[1]
    assert ended[0]["ended_at"]
    problem(await client.post("/v1/swarms", json=body), 409, field="conversation_id")
    assert (await client.post(f"/v1/swarms/{swarm_id}/messages", json={"content": "go on"})).status_code == 201


async def test_another_s_conversation_is_not_there(api: Api) -> None:
    begun = (await api.client(api.anna).post("/v1/conversations", json={})).json()["conversation_id"]
    client = api.client(api.ben)
    for wrong in (begun, str(uuid.uuid4())):
        base = f"/v1/conversations/{wrong}"
        problem(await client.get(base), 404, field="conversation_id")
        problem(await client.get(f"{base}/history"), 404, field="conversation_id")
        problem(await client.patch(base, json={"title": "mine"}), 404, field="conversation_id")
        problem(await client.post(f"{base}/end"), 404, field="conversation_id")
    problem(await client.post("/v1/conversations", json={"conversation_id": begun}), 404, field="conversation_id")
    body = {"goal": "a", "action": WORK, "conversation_id": begun}
    problem(await client.post("/v1/swarms", json=body), 404, field="conversation_id")
    assert (await client.get("/v1/conversations")).json()["items"] == []


async def test_begun_again_under_its_key_it_is_one_conversation(api: Api) -> None:
    client = api.client(api.anna, {"Idempotency-Key": "c-1"})
    begun = [(await client.post("/v1/conversations", json={"title": "a"})).json() for _ in range(3)]
    assert begun[0] == begun[1] == begun[2]
    assert api.db.value("select count(*) from pgswarm.conversation") == 1
