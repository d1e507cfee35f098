"""`POST /v1/memory/import`: an import is a swarm of the caller's, with what it is to take in."""

import uuid
from typing import Any

from support.api import Api, problem
from support.processors import register_actions


async def test_an_import_is_a_swarm_that_knows_addresses_files_and_whose_memory_it_is(api: Api) -> None:
    register_actions(api.db)
    client = api.client(api.anna)
    sent = await client.post("/v1/uploads", files={"file": ("lease.txt", b"The rent is 900.")})
    (upload,) = sent.json()["items"]
    other = api.swarm(api.anna)
    body: dict[str, Any] = {
        "sources": ["https://example.org/a"], "files": [upload["upload_id"]], "into": "references",
        "swarm_id": str(other), "budget": {"tokens": 1000},
    }  # fmt: skip
    headers = {"Idempotency-Key": "once"}
    made = await client.post("/v1/memory/import", json=body, headers=headers)
    assert made.status_code == 201, made.text
    assert (await client.post("/v1/memory/import", json=body, headers=headers)).json() == made.json()
    (row,) = api.db.rows(
        "select n.action, n.args, s.max_tokens, s.owner_id from pgswarm.node n join pgswarm.swarm s using (swarm_id)"
        " where swarm_id = %(id)s", id=made.json()["swarm_id"],
    )  # fmt: skip
    assert (row["action"], row["max_tokens"], row["owner_id"]) == ("memory/import", 1000, api.anna.account_id)
    assert row["args"] == {
        "sources": ["https://example.org/a"], "uploads": [upload["upload_id"]], "into": "references",
        "swarm_id": str(other),
    }  # fmt: skip
    attached = "select count(*) from pgswarm.space_entry where swarm_id = %(id)s"
    assert api.db.value(attached, id=made.json()["swarm_id"]) == 0
    twin = (await client.post("/v1/uploads", files={"file": ("lease.txt", b"Another.")})).json()["items"][0]
    refused = await client.post("/v1/memory/import", json={"files": [upload["upload_id"], twin["upload_id"]]})
    problem(refused, 422, field="files")


async def test_nothing_is_imported_from_or_into_what_is_anothers(api: Api) -> None:
    client = api.client(api.anna)
    theirs = api.swarm(api.ben)
    sent = await api.client(api.ben).post("/v1/uploads", files={"file": ("secret.txt", b"x")})
    upload = sent.json()["items"][0]["upload_id"]
    for body, status, field in (
        ({"sources": ["https://example.org/"], "swarm_id": str(theirs)}, 404, "swarm_id"),
        ({"files": [upload]}, 404, "files"),
        ({"files": [str(uuid.uuid4())]}, 404, "files"),
        ({"into": "references"}, 422, None),
    ):
        refused = await client.post("/v1/memory/import", json=body)
        assert refused.status_code == status, refused.text
        if field is not None:
            problem(refused, status, field=field)
