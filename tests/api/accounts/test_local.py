"""The local account of `pgswarm up`, and the API under the rights that it really has."""

from uuid import uuid4

import pytest

from pgswarm.api.accounts.local import ensure_local_account, is_loopback
from support.api import Api, problem
from support.database import Database


async def test_local_account_is_an_admin_made_once(api: Api, db: Database) -> None:
    tokens = [ensure_local_account(db.url) for _ in range(3)]
    assert None not in tokens
    assert len(set(tokens)) == 3
    started = api.swarm(None)  # nobody's, as those of `pgswarm run`
    client = api.client(headers={"Authorization": f"Bearer {tokens[-1]}"})
    assert (await client.get("/v1/auth/me")).json()["role"] == "admin"
    assert (await client.get(f"/v1/swarms/{started}")).status_code == 200
    assert db.value("select count(*) from pgswarm.account") == 1


async def test_only_the_newest_token_of_this_machine_holds(api: Api, db: Database) -> None:
    first = ensure_local_account(db.url)
    program = {"Authorization": f"Bearer {first}"}
    made = (await api.client(headers=program).post("/v1/auth/tokens", json={"label": "nightly"})).json()
    newest = ensure_local_account(db.url)
    problem(await api.client(headers=program).get("/v1/auth/me"), 401)
    for token in (newest, made["access_token"]):  # those that somebody made of it stay
        assert (await api.client(headers={"Authorization": f"Bearer {token}"}).get("/v1/auth/me")).status_code == 200
    assert db.value("select count(*) from pgswarm.api_token where label = 'pgswarm up' and revoked_at is null") == 1


async def test_nobody_who_took_the_name_becomes_the_local_account(api: Api, db: Database) -> None:
    await api.client().post("/v1/auth/signup", json={"username": "Local", "password": "a long sentence"})
    assert ensure_local_account(db.url) is None


def test_local_account_that_was_disabled_stays_so(db: Database) -> None:
    assert ensure_local_account(db.url)
    db.run("select pgswarm.set_account(account_id => account_id, disabled => true) from pgswarm.account")
    assert ensure_local_account(db.url) is None


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("::", False),
     ("10.0.0.1", False), ("example.test", False)],
)  # fmt: skip
def test_only_this_machine_is_local(host: str, *, local: bool) -> None:
    assert is_loopback(host) is local


async def test_account_that_has_only_the_apis_role_serves_everything(db: Database) -> None:
    name, password = f"pgswarm_test_{uuid4().hex[:12]}", "of a test"
    db.run(f"create role {name} login password '{password}'")
    db.run(f"grant pgswarm_api to {name}")
    try:
        host = db.url.partition("://")[2].rpartition("@")[2]
        url = f"postgresql://{name}:{password.replace(' ', '%20')}@{host}"
        async with Api(db, database_url=url).running() as api:
            await api.client().post("/v1/auth/signup", json={"username": "mina", "password": "a long sentence"})
            login = {"username": "mina", "password": "a long sentence"}
            token = (await api.client().post("/v1/auth/login", json=login)).json()["access_token"]
            mina = api.client(headers={"Authorization": f"Bearer {token}"})
            made = await mina.post(
                "/v1/swarms", json={"goal": "x", "action": "test/work"}, headers={"Idempotency-Key": "k"}
            )
            assert made.status_code == 201, made.text
            swarm_id = made.json()["swarm_id"]
            assert (await mina.get(f"/v1/swarms/{swarm_id}")).status_code == 200
            assert (await mina.post(f"/v1/swarms/{swarm_id}/pause")).status_code == 200
            assert len((await mina.get("/v1/swarms")).json()["items"]) == 1
            problem(await api.client(api.ben).get(f"/v1/swarms/{swarm_id}"), 404)
            assert (await api.client().get("/readyz")).status_code == 200
            assert "pgswarm_swarms_paused 1.0" in (await api.client().get("/metrics")).text
    finally:
        db.run(f"drop role {name}")


async def test_api_whose_account_lacks_the_role_says_so(db: Database) -> None:
    name = f"pgswarm_test_{uuid4().hex[:12]}"
    db.run(f"create role {name} login password 'x'")
    try:
        host = db.url.partition("://")[2].rpartition("@")[2]
        async with Api(db, database_url=f"postgresql://{name}:x@{host}").running() as api:
            refused = await api.client().get("/readyz")
            assert "pgswarm_api" in problem(refused, 503, "misconfigured")["remedy"]
            assert "retry-after" not in refused.headers  # no wait helps
    finally:
        db.run(f"drop role {name}")
