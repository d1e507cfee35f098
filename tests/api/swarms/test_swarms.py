"""The routes of swarms, from start to deletion."""

import uuid
from typing import Any, LiteralString

from support.api import Account, Api, problem
from support.verbs import finish, open_questions

START = "/v1/swarms"
GOOD = {"goal": "a goal", "action": "test/work"}
TABLES_OF_A_SWARM = """
select c.table_name from information_schema.columns c
  join information_schema.tables t using (table_schema, table_name)
 where c.table_schema = 'pgswarm' and c.column_name = 'swarm_id' and t.table_type = 'BASE TABLE'
"""
ROWS: LiteralString = "select count(*) from pgswarm.{} where swarm_id = %(s)s"


async def _start(api: Api, account: Account | None = None, **more: Any) -> dict[str, Any]:
    answer = await api.client(account or api.anna).post(START, json=GOOD | more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _one(api: Api, swarm_id: object) -> dict[str, Any]:
    answer = await api.client(api.anna).get(f"{START}/{swarm_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_swarm_is_the_callers_and_begins_at_once(api: Api) -> None:
    made = await _start(api, args={"a": [1, {"b": None}]})
    row = api.db.row(
        "select owner_id, root_node_id, goal from pgswarm.swarm where swarm_id = %(s)s", s=made["swarm_id"]
    )
    assert row == {"owner_id": api.anna.account_id, "root_node_id": uuid.UUID(made["root_node_id"]), "goal": "a goal"}
    assert api.db.value("select args from pgswarm.node") == {"a": [1, {"b": None}]}
    assert api.db.value("select actor from pgswarm.event limit 1") == str(api.anna.account_id)
    assert api.claim(uuid.UUID(made["swarm_id"])).row["directive"] == "a goal"


async def test_what_was_asked_for_is_what_it_has(api: Api) -> None:
    made = await _start(
        api, budget={"nodes": 30, "cost_usd": 2.5}, priority=0, share=3, approve="plan", model="gpt-5.4-mini"
    )
    swarm = await _one(api, made["swarm_id"])
    assert (swarm["budget"]["nodes"], swarm["budget"]["cost_usd"], swarm["budget"]["depth"]) == (30, 2.5, 2000)
    assert (swarm["priority"], swarm["share"]) == (0, 3)
    assert (swarm["options"]["approve"], swarm["options"]["model"]) == ("plan", "gpt-5.4-mini")


async def test_a_blueprint_gives_what_the_request_leaves_out(api: Api) -> None:
    def blueprint(owner: Account | None) -> str:
        blueprint_id = uuid.uuid4()
        api.db.run(
            "insert into pgswarm.blueprint (blueprint_id, owner_id, name, settings) values (%(id)s, %(owner)s, 'b',"
            """ '{"budget": {"nodes": 7, "depth": 3}, "approve": "plan", "colour": "red"}')""",
            id=blueprint_id,
            owner=owner and owner.account_id,
        )
        return str(blueprint_id)

    mine = blueprint(api.anna)
    made = await _start(api, blueprint=mine, budget={"depth": 4})
    swarm = await _one(api, made["swarm_id"])
    assert (swarm["blueprint_id"], swarm["budget"]["nodes"], swarm["budget"]["depth"]) == (mine, 7, 4)
    assert swarm["options"]["approve"] == "plan"
    await _start(api, blueprint=blueprint(None))
    for other in (blueprint(api.ben), str(uuid.uuid4())):
        refused = await api.client(api.anna).post(START, json={**GOOD, "blueprint": other})
        problem(refused, 404, field="blueprint")
    problem(await api.client(api.anna).post(START, json={**GOOD, "blueprint": "no such"}), 404, field="blueprint")


async def test_files_and_a_conversation_go_with_the_goal(api: Api) -> None:
    conversation = str(uuid.uuid4())
    upload = api.db.value(
        "select pgswarm.create_upload(name => 'b.txt', kind => 'text', content => 'b'::bytea, owner => %(o)s)",
        o=api.anna.account_id,
    )
    made = await _start(api, conversation_id=conversation, files=[str(upload)])
    assert (await _one(api, made["swarm_id"]))["conversation_id"] == conversation
    listed = (await api.client(api.anna).get(START, params={"conversation_id": conversation})).json()["items"]
    assert [swarm["swarm_id"] for swarm in listed] == [made["swarm_id"]]
    entries = (await api.client(api.anna).get("/v1/spaces/memory", params={"swarm_id": made["swarm_id"]})).json()
    assert [entry["path"] for entry in entries["items"]] == ["b.txt"]
    refused = await api.client(api.ben).post(START, json={**GOOD, "files": [str(upload)]})
    problem(refused, 404, field="files")


async def test_long_texts_come_whole(api: Api) -> None:
    goal = "a very long goal " * 1000
    made = await _start(api, goal=goal)
    swarm_id = uuid.UUID(made["swarm_id"])
    assert (await _one(api, swarm_id))["goal"] == goal
    report = "a very long report " * 1000
    api.worker.does(finish(api.claim(swarm_id), report))
    swarm = await _one(api, swarm_id)
    assert (swarm["report"], swarm["outcome"], swarm["status"]) == (report, "succeeded", "terminated")
    root = await api.client(api.anna).get(f"{START}/{swarm_id}/nodes/{made['root_node_id']}")
    assert (root.json()["directive"], root.json()["report"]) == (goal, report)


async def test_swarms_are_listed_newest_first_in_pages_that_neither_skip_nor_repeat(api: Api) -> None:
    made = [str(api.swarm(api.anna)) for _ in range(7)]
    api.swarm(api.ben)
    client = api.client(api.anna)
    seen: list[str] = []
    cursor = None
    for _ in range(4):
        page = (await client.get(START, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [swarm["swarm_id"] for swarm in page["items"]]
        cursor = page["next_cursor"]
        if len(seen) == 4:
            api.swarm(api.anna)  # a new one stands before the first page
    assert seen == made[::-1]
    assert cursor is None


async def test_swarms_are_listed_by_status_with_their_numbers(api: Api) -> None:
    waiting = api.swarm(api.anna, "waiting_user")
    ended = api.swarm(api.anna, "succeeded")
    client = api.client(api.anna)
    (found,) = (await client.get(START, params={"status": "terminated"})).json()["items"]
    assert (found["swarm_id"], found["outcome"], found["terminated"]) == (str(ended), "succeeded", 1)
    (found,) = (await client.get(START, params={"status": "active"})).json()["items"]
    assert (found["swarm_id"], found["waiting_user"], found["open_questions"]) == (str(waiting), 1, 2)


async def test_an_administrator_sees_and_steers_everybodys(api: Api) -> None:
    swarm_id, ownerless = api.swarm(api.anna), api.swarm(None)
    client = api.client(api.root)
    assert {swarm["swarm_id"] for swarm in (await client.get(START)).json()["items"]} == {str(swarm_id), str(ownerless)}
    assert (await client.post(f"{START}/{swarm_id}/pause")).json()["changed"] is True
    assert api.db.value("select actor from pgswarm.event where kind = 'swarm.paused'") == str(api.root.account_id)
    problem(await api.client(api.anna).get(f"{START}/{ownerless}"), 404)


async def test_a_swarm_is_paused_resumed_and_cancelled_and_each_says_what_it_did(api: Api) -> None:
    swarm_id = api.swarm(api.anna)
    client = api.client(api.anna)
    told = []
    for verb in ("pause", "pause", "resume", "resume", "cancel", "cancel"):
        answer = (await client.post(f"{START}/{swarm_id}/{verb}")).json()
        told.append((verb, answer["changed"], answer["status"], answer["outcome"]))
    assert told == [
        ("pause", True, "paused", None),
        ("pause", False, "paused", None),
        ("resume", True, "active", None),
        ("resume", False, "active", None),
        ("cancel", True, "terminated", "cancelled"),
        ("cancel", False, "terminated", "cancelled"),
    ]


async def test_a_deleted_swarm_leaves_no_row_behind(api: Api) -> None:
    swarm_id, other = api.swarm(api.anna, "waiting_user"), api.swarm(api.anna, "waiting_user")
    conn = api.db.conn
    for each in (swarm_id, other):
        api.db.run(
            "select pgswarm.save_entry(swarm_id => %(s)s, node_id => null, name => 'a', kind => 'text',"
            " description => '', folder => '', content => 'some text'::bytea)",
            s=each,
        )
        api.db.run("select pgswarm.add_message(swarm_id => %(s)s, node_id => null, content => 'hello')", s=each)
        question = open_questions(conn, each)[0]["question_id"]
        api.db.run("select pgswarm.create_answer_link(question_id => %(q)s, token_hash => sha256(%(q)s::text::bytea))",
                   q=question)  # fmt: skip
    client = api.client(api.anna)
    problem(await client.delete(f"{START}/{swarm_id}"), 409, "conflict", "swarm_id")
    for each in (swarm_id, other):
        await client.post(f"{START}/{each}/cancel")
    assert (await client.delete(f"{START}/{swarm_id}")).status_code == 204
    problem(await client.get(f"{START}/{swarm_id}"), 404)
    problem(await client.delete(f"{START}/{swarm_id}"), 404)
    tables = {row["table_name"] for row in api.db.rows(TABLES_OF_A_SWARM)}
    assert {"swarm", "node", "event", "question", "message", "space_entry", "entry_chunk", "llm_call"} <= tables
    left = {table: api.db.value(ROWS.format(table), s=swarm_id) for table in sorted(tables)}
    assert not any(left.values()), left
    assert (await client.get(f"{START}/{other}")).status_code == 200
    assert api.db.value("select count(*) from pgswarm.question") == 2


async def test_who_has_the_newest_is_told_so_until_something_changes(api: Api) -> None:
    swarm_id = api.swarm(api.anna)
    root = api.db.value("select root_node_id from pgswarm.swarm")
    client = api.client(api.anna)
    for url in (f"{START}/{swarm_id}", f"{START}/{swarm_id}/nodes/{root}"):
        first = await client.get(url)
        again = await client.get(url, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    tags = [(await client.get(f"{START}/{swarm_id}")).headers["etag"]]
    await client.post(f"{START}/{swarm_id}/pause")
    changed = await client.get(f"{START}/{swarm_id}", headers={"If-None-Match": tags[0]})
    assert (changed.status_code, changed.json()["status"]) == (200, "paused")


async def test_blueprint_is_named_and_its_newest_version_stood_upon_the_callers_own_first(api: Api) -> None:
    make = "select pgswarm.create_blueprint('careful', owner => %(owner)s)"
    for owner in (None, None, api.anna.account_id, api.ben.account_id):
        api.db.run(make, owner=owner)
    seen = {}
    for account in (api.anna, api.root):
        client = api.client(account)
        made = await client.post(START, json={**GOOD, "blueprint": "careful"})
        assert made.status_code == 201, made.text
        swarm = (await client.get(f"{START}/{made.json()['swarm_id']}")).json()
        assert swarm["blueprint"]["blueprint_id"] == swarm["blueprint_id"]
        seen[account.username] = (swarm["blueprint"]["version"], swarm["blueprint"]["newest_version"])
    assert seen == {"anna": (1, 1), "root": (2, 2)}  # ben's is nobody else's
    api.db.run(make, owner=None)
    assert (await client.get(f"{START}/{made.json()['swarm_id']}")).json()["blueprint"]["newest_version"] == 3
    plain = (await client.get(f"{START}/{api.swarm(api.root)}")).json()
    assert plain["blueprint"] is None
