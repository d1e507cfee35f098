"""The routes of spaces, of search, of blueprints and of workers."""

import json
import uuid
from typing import Any

from psycopg.types.json import Jsonb

from support.api import Account, Api, problem
from support.created import make

TEXT = "The tenant shall pay the rent on the first day of the month."


def _entry(api: Api, owner: Account | None, name: str, content: bytes = TEXT.encode()) -> tuple[uuid.UUID, uuid.UUID]:
    swarm_id = api.swarm(owner)
    return swarm_id, _save(api, swarm_id, name, content)


def _save(api: Api, swarm_id: uuid.UUID, name: str, content: bytes = b"some text") -> uuid.UUID:
    found: uuid.UUID = api.db.value(
        "select pgswarm.save_entry(swarm_id => %(s)s, node_id => null, name => %(name)s, kind => 'text',"
        " description => 'it', folder => 'contracts', content => %(content)s)",
        s=swarm_id, name=name, content=content,
    )  # fmt: skip
    return found


async def _pages(api: Api, url: str, **params: Any) -> list[dict[str, Any]]:
    client = api.client(api.anna)
    found: list[dict[str, Any]] = []
    while True:
        answer = await client.get(url, params={"limit": 2, **params})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next_cursor"] is None:
            return found
        params["cursor"] = answer.json()["next_cursor"]


async def test_the_space_of_actions_holds_what_processors_bring_and_what_was_filed(api: Api) -> None:
    swarm_id = api.swarm(api.anna)
    for number in range(3):
        api.db.run(
            "select pgswarm.save_entry(swarm_id => %(s)s, node_id => null, name => %(name)s, kind => 'action',"
            " description => '', folder => 'made', content => 'code', space => 'action', fields => %(fields)s)",
            s=swarm_id, name=str(number),
            fields=Jsonb({"action_id": f"made/{number}", "input_schema": {}, "source": "created"}),
        )  # fmt: skip
    built_in = {row["action_id"] for row in api.db.rows("select action_id from pgswarm.action")}
    found = [entry["path"] for entry in await _pages(api, "/v1/spaces/action")]
    assert len(found) == len(set(found))
    assert set(found) == built_in | {"made/0", "made/1", "made/2"}
    assert [entry["path"] for entry in await _pages(api, "/v1/spaces/action", folder="other/")] == ["other/work"]
    top = await _pages(api, "/v1/spaces/action/level", swarm_id=str(swarm_id))
    assert [(e["name"], e["layer"], e["below"]) for e in top if e["name"] in {"made", "other"}] == [
        ("made", "swarm", 3),
        ("other", "built_in", 1),
    ]


async def test_a_memory_is_its_owners(api: Api) -> None:
    mine, _ = _entry(api, api.anna, "mine.txt")
    _entry(api, api.ben, "bens.txt")
    _entry(api, None, "nobodys.txt")
    assert [entry["name"] for entry in await _pages(api, "/v1/spaces/memory")] == ["mine.txt"]
    assert [entry["path"] for entry in await _pages(api, "/v1/spaces/memory", swarm_id=str(mine))] == [
        "contracts/mine.txt"
    ]
    assert await _pages(api, "/v1/spaces/memory", folder="elsewhere/") == []
    assert await _pages(api, "/v1/spaces/util") == []


async def test_what_an_entry_holds_is_handed_out_as_a_file_to_the_byte(api: Api) -> None:
    content = bytes(range(256))
    _, entry_id = _entry(api, api.anna, "a <b> ü.html", content)
    client = api.client(api.anna)
    entry = (await client.get(f"/v1/spaces/memory/{entry_id}")).json()
    assert (entry["size"], entry["version"], entry["description"]) == (256, 1, "it")
    got = await client.get(f"/v1/spaces/memory/{entry_id}/content")
    assert got.content == content
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''a%20%3Cb%3E%20%C3%BC.html"
    assert got.headers["x-content-type-options"] == "nosniff"
    problem(await client.get(f"/v1/spaces/util/{entry_id}"), 404, field="entry_id")


async def test_memory_is_searched_by_words(api: Api) -> None:
    swarm_id, entry_id = _entry(api, api.anna, "contract.txt")
    client = api.client(api.anna)
    found = (await client.get("/v1/memory/search", params={"swarm_id": str(swarm_id), "query": "paying rent"})).json()
    assert [(p["entry_id"], p["content"], p["first_line"]) for p in found["items"]] == [(str(entry_id), TEXT, 1)]
    assert found["method"] == "full_text"
    none = await client.get("/v1/memory/search", params={"swarm_id": str(swarm_id), "query": "elephants"})
    assert none.json()["items"] == []


async def test_blueprints_are_the_callers_and_everybodys(api: Api) -> None:
    for owner in (api.anna, api.ben, None):
        api.db.run(
            "insert into pgswarm.blueprint (blueprint_id, owner_id, name) values (%(id)s, %(owner)s, %(name)s)",
            id=uuid.uuid4(), owner=owner and owner.account_id, name=owner.username if owner else "all",
        )  # fmt: skip
    assert sorted(found["name"] for found in await _pages(api, "/v1/blueprints")) == ["all", "anna"]


async def test_levels_of_a_tree_are_paged_and_lead_to_their_entries(api: Api) -> None:
    swarm_id, entry_id = _entry(api, api.anna, "mine.txt")
    for name in ("ü" * 255, "🦦" * 60, "a b.txt"):
        _save(api, swarm_id, name)
    asked = {"swarm_id": str(swarm_id)}
    top = await _pages(api, "/v1/spaces/memory/level", **asked)
    assert [(e["path"], e["layer"]) for e in top] == [
        ("contracts", "swarm"),
        *[(name, "built_in") for name in ("projects", "references", "swarm", "user")],
    ]
    (folder_id,) = (e["entry_id"] for e in top if e["below"])
    level = await _pages(api, "/v1/spaces/memory/level", **asked, folder_id=folder_id)
    assert level == await _pages(api, "/v1/spaces/memory/level", **asked, path="contracts")
    assert {e["name"] for e in level} == {"mine.txt", "a b.txt", "ü" * 255, "🦦" * 60}
    client = api.client(api.anna)
    steps = (await client.get(f"/v1/spaces/memory/{entry_id}/path")).json()["items"]
    assert [(s["path"], s["search"]) for s in steps] == [
        ("", "choice"), ("contracts", "choice"), ("contracts/mine.txt", "text"),
    ]  # fmt: skip
    unknown = await client.get("/v1/spaces/memory/level", params={**asked, "path": "no/such"})
    problem(unknown, 404, field="path")
    problem(await api.client(api.ben).get("/v1/spaces/memory/level", params=asked), 404, field="swarm_id")


async def test_entry_is_renamed_read_in_its_old_version_and_removed(api: Api) -> None:
    swarm_id, entry_id = _entry(api, api.anna, "mine.txt", b"old")
    _save(api, swarm_id, "mine.txt", b"new")
    client, url = api.client(api.anna), f"/v1/spaces/memory/{entry_id}"
    stale = await client.post(f"{url}/move", json={"name": "b.txt", "if_version": 1})
    problem(stale, 409, field="if_version")
    moved = await client.post(f"{url}/move", json={"name": "b.txt", "if_version": 2})
    assert moved.json() == {"entry_id": str(entry_id), "version": 3}
    assert (await client.get(url)).json()["path"] == "contracts/b.txt"
    assert (await client.get(f"{url}/content", params={"version": 1})).content == b"old"
    history = (await client.get(f"{url}/history")).json()["items"]
    assert [(v["version"], v["path"]) for v in history] == [
        (3, "contracts/b.txt"), (2, "contracts/mine.txt"), (1, "contracts/mine.txt"),
    ]  # fmt: skip
    assert history[0]["author"] == str(api.anna.account_id)
    problem(await client.post(f"{url}/merge", json={"into_id": str(entry_id)}), 409, field="into_id")
    assert (await client.post(f"{url}/remove")).json() == {"removed": 1}
    problem(await client.get(url), 404)
    (last, *_) = (await client.get(f"{url}/history", params={"swarm_id": str(swarm_id)})).json()["items"]
    assert last["removed_by"] == str(api.anna.account_id)
    assert (await client.get("/v1/spaces/memory/verify", params={"swarm_id": str(swarm_id)})).json() == {"items": []}


async def test_person_keeps_a_text_and_a_file_in_memory_and_nobody_undoes_it_unseen(api: Api) -> None:
    swarm_id, other = str(api.swarm(api.anna)), str(api.swarm(api.ben))
    client = api.client(api.anna)
    wanted = {"swarm_id": swarm_id, "folder": "projects/a", "name": "plan.md", "content": "Ship it.", "if_version": 0}
    made = await client.post("/v1/memory/entries", json=wanted)
    assert made.status_code == 201, made.text
    entry = made.json()
    assert (entry["path"], entry["kind"], entry["version"]) == ("projects/a/plan.md", "markdown", 1)
    problem(await client.post("/v1/memory/entries", json=wanted), 409, field="if_version")
    newer = {**wanted, "content": "Ship it later.", "if_version": 1, "description": "when"}
    again = (await client.post("/v1/memory/entries", json=newer)).json()
    assert (again["entry_id"], again["version"]) == (entry["entry_id"], 2)
    assert (await client.post("/v1/memory/entries", json=newer | {"if_version": 2})).json()["version"] == 2
    (event,) = api.db.rows(
        "select actor from pgswarm.event where swarm_id = %(s)s and kind = 'memory.saved' and data->>'version' = '2'",
        s=swarm_id,
    )
    assert event["actor"] == str(api.anna.account_id)
    picture = b"\x89PNG\r\n" + bytes(range(256))
    sent = await client.post("/v1/uploads", files={"file": ("a.png", picture)})
    (upload,) = sent.json()["items"]
    asked = {"swarm_id": swarm_id, "name": "map.png", "upload_id": upload["upload_id"], "parent_id": entry["parent_id"]}
    image = (await client.post("/v1/memory/entries", json=asked)).json()
    assert (image["path"], image["kind"]) == ("projects/a/map.png", "image")
    assert (await client.get(f"/v1/spaces/memory/{image['entry_id']}/content")).content == picture
    for wrong, status, field in (
        ({"swarm_id": other, "name": "a", "content": "x"}, 404, "swarm_id"),
        ({**asked, "content": "x"}, 422, "upload_id"),
        ({**asked, "upload_id": str(uuid.uuid4())}, 404, "upload_id"),
        ({**asked, "folder": "projects"}, 422, "folder"),
        ({"swarm_id": swarm_id, "name": "a"}, 422, "content"),
        ({"swarm_id": swarm_id, "name": "../a", "content": "x"}, 422, "name"),
        ({"swarm_id": swarm_id, "name": "a", "kind": "spell", "content": "x"}, 422, "kind"),
        ({"swarm_id": swarm_id, "name": "swarm", "content": "x"}, 409, "name"),
    ):
        problem(await client.post("/v1/memory/entries", json=wrong), status, field=field)


async def test_person_files_actions_and_utils_of_their_swarm_but_none_that_wants_a_review(api: Api) -> None:
    swarm_id, other = str(api.swarm(api.anna)), str(api.swarm(api.ben))
    client = api.client(api.anna)
    fields = {"action_id": "bench/noop", "input_schema": {"type": "object"}, "source": "custom"}
    action = {"swarm_id": swarm_id, "folder": "tools", "name": "rest", "description": "Rest.", "fields": fields}
    util = {"swarm_id": swarm_id, "name": "shout.py", "content": "def shout(): ...", "fields": {"language": "python"}}
    for space, wanted, path in (("action", action, "tools/rest"), ("util", util, "shout.py")):
        made = await client.post(f"/v1/{space}/entries", json=wanted | {"if_version": 0})
        assert made.status_code == 201, made.text
        assert (made.json()["space"], made.json()["path"]) == (space, path)
        problem(await client.post(f"/v1/{space}/entries", json=wanted | {"if_version": 0}), 409, field="if_version")
        problem(await client.post(f"/v1/{space}/entries", json=wanted | {"swarm_id": other}), 404, field="swarm_id")
        problem(await client.post(f"/v1/{space}/entries", json=wanted | {"kind": "text"}), 422, field="kind")
        problem(await client.post(f"/v1/{space}/entries", json=wanted | {"blueprint_id": swarm_id}), 422)
    made_up = fields | {"action_id": "created/rest", "source": "created", "approval": {"by": "me"}}
    refused = problem(await client.post("/v1/action/entries", json=action | {"fields": made_up}), 422, field="fields")
    assert "action/create" in refused["detail"] + str(refused)
    api.db.run("set role pgswarm_owner")
    api.db.run(
        "update pgswarm.space_entry set fields = fields || %(f)s where path = 'tools/rest'", f=json.dumps(made_up)
    )
    api.db.run("reset role")
    swapped = {"swarm_id": swarm_id, "folder": "tools", "name": "rest", "content": "other code"}
    problem(await client.post("/v1/action/entries", json=swapped), 422, field="fields")
    assert (await client.get("/v1/spaces/action/verify", params={"swarm_id": swarm_id})).status_code == 200


async def test_blueprint_is_made_whole_used_and_stood_upon(api: Api) -> None:
    swarm_id, entry_id = _entry(api, api.anna, "deal.txt")
    client = api.client(api.anna)
    made = await client.post("/v1/blueprints", json={
        "name": "careful", "settings": {"budget": {"nodes": 7}}, "keys": ["SEARCH_KEY"],
        "contribution": {"swarm_id": str(swarm_id), "entry_ids": [str(entry_id)]},
        "entries": [{"name": "style.md", "kind": "markdown", "folder": "references", "content": "Be brief."}],
    })  # fmt: skip
    assert made.status_code == 201, made.text
    first = made.json()
    assert (first["version"], first["used_at"]) == (1, None)
    started = await client.post("/v1/swarms", json={"goal": "x", "blueprint": first["blueprint_id"]})
    asked = {"swarm_id": started.json()["swarm_id"]}
    found = (await client.get("/v1/memory/search", params={**asked, "query": "brief rent"})).json()["items"]
    assert {p["path"] for p in found} == {"contracts/deal.txt", "references/style.md"}
    (shared,) = (p["entry_id"] for p in found if p["name"] == "deal.txt")
    problem(await client.post(f"/v1/spaces/memory/{shared}/remove"), 409, field="entry_id")
    assert (await client.get(f"/v1/spaces/memory/{shared}/content")).content == TEXT.encode()
    newer = await client.post(
        "/v1/blueprints", json={"name": "careful", "based_on": first["blueprint_id"], "leave_out": [shared]}
    )
    second = newer.json()
    assert (second["version"], second["keys"], second["base_ids"]) == (2, ["SEARCH_KEY"], [first["blueprint_id"]])
    of_second = {"blueprint_id": second["blueprint_id"]}
    level = await _pages(api, "/v1/spaces/memory/level", **of_second, path="contracts")
    assert level == []
    assert (await client.get("/v1/spaces/memory/verify", params=of_second)).json() == {"items": []}
    half = {
        "name": "half",
        "entries": [{"name": "a.md", "kind": "markdown", "content": "x"}, {"name": "b", "kind": "?"}],
    }
    problem(await client.post("/v1/blueprints", json=half), 422, field="kind")
    assert {b["name"] for b in await _pages(api, "/v1/blueprints")} == {"careful"}
    problem(await client.post("/v1/blueprints", json={"name": "x", "shared": True}), 403)
    problem(await api.client(api.ben).get(f"/v1/blueprints/{first['blueprint_id']}"), 404, field="blueprint_id")


async def test_action_that_a_swarm_made_comes_into_a_blueprint_only_as_it_was_reviewed(api: Api) -> None:
    swarm_id = api.swarm(api.anna)
    root = api.db.value("select root_node_id from pgswarm.swarm where swarm_id = %(id)s", id=swarm_id)
    make(api.db.conn, swarm_id, root, "shout", "print('one')")
    client = api.client(api.anna)
    (made,) = (await client.get("/v1/spaces/action", params={"swarm_id": str(swarm_id)})).json()["items"]
    reviewed = {"swarm_id": str(swarm_id), "action_id": "created/shout", "version": 1, "hash": made["fields"]["hash"]}
    other = {**reviewed, "hash": "0" * 64}
    problem(await client.post("/v1/blueprints", json={"name": "crew", "actions": [other]}), 409, field="hash")
    contribution = {"swarm_id": str(swarm_id), "entry_ids": [made["entry_id"]]}
    unseen = {"name": "crew", "contribution": contribution}
    problem(await client.post("/v1/blueprints", json=unseen), 422, field="entry_ids")
    answer = await client.post("/v1/blueprints", json={"name": "crew", "actions": [reviewed]})
    assert answer.status_code == 201, answer.text
    level = await _pages(api, "/v1/spaces/action/level", blueprint_id=answer.json()["blueprint_id"], path="created")
    assert [(each["name"], each["layer"]) for each in level] == [("shout", "blueprint")]
    assert level[0]["fields"]["approval"]["merged_by"] == str(api.anna.account_id)


async def test_workers_are_listed_and_their_hosts_told_to_administrators_only(api: Api) -> None:
    api.swarm(api.anna, "running")
    (seen,) = (await api.client(api.anna).get("/v1/workers")).json()["items"]
    assert (seen["alive"], seen["running"], seen["host"], seen["pid"]) == (True, 1, None, None)
    (seen,) = (await api.client(api.root).get("/v1/workers")).json()["items"]
    assert (seen["host"], seen["pid"]) == ("here", 1)
    api.worker.stop()
    assert (await api.client(api.anna).get("/v1/workers")).json()["items"] == []
    (ended,) = (await api.client(api.anna).get("/v1/workers", params={"all": "true"})).json()["items"]
    assert (ended["alive"], ended["running"]) == (False, 0)
