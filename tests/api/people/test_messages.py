"""What people write without being asked, over HTTP."""

from support.api import Api, problem
from support.verbs import Kid, ask, cancel, finish, spawn


async def test_messages_to_a_swarm_and_to_a_node_reach_whom_they_are_for(api: Api) -> None:
    run = api.claim(api.swarm(api.anna))
    api.worker.does(spawn(run, Kid(directive="a"), Kid(directive="b")))
    kids = api.db.rows("select node_id, directive from pgswarm.node where parent_id = %(p)s", p=run.node_id)
    a, b = (next(kid["node_id"] for kid in kids if kid["directive"] == name) for name in "ab")
    client = api.client(api.anna)
    base = f"/v1/swarms/{run.swarm_id}"
    to_all = await client.post(f"{base}/messages", json={"content": "to all"})
    to_a = await client.post(f"{base}/nodes/{a}/messages", json={"content": "to a" + "x" * 9000})
    assert (to_all.status_code, to_a.status_code) == (201, 201)
    assert to_a.json()["author"] == str(api.anna.account_id)
    read = [m["content"][:6] for m in (await client.get(f"{base}/nodes/{a}/messages")).json()["items"]]
    assert read == ["to all", "to axx"]
    assert [m["content"] for m in (await client.get(f"{base}/nodes/{b}/messages")).json()["items"]] == ["to all"]
    first = (await client.get(f"{base}/messages?limit=1")).json()
    second = (await client.get(f"{base}/messages", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert second["items"] == [to_a.json()]
    assert len(second["items"][0]["content"]) == 9004  # whole
    said = {r.row["directive"]: len(r.row["context"]["messages"]) for r in api.worker.claim(2)}
    assert said == {"a": 2, "b": 1}


async def test_message_that_is_sent_again_under_its_key_is_one_message(api: Api) -> None:
    swarm_id = api.swarm(api.anna)
    client = api.client(api.anna, {"Idempotency-Key": "m-1"})
    sent = [await client.post(f"/v1/swarms/{swarm_id}/messages", json={"content": "hello"}) for _ in range(3)]
    assert sent[0].json() == sent[1].json() == sent[2].json()
    assert api.db.value("select count(*) from pgswarm.message") == 1


async def test_message_to_nobody_is_refused(api: Api) -> None:
    swarm_id, theirs = api.swarm(api.anna), api.swarm(api.ben)
    client = api.client(api.anna)
    hello = {"content": "hello"}
    problem(await client.post(f"/v1/swarms/{theirs}/messages", json=hello), 404, field="swarm_id")
    problem(await client.get(f"/v1/swarms/{theirs}/messages"), 404, field="swarm_id")
    problem(await client.post(f"/v1/swarms/{swarm_id}/nodes/{theirs}/messages", json=hello), 404, field="node_id")
    problem(await client.post(f"/v1/swarms/{swarm_id}/messages", json={"content": " \n"}), 422, field="content")
    cancel(api.db.conn, swarm_id)
    problem(await client.post(f"/v1/swarms/{swarm_id}/messages", json=hello), 409, "conflict")


async def test_files_come_with_a_message_and_an_answer(api: Api) -> None:
    run = api.claim(api.swarm(api.anna))
    client = api.client(api.anna)
    sent = await client.post("/v1/uploads", files=[("file", ("a.txt", b"alpha")), ("file", ("b.csv", b"x,y\n1,2\n"))])
    a, b = (item["upload_id"] for item in sent.json()["items"])
    written = await client.post(f"/v1/swarms/{run.swarm_id}/messages", json={"content": "see a", "files": [a]})
    assert [file["name"] for file in written.json()["files"]] == ["a.txt"]
    api.worker.does(ask(run, "which?"))
    question = (await client.get("/v1/questions?open=true")).json()["items"][0]["question_id"]
    answer = {"answer": "see b", "files": [b]}
    responses = [await client.post(f"/v1/questions/{question}/answer", json=answer) for _ in range(2)]
    assert responses[0].json()["question"]["answer_files"][0]["name"] == "b.csv"
    assert responses[0].text == responses[1].text
    problem(await client.post(f"/v1/questions/{question}/answer", json={"answer": "see b"}), 409, "already-answered")
    again = api.claim(run.swarm_id)
    assert again.row["context"]["messages"][0]["files"] == ["a.txt"]
    assert again.row["context"]["answers"][0]["files"] == ["b.csv"]
    entries = api.db.rows("select entry_id, name, kind from pgswarm.space_entry where blob is not null order by name")
    assert [(entry["name"], entry["kind"]) for entry in entries] == [("a.txt", "text"), ("b.csv", "csv")]
    content = api.db.value(
        "select pgswarm.read_entry(swarm_id => %(s)s, entry_id => %(e)s)", s=run.swarm_id, e=entries[1]["entry_id"]
    )
    assert bytes(content) == b"x,y\n1,2\n"
    api.worker.does(finish(again))
