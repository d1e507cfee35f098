"""`Idempotency-Key`: however often a request is sent, it has one effect and one answer."""

import asyncio
from typing import Any

import httpx2 as httpx

from support.api import Api, problem

START = "/v1/swarms"
GOOD = {"goal": "a goal", "action": "test/work"}
AT_ONCE = 100


async def test_a_hundred_equal_starts_at_once_start_one_swarm_and_get_one_answer(api: Api) -> None:
    client = api.client(api.anna, {"Idempotency-Key": "order-1"})
    answers = await asyncio.gather(*(client.post(START, json=GOOD) for _ in range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == AT_ONCE - 1
    assert api.db.value("select count(*) from pgswarm.swarm") == 1
    assert api.db.value("select count(*) from pgswarm.event") == 2


async def test_the_same_key_for_another_request_is_refused(api: Api) -> None:
    client = api.client(api.anna, {"Idempotency-Key": "order-1"})
    assert (await client.post(START, json=GOOD)).status_code == 201
    problem(await client.post(START, json={**GOOD, "goal": "another"}), 409, "conflict", "Idempotency-Key")
    assert api.db.value("select count(*) from pgswarm.swarm") == 1


async def test_a_key_is_its_accounts_own(api: Api) -> None:
    made = [
        (await api.client(account, {"Idempotency-Key": "order-1"}).post(START, json=GOOD)).json()["swarm_id"]
        for account in (api.anna, api.ben)
    ]
    assert len(set(made)) == 2


async def test_what_was_refused_is_not_remembered(api: Api) -> None:
    client = api.client(api.anna, {"Idempotency-Key": "order-1"})
    problem(await client.post(START, json={**GOOD, "action": "no/such"}), 422)
    assert (await client.post(START, json=GOOD)).status_code == 201


async def test_without_a_key_each_start_is_its_own(api: Api) -> None:
    client = api.client(api.anna)
    made = [(await client.post(START, json=GOOD)).json()["swarm_id"] for _ in range(2)]
    assert len(set(made)) == 2


async def test_a_key_is_forgotten_after_a_day(api: Api) -> None:
    client = api.client(api.anna)

    async def start(key: str) -> httpx.Response:
        return await client.post(START, json=GOOD, headers={"Idempotency-Key": key})

    first = (await start("order-1")).json()
    api.db.clock.advance(86_000)
    assert (await start("order-1")).json() == first
    api.db.clock.advance(1_000)
    again: Any = (await start("order-1")).json()
    assert again["swarm_id"] != first["swarm_id"]
    assert api.db.value("select count(*) from pgswarm.api_request") == 1
