"""The routes of spaces, of search, of blueprints and of workers."""

import uuid
from typing import Any

from support.api import Account, Api, problem

TEXT = "The tenant shall pay the rent on the first day of the month."


def _entry(api: Api, owner: Account | None, name: str, content: bytes = TEXT.encode()) -> tuple[uuid.UUID, uuid.UUID]:
    swarm_id = api.swarm(owner)
    entry_id = api.db.value(
        "select pgswarm.save_entry(swarm_id => %(s)s, node_id => null, name => %(name)s, kind => 'text',"
        " description => 'it', folder => 'contracts', content => %(content)s)",
        s=swarm_id, name=name, content=content,
    )  # fmt: skip
    return swarm_id, entry_id


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
    for number in range(3):
        api.db.run(
            "insert into pgswarm.space_entry (entry_id, owner_id, space, path, name, kind, created_at, updated_at)"
            " values (%(id)s, %(owner)s, 'action', %(path)s, 'x', 'action', now(), now())",
            id=uuid.uuid4(), owner=api.anna.account_id, path=f"made/{number}",
        )  # fmt: skip
    built_in = [row["action_id"] for row in api.db.rows("select action_id from pgswarm.action order by 1")]
    found = [entry["path"] for entry in await _pages(api, "/v1/spaces/action")]
    assert found[: len(built_in)] == built_in
    assert sorted(found[len(built_in) :]) == ["made/0", "made/1", "made/2"]
    assert [entry["path"] for entry in await _pages(api, "/v1/spaces/action", folder="other/")] == ["other/work"]


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
