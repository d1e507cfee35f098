"""Signing up, logging in and out, by token and by cookie."""

import asyncio
import json
from typing import Any

import httpx2 as httpx
import pytest

from support.api import BASE_URL, Api, problem
from support.database import Database

PASSWORD = "a long sentence"  # noqa: S105 - of accounts that live as long as a test
MINA = {"username": "Mina", "password": PASSWORD}
OURS = {"Origin": BASE_URL}


async def enter(api: Api, who: dict[str, str] = MINA, **headers: str) -> httpx.AsyncClient:
    """Sign up and log in; the client holds the cookie."""
    client = api.client()
    assert (await client.post("/v1/auth/signup", json=who)).status_code == 201
    logged_in = await client.post("/v1/auth/login", json=who, headers=headers)
    assert logged_in.status_code == 200
    return client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_account_signs_up_logs_in_and_is_known(api: Api) -> None:
    client = api.client()
    made = await client.post("/v1/auth/signup", json=MINA)
    assert made.status_code == 201
    assert made.json()["role"] == "user"
    assert "password" not in made.text
    token = (await client.post("/v1/auth/login", json=MINA)).json()
    assert token.keys() == {"access_token", "token_type", "expires_at", "token_id"}
    assert token["expires_at"] > made.json()["created_at"]
    me = await api.client().get("/v1/auth/me", headers=bearer(token["access_token"]))
    assert me.json() == {
        "account_id": made.json()["account_id"],
        "username": "Mina",
        "role": "user",
        "token_id": token["token_id"],
    }


async def test_name_is_taken_whatever_its_capitals(api: Api) -> None:
    client = await enter(api)
    again = await client.post("/v1/auth/signup", json={"username": "mINA", "password": PASSWORD})
    problem(again, 409, "conflict", "username")
    assert (await client.post("/v1/auth/login", json={"username": "mina", "password": PASSWORD})).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "", "password": PASSWORD}, "username"),
        ({"username": " mina", "password": PASSWORD}, "username"),
        ({"username": "mi\nna", "password": PASSWORD}, "username"),
        ({"username": "x" * 201, "password": PASSWORD}, "username"),
        ({"username": "mi\0na", "password": PASSWORD}, "username"),
        ({"username": "mina", "password": "short"}, "password"),
        ({"username": "mina", "password": "x" * 1001}, "password"),
        ({"username": "mina", "password": "\ud800 12345678"}, "password"),
        ({"username": "mina", "password": PASSWORD, "role": "admin"}, "role"),
        ({"username": "mina"}, "password"),
        ({"username": 5, "password": PASSWORD}, "username"),
    ],
)
async def test_bad_signup_is_refused_by_the_fields_name(api: Api, body: dict[str, Any], field: str) -> None:
    content = json.dumps(body).encode()
    refused = await api.client().post("/v1/auth/signup", content=content, headers={"Content-Type": "application/json"})
    problem(refused, 422, field=field)
    assert api.db.value("select count(*) from pgswarm.account") == 0


async def test_signup_can_be_closed(db: Database) -> None:
    async with Api(db, closed_signup=True).running() as api:
        problem(await api.client().post("/v1/auth/signup", json=MINA), 403, "signup-closed")
    assert db.value("select count(*) from pgswarm.account") == 0


async def test_hundred_equal_signups_make_one_account(api: Api) -> None:
    client = api.client()
    answers = await asyncio.gather(*[client.post("/v1/auth/signup", json=MINA) for _ in range(20)])
    assert sorted({answer.status_code for answer in answers}) == [201, 409]
    assert [answer.status_code for answer in answers].count(201) == 1


async def test_unknown_name_and_wrong_password_are_answered_alike(api: Api) -> None:
    await enter(api)
    client = api.client()
    said = [
        problem(await client.post("/v1/auth/login", json={"username": name, "password": "wrong wrong"}), 401)
        for name in ("mina", "nobody")
    ]
    for document in said:
        document.pop("request_id")
    assert said[0] == said[1]


async def test_password_is_nowhere_in_the_database_nor_is_a_token(api: Api) -> None:
    client = await enter(api)
    token = client.cookies["pgswarm_token"]
    kept = api.db.row("select password_hash, a::text as account, t::text as token from pgswarm.account a"
                      " join pgswarm.api_token t using (account_id)")  # fmt: skip
    assert kept["password_hash"].startswith("$argon2id$")
    for text in (kept["account"], kept["token"]):
        assert PASSWORD not in text
        assert token not in text


async def test_disabled_account_is_let_in_nowhere(api: Api) -> None:
    client = await enter(api)
    api.db.run("select pgswarm.set_account(account_id => account_id, disabled => true) from pgswarm.account")
    problem(await client.get("/v1/auth/me"), 401)
    problem(await client.post("/v1/auth/login", json=MINA), 401, "wrong-credentials")


async def test_account_without_a_password_cannot_log_in_with_one(api: Api) -> None:
    assert api.anna
    problem(await api.client().post("/v1/auth/login", json={"username": "anna", "password": ""}), 401)


async def test_token_that_has_expired_is_refused(db: Database) -> None:
    async with Api(db, token_lifetime_s=60).running() as api:
        client = await enter(api)
        assert (await client.get("/v1/auth/me")).status_code == 200
        db.clock.advance(61)
        problem(await client.get("/v1/auth/me"), 401)


async def test_logout_ends_the_token_and_the_cookie(api: Api) -> None:
    client = await enter(api)
    token = client.cookies["pgswarm_token"]
    gone = await client.post("/v1/auth/logout", headers=OURS)
    assert gone.status_code == 204
    assert "pgswarm_token" not in client.cookies
    problem(await api.client().get("/v1/auth/me", headers=bearer(token)), 401)


async def test_cookie_is_hidden_from_scripts_and_stays_on_the_site(api: Api) -> None:
    client = api.client()
    await client.post("/v1/auth/signup", json=MINA)
    for base, secure in ((BASE_URL, False), (BASE_URL.replace("http:", "https:"), True)):
        set_cookie = (await client.post(f"{base}/v1/auth/login", json=MINA)).headers["set-cookie"].lower()
        assert "httponly" in set_cookie
        assert "samesite=lax" in set_cookie
        assert "path=/;" in set_cookie + ";"
        assert ("secure" in set_cookie) is secure


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": BASE_URL}, True),
        ({"X-Requested-With": "console"}, True),
        ({}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://evil.test"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": BASE_URL + ".evil.test"}, False),
        ({"Origin": "https://evil.test", "X-Requested-With": "console"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": BASE_URL}, False),
    ],
)
async def test_cookie_changes_things_only_from_a_page_of_ours(
    api: Api, headers: dict[str, str], *, allowed: bool
) -> None:
    client = await enter(api)
    answer = await client.post("/v1/auth/tokens", json={}, headers=headers)
    if allowed:
        assert answer.status_code == 201
    else:
        problem(answer, 403, "cross-site")
    assert (await client.get("/v1/auth/me", headers=headers)).status_code == 200  # reads change nothing


async def test_with_authorization_the_cookie_is_ignored_and_the_origin_not_asked(api: Api) -> None:
    client = await enter(api)
    evil = {"Origin": "https://evil.test"}
    made = await client.post("/v1/auth/tokens", json={}, headers={**evil, **api.anna.headers})
    assert made.status_code == 201
    me = await client.get("/v1/auth/me", headers=api.anna.headers)
    assert me.json()["username"] == "anna"
    for given in ("Bearer wrong", "Basic YTpi", "Bearer", ""):
        problem(await client.get("/v1/auth/me", headers={"Authorization": given}), 401)


@pytest.mark.parametrize("path", ["/v1/auth/login", "/v1/auth/signup"])
async def test_no_other_site_logs_a_browser_in(api: Api, path: str) -> None:
    refused = await api.client().post(path, json=MINA, headers={"Sec-Fetch-Site": "cross-site"})
    problem(refused, 403, "cross-site")
    assert "set-cookie" not in refused.headers


async def test_token_in_the_address_is_no_token(api: Api) -> None:
    for name in ("token", "access_token", "pgswarm_token"):
        refused = await api.client().get("/v1/auth/me", params={name: api.anna.token})
        assert refused.status_code in {401, 422}, refused.text
        assert api.anna.token not in refused.text
