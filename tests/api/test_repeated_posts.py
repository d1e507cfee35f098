"""Every POST that creates is sent twice with one `Idempotency-Key`: found by walking the OpenAPI, not a list."""

import asyncio
import secrets
from typing import Any

import pytest

from support.api import Api, problem
from support.created import bad_version
from support.verbs import fail
from support.walk import OPERATIONS, Operation, ids_of

KEY = "Idempotency-Key"
SIGNUP, TOKENS = "/v1/auth/signup", "/v1/auth/tokens"
MINA = {"username": "mina", "password": "a long sentence"}
NEW_ADDRESS = (
    "POST /v1/questions/{question_id}/links"  # the same link under a new address: none is kept to be shown again
)
TABLES = ("swarm", "event", "message", "conversation", "upload", "api_token", "account", "answer_link")
COUNT = "select count(*) from pgswarm.{}"

keyed = [operation for operation in OPERATIONS if KEY in operation.parameters("header")]


def test_every_post_that_creates_takes_a_key() -> None:
    creating = {str(operation) for operation in OPERATIONS if operation.method == "post" and 201 in operation.statuses}
    assert creating
    assert creating <= {str(operation) for operation in keyed}


@pytest.mark.parametrize("operation", keyed, ids=str)
async def test_what_is_sent_twice_with_one_key_is_done_once(api: Api, operation: Operation) -> None:
    ids = {
        **ids_of(api, api.anna),
        **(NEEDS[rest](api) if (rest := operation.path.rsplit("/", 1)[-1]) in NEEDS else {}),
    }
    body = b'{"at_seq": 2}' if operation.path.endswith("/fork") else None
    client = api.client(api.anna, {KEY: secrets.token_hex(8)})
    first = await operation.call(client, ids, body=body)
    assert first.status_code in {200, 201}, first.text
    rows = _rows(api)
    again = await operation.call(client, ids, body=body)
    assert again.status_code == first.status_code
    assert _rows(api) == rows
    if str(operation) == NEW_ADDRESS:
        assert again.json()["link_id"] == first.json()["link_id"]
    else:
        assert again.content == first.content
        assert again.headers["Idempotency-Replayed"] == "true"


async def test_a_token_is_said_again_and_kept_nowhere(api: Api) -> None:
    client = api.client(api.anna, {KEY: "nightly"})
    answers = await asyncio.gather(*(client.post(TOKENS, json={"label": "nightly"}) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    token = answers[0].json()["access_token"]
    assert (await api.client(headers={"Authorization": f"Bearer {token}"}).get("/v1/auth/me")).status_code == 200
    assert api.db.value("select count(*) from pgswarm.api_token where label = 'nightly'") == 1
    assert token not in api.db.value("select response from pgswarm.api_request")
    problem(await client.post(TOKENS, json={"label": "another"}), 409, "conflict", KEY)


async def test_a_token_is_said_again_to_the_token_that_asked_for_it_only(api: Api) -> None:
    first = await api.client(api.anna, {KEY: "nightly"}).post(TOKENS, json={})
    other = api.client(headers={"Authorization": f"Bearer {api.token(api.anna.account_id)}", KEY: "nightly"})
    refused = problem(await other.post(TOKENS, json={}), 409, "conflict", KEY)
    assert first.json()["access_token"] not in str(refused)


async def test_the_same_key_of_two_askers_never_makes_the_same_token(api: Api) -> None:
    made = {
        (await api.client(account, {KEY: key}).post(TOKENS, json={})).json()["access_token"]
        for account in (api.anna, api.ben)
        for key in ("one", "two")
    }
    assert len(made) == 4


async def test_signup_sent_again_is_the_same_account(api: Api) -> None:
    client = api.client(headers={KEY: "first"})
    answers = await asyncio.gather(*(client.post(SIGNUP, json=MINA) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    assert len({answer.content for answer in answers}) == 1
    assert api.db.value("select count(*) from pgswarm.account where username = 'mina'") == 1
    kept: Any = api.db.rows("select request_hash, response from pgswarm.api_request")
    assert "sentence" not in str(kept)


async def test_who_does_not_know_the_password_is_told_that_the_name_is_taken(api: Api) -> None:
    await api.client(headers={KEY: "first"}).post(SIGNUP, json=MINA)
    wrong = api.client(headers={KEY: "first"})
    api.db.clock.freeze()
    for _ in range(5):
        problem(await wrong.post(SIGNUP, json={**MINA, "password": "some other one"}), 409, "conflict", "username")
    problem(await wrong.post(SIGNUP, json=MINA), 429, "too-many-logins")  # a signup is no way to guess
    for other in ({}, {KEY: "second"}):
        assert (await api.client(headers=other).post(SIGNUP, json=MINA)).status_code in {409, 429}


async def test_a_login_says_that_it_takes_no_key(api: Api) -> None:
    refused = await api.client(headers={KEY: "first"}).post("/v1/auth/login", json=MINA)
    problem(refused, 422, "invalid-input", KEY)


def _failed_child(api: Api) -> dict[str, Any]:
    """Return the ids of a node that may be retried: its parent waits for another."""
    swarm_id = api.swarm(api.anna, "awaiting_children")
    run = api.claim(swarm_id)
    api.worker.does(fail(run))
    return {"swarm_id": swarm_id, "node_id": run.node_id}


def _bad_version(api: Api) -> dict[str, Any]:
    """Return the id of a swarm in which a version of an action did something, and a better one is there."""
    return {"swarm_id": bad_version(api, "count_words")}


NEEDS = {"retry": _failed_child, "rerun": _bad_version}
"""What some routes need beside the ids: by the end of the path."""


def _rows(api: Api) -> dict[str, Any]:
    return {table: api.db.value(COUNT.format(table)) for table in TABLES}
