"""What holds for every request, whatever its route."""

import html

import pytest

from support.api import Api, problem
from support.database import Database


async def test_the_process_says_that_it_lives_and_the_database_that_it_is_ready(api: Api) -> None:
    client = api.client()
    assert (await client.get("/healthz")).json()["status"] == "ok"
    assert (await client.get("/readyz")).status_code == 200


async def test_a_request_id_is_kept_where_it_is_sane_and_made_where_it_is_not(api: Api) -> None:
    client = api.client()
    kept = await client.get("/healthz", headers={"X-Request-Id": "order-1"})
    assert kept.headers["x-request-id"] == "order-1"
    made = await client.get("/healthz", headers={"X-Request-Id": "<script>"})
    assert len(made.headers["x-request-id"]) == 36


async def test_an_unknown_path_and_a_wrong_method_are_problems(api: Api) -> None:
    client = api.client()
    problem(await client.get("/nothing"), 404, "no-such-path")
    refused = await client.post("/healthz")
    problem(refused, 405)
    assert refused.headers["allow"] == "GET"


@pytest.mark.parametrize("state", ["running", "waiting_user", "awaiting_children", "succeeded", "failed", "paused"])
def test_a_swarm_of_the_tests_is_in_the_state_that_was_asked_for(api: Api, state: str) -> None:
    swarm_id = api.swarm(api.anna, state)
    row = api.db.row("select status, outcome from pgswarm.swarm where swarm_id = %(s)s", s=swarm_id)
    root = api.db.row(
        "select status, outcome from pgswarm.node where swarm_id = %(s)s and parent_id is null", s=swarm_id
    )
    assert state in {row["status"], row["outcome"], root["status"], root["outcome"]}


async def test_the_documentation_is_one_page_that_loads_nothing_and_names_every_operation(api: Api) -> None:
    client = api.client()
    document = (await client.get("/openapi.json")).json()
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "'sha256-" in page.headers["content-security-policy"]
    assert not any(sign in page.text for sign in ("<script", "src=", "http://", "https://cdn", "style="))
    for path, operations in document["paths"].items():
        assert f"<code>{path}</code>" in page.text
        assert all(operation["summary"] in html.unescape(page.text) for operation in operations.values())


async def test_every_answer_carries_the_headers_of_security(api: Api) -> None:
    client = api.client()
    for url in ("/healthz", "/docs", "/nothing", "/v1/swarms"):
        headers = (await client.get(url)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers


async def test_a_page_whose_name_was_made_to_lead_here_gets_nothing(db: Database) -> None:
    async with Api(db, allowed_hosts=None).running() as local:
        signup = {"username": "mallory", "password": "correct horse battery"}
        refused = await local.client().post("/v1/auth/signup", json=signup, headers={"Host": "evil.example"})
        problem(refused, 400, "wrong-host", "Host")
        assert db.value("select count(*) from pgswarm.account") == 0
        assert (await local.client().get("/healthz", headers={"Host": "localhost:8000"})).status_code == 200
