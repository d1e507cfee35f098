"""Actions that swarms made, over HTTP: listed, what one touched, revoked, run again."""

from typing import Any
from uuid import UUID

from support.api import Api, problem
from support.created import SHOUT, bad_version
from support.verbs import Kid, pause, spawn, swarm

BAD = {"action_id": SHOUT, "version": 1}


async def test_what_a_version_touched_is_listed_by_pages(api: Api) -> None:
    swarm_id = bad_version(api)
    client = api.client(api.anna)
    found: list[Any] = []
    asked = {"action": SHOUT, "version": 1, "limit": 1}
    while asked:
        page = (await client.get(f"/v1/swarms/{swarm_id}/actions/touched", params=asked)).json()
        found += page["items"]
        asked = {**asked, "cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert [(node["how"], node["action"], node["entries"]) for node in found] == [
        ("informed", "test/work", [SHOUT]),
        ("ran", SHOUT, ["notes", "notes/wrong.md"]),
    ]


async def test_version_is_revoked_by_its_owner_with_a_reason_and_for_everybody_by_an_administrator(api: Api) -> None:
    swarm_id = bad_version(api)
    path = f"/v1/swarms/{swarm_id}/actions/revoke"
    anna, root = api.client(api.anna), api.client(api.root)
    problem(await anna.post(path, json={**BAD, "why": " "}), 422, "invalid-input", "why")
    problem(await anna.post(path, json={**BAD, "why": "wrong", "version": 3}), 404, "not-found", "action_id")
    problem(await anna.post(path, json={**BAD, "why": "wrong", "everybody": True}), 403)
    problem(await api.client(api.ben).post(path, json={**BAD, "why": "wrong"}), 404, "not-found", "swarm_id")
    assert [(await anna.post(path, json={**BAD, "why": "wrong"})).json()["changed"] for _ in range(2)] == [True, False]
    assert (await root.post(path, json={**BAD, "why": "wrong", "everybody": True})).json()["changed"]
    rows = api.db.rows("select owner_id, revoked_by from pgswarm.revoked_action order by owner_id nulls last")
    assert [row["owner_id"] for row in rows] == [api.anna.account_id, None]
    assert [row["revoked_by"] for row in rows] == [str(api.anna.account_id), str(api.root.account_id)]


async def test_what_was_paused_runs_again_in_a_fork_that_is_paused(api: Api) -> None:
    swarm_id = bad_version(api)
    root = api.claim(swarm_id)
    api.worker.does(spawn(root, Kid(directive="later")))
    pause(api.db.conn, swarm_id)
    path = f"/v1/swarms/{swarm_id}/actions/rerun"
    problem(await api.client(api.ben).post(path, json=BAD), 404, "not-found", "swarm_id")
    made = await api.client(api.anna).post(path, json=BAD)
    assert (made.status_code, made.json()["status"], made.json()["in_place"]) == (201, "paused", False)
    assert swarm(api.db.conn, UUID(made.json()["swarm_id"]))["paused_reason"] == "user"
    newest = await api.client(api.anna).post(path, json={**BAD, "version": 2})
    assert problem(newest, 409, "conflict")["field"] == "action_id"  # nobody ran it
