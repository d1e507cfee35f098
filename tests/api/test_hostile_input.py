"""What must not get in, and must not break anything: 4xx, the field by its name, nothing written."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import pytest

from support.api import Api, problem
from support.database import Database
from support.serving import Serving, serving

START = "/v1/swarms"
GOOD = {"goal": "a goal", "action": "test/work"}


def _bodies() -> list[Any]:
    long_number = '{"goal": "x", "action": "test/work", "priority": ' + "9" * 5000 + "}"
    args = '{"goal": "x", "action": "test/work", "args": %s}'
    return [
        pytest.param('{"goal": "a\\u0000b", "action": "test/work"}', 422, "goal", id="NUL"),
        pytest.param('{"goal": "a\\ud800b", "action": "test/work"}', 422, "goal", id="surrogate"),
        pytest.param(args % '{"a": {"b": ["\\u0000"]}}', 422, "args.a.b[0]", id="NUL inside"),
        pytest.param(args % '{"\\u0000": 1}', 422, "args", id="NUL in a key"),
        pytest.param(args % ("[" * 10_000 + "]" * 10_000), 422, "body", id="deep"),
        pytest.param(args % ('{"a":' * 10_000 + "1" + "}" * 10_000), 422, "body", id="deep objects"),
        pytest.param("[" * 1_000_000, 422, "body", id="only brackets"),
        pytest.param('"' + "[" * 100_000 + '"', 422, "body", id="brackets in a string"),
        pytest.param(args % '{"n": NaN}', 422, "body", id="NaN"),
        pytest.param(args % '{"n": -Infinity}', 422, "body", id="Infinity"),
        pytest.param(args % '{"n": 1e999}', 422, "body", id="a float that is too large"),
        pytest.param(long_number, 400, "body", id="an endless number"),
        pytest.param('{"goal": "", "action": "test/work"}', 422, "goal", id="empty"),
        pytest.param('{"goal": " \\n\\t", "action": "test/work"}', 422, "goal", id="blank"),
        pytest.param('{"goal": 7, "action": "test/work"}', 422, "goal", id="not text"),
        pytest.param(json.dumps({**GOOD, "goal": "x" * 100_001}), 422, "goal", id="too long"),
        pytest.param(json.dumps({**GOOD, "goal": "ü" * 60_000}), 422, "goal", id="too many bytes"),
        pytest.param(json.dumps({**GOOD, "action": "no/such"}), 422, "action", id="unknown action"),
        pytest.param(json.dumps({**GOOD, "args": []}), 422, "args", id="args"),
        pytest.param(json.dumps({**GOOD, "budget": {"nodes": 0}}), 422, "budget.nodes", id="budget"),
        pytest.param(json.dumps({**GOOD, "budget": {"nodes": 10**30}}), 422, "budget.nodes", id="huge"),
        pytest.param(json.dumps({**GOOD, "budget": {"apples": 3}}), 422, "budget.apples", id="unknown limit"),
        pytest.param(json.dumps({**GOOD, "memo": 0}), 422, "memo", id="a number for a yes or no"),
        pytest.param(json.dumps({**GOOD, "priority": False}), 422, "priority", id="a no for a number"),
        pytest.param(json.dumps({**GOOD, "budget": {"cost_usd": "2"}}), 422, "budget.cost_usd", id="a text for one"),
        pytest.param(json.dumps({**GOOD, "share": 0}), 422, "share", id="share"),
        pytest.param(json.dumps({**GOOD, "approve": "maybe"}), 422, "approve", id="approve"),
        pytest.param(json.dumps({**GOOD, "owner": "me"}), 422, "owner", id="unknown field"),
        pytest.param(json.dumps({**GOOD, "files": ["x"]}), 422, "files.0", id="files"),
        pytest.param(json.dumps({**GOOD, "blueprint": " "}), 422, "blueprint", id="blueprint"),
        pytest.param("{'goal': 1}", 400, "body", id="no JSON"),
    ]


@pytest.mark.parametrize(("body", "status", "field"), _bodies())
async def test_a_bad_start_is_refused_by_the_field_and_starts_nothing(
    api: Api, body: str, status: int, field: str
) -> None:
    client = api.client(api.anna, {"Content-Type": "application/json"})
    refused = problem(await client.post(START, content=body.encode()), status, field=field)
    assert refused["detail"]
    assert api.db.value("select count(*) from pgswarm.swarm") == 0


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("/v1/swarms?status=%00", "status"),
        ("/v1/swarms?cursor=%00", "cursor"),
        ("/v1/swarms?%00=1", "query"),
        ("/v1/swarms?cursor=AAAA", "cursor"),
        ("/v1/swarms?cursor=WzEsMl0", "cursor"),
        ("/v1/swarms?cursor=WyJcdTAwMDAiXQ", "cursor"),
        ("/v1/swarms?limit=0", "limit"),
        ("/v1/swarms?limit=99999999999999999999999", "limit"),
        ("/v1/swarms?colour=red", "colour"),
        ("/v1/swarms/%00", "path"),
        ("/v1/spaces/memory?folder=%00", "folder"),
        ("/v1/spaces/secrets", "space"),
        ("/v1/spaces/memory?cursor=WzAsICJtZSJd", "cursor"),
    ],
)
async def test_a_bad_parameter_is_refused_by_its_name(api: Api, url: str, field: str) -> None:
    problem(await api.client(api.anna).get(url), 422, field=field)


async def test_a_query_that_is_not_utf8_is_refused(api: Api) -> None:
    problem(await api.client(api.anna).get("/v1/swarms?status=%ff"), 400, "malformed-request", "query")


async def test_a_key_that_cannot_be_one_is_refused(api: Api) -> None:
    for key in ("", "a b", "k" * 201, "\u00fc"):
        refused = await api.client(api.anna).post(START, json=GOOD, headers={"Idempotency-Key": key.encode()})
        problem(refused, 422, field="Idempotency-Key")


async def test_sql_and_html_are_only_text(api: Api) -> None:
    goal = "'; drop table pgswarm.swarm; -- <script>alert(1)</script> %s %(x)s \\ {}"
    client = api.client(api.anna)
    made = (await client.post(START, json={**GOOD, "goal": goal})).json()
    assert (await client.get(f"/v1/swarms/{made['swarm_id']}")).json()["goal"] == goal


async def test_json_that_is_not_said_to_be_json_is_not_taken(api: Api) -> None:
    body = json.dumps(GOOD).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        refused = await api.client(api.anna).post(START, content=body, headers={"Content-Type": kind})
        assert refused.status_code in {400, 415, 422}, refused.text
        problem(refused, refused.status_code)


@pytest.fixture
def served(db: Database) -> Iterator[tuple[Api, Serving]]:
    api = Api(db)
    with serving(db.url) as found:
        yield api, found


def test_a_hundred_megabytes_are_refused_and_the_api_lives_on(served: tuple[Api, Serving]) -> None:
    api, found = served
    piece = b"x" * 1_000_000

    def pieces() -> Iterator[bytes]:
        yield b'{"goal": "'
        for _ in range(100):
            yield piece

    with httpx.Client(base_url=found.url, headers=api.anna.headers, timeout=60) as client:
        kind = {"Content-Type": "application/json"}
        told = client.post(START, content=b'{"goal": "' + piece * 100, headers=kind)
        problem(told, 413, "too-large", "body")
        problem(client.post(START, content=pieces(), headers=kind), 413, "too-large", "body")
        assert client.get("/healthz").status_code == 200
        assert client.post(START, json=GOOD).status_code == 201
