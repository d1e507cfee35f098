"""Failed logins: after a few, each blocks for twice as long; counted in the database for every process."""

import asyncio

from support.api import Api, problem
from support.database import Database

RIGHT = {"username": "mina", "password": "a long sentence"}
WRONG = {**RIGHT, "password": "another sentence"}
FREE = 5


async def fails(api: Api, times: int, who: dict[str, str] = WRONG) -> None:
    for _ in range(times):
        problem(await api.client().post("/v1/auth/login", json=who), 401)


async def retry_after(api: Api, who: dict[str, str]) -> int:
    refused = await api.client().post("/v1/auth/login", json=who)
    problem(refused, 429, "too-many-logins")
    return int(refused.headers["retry-after"])


async def test_sixth_login_waits_even_with_the_right_password_and_each_failure_doubles_it(api: Api) -> None:
    api.db.clock.freeze()
    await api.client().post("/v1/auth/signup", json=RIGHT)
    await fails(api, FREE)
    waits = [await retry_after(api, RIGHT)]
    for _ in range(3):
        api.db.clock.advance(waits[-1])
        await fails(api, 1)
        waits.append(await retry_after(api, RIGHT))
    assert waits == [1, 2, 4, 8]
    api.db.clock.advance(waits[-1])
    assert (await api.client().post("/v1/auth/login", json=RIGHT)).status_code == 200
    await fails(api, FREE - 1)  # forgotten: they count from one again
    assert (await api.client().post("/v1/auth/login", json=RIGHT)).status_code == 200


async def test_unknown_name_is_throttled_like_a_known_one(api: Api) -> None:
    nobody = {**WRONG, "username": "nobody"}
    api.db.clock.freeze()
    await fails(api, FREE, nobody)
    assert await retry_after(api, {**nobody, "username": "NOBODY"}) == 1


async def test_another_process_knows_of_the_failures(api: Api, db: Database) -> None:
    api.db.clock.freeze()
    await fails(api, FREE)
    async with Api(db).running() as other:
        assert await retry_after(other, WRONG) == 1


async def test_guesses_at_once_are_no_way_round_it(api: Api) -> None:
    api.db.clock.freeze()
    client = api.client()
    answers = await asyncio.gather(*[client.post("/v1/auth/login", json=WRONG) for _ in range(40)])
    statuses = [answer.status_code for answer in answers]
    assert FREE <= statuses.count(401) <= FREE + 2  # those under way when the fifth failed
    assert statuses.count(429) == 40 - statuses.count(401)


async def test_failures_are_forgotten_after_a_quarter_of_an_hour(api: Api) -> None:
    api.db.clock.freeze()
    await fails(api, FREE)
    api.db.clock.advance(16 * 60)
    await fails(api, FREE - 1)
    await fails(api, 1)
    assert await retry_after(api, WRONG) == 1


async def test_many_names_from_one_address_are_throttled_too(api: Api) -> None:
    api.db.clock.freeze()
    for number in range(50):
        api.db.run("select pgswarm.login_failed(username => %(name)s, address => '127.0.0.1')", name=f"name {number}")
    assert await retry_after(api, WRONG) == 1


async def test_what_was_typed_as_a_name_is_not_kept(api: Api) -> None:
    await fails(api, 1, {"username": "my secret password", "password": "x"})
    assert "secret" not in str(api.db.rows("select * from pgswarm.login_throttle"))


async def test_old_failures_are_cleared_away(api: Api) -> None:
    await fails(api, 1)
    api.db.clock.advance(25 * 3600)
    await fails(api, 1, {**WRONG, "username": "someone else"})
    api.db.clock.advance(1)
    await fails(api, 1, {**WRONG, "username": "someone else"})
    assert (
        api.db.value(
            "select count(*) from pgswarm.login_throttle where failed_at < pgswarm.clock() - interval '1 hour'"
        )
        == 0
    )
