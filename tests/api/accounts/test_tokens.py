"""An account's password and tokens, and what an admin may do to accounts."""

from uuid import uuid4

from support.api import Account, Api, problem

OLD, NEW = "the old sentence", "the new sentence"


async def grown(api: Api) -> Account:
    """An account with a password and a token."""
    made = await api.client().post("/v1/auth/signup", json={"username": "mina", "password": OLD})
    token = await api.client().post("/v1/auth/login", json={"username": "mina", "password": OLD})
    return Account(made.json()["account_id"], "mina", "user", token.json()["access_token"])


async def test_token_of_a_program_works_until_it_is_ended(api: Api) -> None:
    client = api.client(api.anna)
    made = await client.post("/v1/auth/tokens", json={"label": "nightly", "lifetime_s": 600})
    assert made.status_code == 201
    program = api.client(headers={"Authorization": f"Bearer {made.json()['access_token']}"})
    assert (await program.get("/v1/auth/me")).json()["username"] == "anna"
    listed = (await client.get("/v1/auth/tokens")).json()["items"]
    assert [token["label"] for token in listed] == ["nightly", ""]
    assert "access_token" not in str(listed)
    token_id = made.json()["token_id"]
    for _ in range(2):
        assert (await client.delete(f"/v1/auth/tokens/{token_id}")).status_code == 204
    problem(await program.get("/v1/auth/me"), 401)
    assert (await client.get("/v1/auth/tokens")).json()["items"][0]["revoked_at"]


async def test_pages_of_tokens_hold_each_once(api: Api) -> None:
    client = api.client(api.anna)
    for number in range(5):
        await client.post("/v1/auth/tokens", json={"label": str(number)})
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get("/v1/auth/tokens", params={"limit": 2, **cursor})).json()
        seen += [token["label"] for token in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == ["4", "3", "2", "1", "0", ""]


async def test_anothers_token_is_not_seen_and_cannot_be_ended(api: Api) -> None:
    made = (await api.client(api.anna).post("/v1/auth/tokens", json={})).json()
    ben = api.client(api.ben)
    problem(await ben.delete(f"/v1/auth/tokens/{made['token_id']}"), 404, field="token_id")
    problem(await ben.delete(f"/v1/auth/tokens/{uuid4()}"), 404, field="token_id")
    assert made["token_id"] not in (await ben.get("/v1/auth/tokens")).text


async def test_lifetime_is_bounded(api: Api) -> None:
    for lifetime_s in (0, -1, 1e9):
        refused = await api.client(api.anna).post("/v1/auth/tokens", json={"lifetime_s": lifetime_s})
        problem(refused, 422, field="lifetime_s")


async def test_new_password_takes_the_place_of_the_old_and_ends_every_other_token(api: Api) -> None:
    mina = await grown(api)
    other = await api.client().post("/v1/auth/login", json={"username": "mina", "password": OLD})
    client = api.client(mina)
    wrong = await client.post("/v1/auth/password", json={"current_password": NEW, "new_password": NEW})
    problem(wrong, 403, "wrong-password", "current_password")
    done = await client.post("/v1/auth/password", json={"current_password": OLD, "new_password": NEW})
    assert done.status_code == 204
    assert (await client.get("/v1/auth/me")).status_code == 200
    elsewhere = api.client(headers={"Authorization": f"Bearer {other.json()['access_token']}"})
    problem(await elsewhere.get("/v1/auth/me"), 401)
    problem(await api.client().post("/v1/auth/login", json={"username": "mina", "password": OLD}), 401)
    assert (await api.client().post("/v1/auth/login", json={"username": "mina", "password": NEW})).status_code == 200


async def test_guessing_ones_own_password_is_throttled(api: Api) -> None:
    mina = await grown(api)
    api.db.clock.freeze()
    client = api.client(mina)
    for _ in range(5):
        await client.post("/v1/auth/password", json={"current_password": NEW, "new_password": NEW})
    refused = await client.post("/v1/auth/password", json={"current_password": OLD, "new_password": NEW})
    problem(refused, 429, "too-many-logins")


async def test_password_is_the_same_however_it_was_composed(api: Api) -> None:
    composed, decomposed = "caf\u00e9 caf\u00e9", "cafe\u0301 cafe\u0301"
    await api.client().post("/v1/auth/signup", json={"username": "ren\u00e9", "password": composed})
    told = {"username": "rene\u0301", "password": decomposed}
    assert (await api.client().post("/v1/auth/login", json=told)).status_code == 200


async def test_admin_lists_all_accounts_and_a_user_its_own(api: Api) -> None:
    names = {account.username for account in (api.anna, api.ben, api.root)}
    listed = (await api.client(api.root).get("/v1/accounts")).json()["items"]
    assert {account["username"] for account in listed} == names
    own = (await api.client(api.anna).get("/v1/accounts")).json()["items"]
    assert [account["username"] for account in own] == ["anna"]


async def test_admin_disables_an_account_and_gives_it_another_role(api: Api) -> None:
    root, ben = api.client(api.root), api.client(api.ben)
    path = f"/v1/accounts/{api.ben.account_id}"
    assert (await root.patch(path, json={"role": "admin"})).json()["role"] == "admin"
    assert len((await ben.get("/v1/accounts")).json()["items"]) == 2
    assert (await root.patch(path, json={"disabled": True})).json()["disabled"] is True
    problem(await ben.get("/v1/auth/me"), 401)
    assert (await root.patch(path, json={"disabled": False})).json() | {"created_at": ""} == {
        "account_id": str(api.ben.account_id),
        "username": "ben",
        "role": "admin",
        "disabled": False,
        "created_at": "",
    }
    problem(await ben.get("/v1/auth/me"), 401)  # its tokens ended with it


async def test_user_changes_neither_its_own_role_nor_anothers(api: Api) -> None:
    anna = api.client(api.anna)
    problem(await anna.patch(f"/v1/accounts/{api.anna.account_id}", json={"role": "admin"}), 403)
    problem(await anna.patch(f"/v1/accounts/{api.ben.account_id}", json={"role": "admin"}), 404)
    problem(await api.client(api.root).patch(f"/v1/accounts/{uuid4()}", json={"role": "user"}), 404)
    assert (await anna.get("/v1/auth/me")).json()["role"] == "user"
