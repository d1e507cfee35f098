"""The past over HTTP: states, history, forks and differences, and whose they are."""

from typing import Any
from uuid import UUID, uuid4

import httpx2 as httpx
import pytest

from support.api import Api, problem
from support.past import grow, rows_of, state_at, told, top
from support.verbs import fail, finish, swarm


async def pages(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """Return every page of a listing."""
    found = [(await client.get(path)).json()]
    while cursor := found[-1]["next_cursor"]:
        response = await client.get(f"{path}&cursor={cursor}")
        assert response.status_code == 200, response.text
        found.append(response.json())
    return found


@pytest.fixture
def grown(api: Api) -> UUID:
    """A swarm of anna's with a past."""
    return grow(api.db.conn, api.worker, 21, acts=80, owner=api.anna.account_id)


async def test_state_is_the_past_page_by_page(api: Api, grown: UUID) -> None:
    client = api.client(api.anna)
    conn = api.db.conn
    last = top(conn, grown)
    for query, seq in ((f"&at_seq={last // 2}", last // 2), ("&at_seq=0", 0), ("", last), (f"&at_seq={2**62}", last)):
        page = (await client.get(f"/v1/swarms/{grown}/state?limit=500{query}")).json()
        assert page["at_seq"] == seq
        wanted = told(state_at(conn, grown, seq))
        assert {node["node_id"]: node["status"] for node in page["items"]} == {
            key: row["status"] for key, row in wanted.items()
        }
    some = await pages(client, f"/v1/swarms/{grown}/state?at_seq={last // 2}&limit=4")
    assert len(some) > 2
    ids = [node["node_id"] for page in some for node in page["items"]]
    assert sorted(ids) == ids == sorted(state_at(conn, grown, last // 2))


async def test_pages_of_the_state_now_stay_at_one_moment(api: Api, grown: UUID) -> None:
    client = api.client(api.anna)
    last = top(api.db.conn, grown)
    first = (await client.get(f"/v1/swarms/{grown}/state?limit=1")).json()
    await client.post(f"/v1/swarms/{grown}/cancel")
    second = (await client.get(f"/v1/swarms/{grown}/state?limit=500&cursor={first['next_cursor']}")).json()
    assert first["at_seq"] == second["at_seq"] == last
    assert any(node["status"] != "terminated" for node in second["items"])


async def test_state_at_a_moment_is_that_of_its_last_event(api: Api, grown: UUID) -> None:
    client = api.client(api.anna)
    history = (await client.get(f"/v1/swarms/{grown}/history?limit=1000")).json()
    event = history["items"][len(history["items"]) // 2]
    page = (await client.get(f"/v1/swarms/{grown}/state", params={"at": event["at"], "limit": 1})).json()
    assert page["at_seq"] >= event["seq"]
    assert page["at"] == event["at"]
    early = (await client.get(f"/v1/swarms/{grown}/state?at=2001-01-01T00:00:00Z")).json()
    assert (early["at_seq"], early["at"], early["items"]) == (0, None, [])


async def test_history_is_every_event_once_and_whole(api: Api, grown: UUID) -> None:
    client = api.client(api.anna)
    found: list[dict[str, Any]] = []
    while True:
        after = found[-1]["seq"] if found else 0
        page = (await client.get(f"/v1/swarms/{grown}/history?after_seq={after}&limit=50")).json()
        found += page["items"]
        if found[-1]["seq"] == page["last_seq"]:
            break
    assert [event["seq"] for event in found] == list(range(1, top(api.db.conn, grown) + 1))
    nodes = rows_of(api.db.conn, grown)
    newest = {e["node_id"]: e["data"] for e in found if e["kind"].startswith("node.")}
    assert told(newest) == told(nodes)
    assert {event["verb"] for event in found} >= {"claim", "spawn", "finish"}


async def test_fork_and_copy_make_swarms_of_the_callers(api: Api, grown: UUID) -> None:
    client = api.client(api.anna)
    at_seq = top(api.db.conn, grown) // 2
    made = await client.post(f"/v1/swarms/{grown}/fork", json={"at_seq": at_seq})
    assert made.status_code == 201
    fork = made.json()
    assert fork["forked_from"] == str(grown)
    assert fork["forked_at_seq"] >= at_seq
    opened = (await client.get(f"/v1/swarms/{fork['swarm_id']}")).json()
    assert (opened["owner_id"], opened["forked_at_seq"]) == (str(api.anna.account_id), fork["forked_at_seq"])
    assert opened["root_node_id"] == fork["root_node_id"]
    copy = (await client.post(f"/v1/swarms/{grown}/copy")).json()
    assert copy["forked_at_seq"] == top(api.db.conn, grown)
    events = (await client.get(f"/v1/swarms/{copy['swarm_id']}/history")).json()["items"]
    assert {event["actor"] for event in events} == {str(api.anna.account_id)}


async def test_fork_by_an_admin_stays_its_owners(api: Api, grown: UUID) -> None:
    made = await api.client(api.root).post(f"/v1/swarms/{grown}/copy")
    assert made.status_code == 201
    assert swarm(api.db.conn, UUID(made.json()["swarm_id"]))["owner_id"] == api.anna.account_id


async def test_same_key_forks_once(api: Api, grown: UUID) -> None:
    client = api.client(api.anna, headers={"Idempotency-Key": "once"})
    first, second = [await client.post(f"/v1/swarms/{grown}/fork", json={"at_seq": 9}) for _ in range(2)]
    assert first.json() == second.json()
    assert api.db.value("select count(*) from pgswarm.swarm where forked_from = %(s)s", s=grown) == 1
    problem(await client.post(f"/v1/swarms/{grown}/fork", json={"at_seq": 10}), 409)


async def test_calls_of_the_original_are_shown_in_the_fork(api: Api, grown: UUID) -> None:
    client = api.client(api.anna)
    made = (await client.post(f"/v1/swarms/{grown}/copy")).json()
    called = api.db.rows(
        "select distinct node_id from pgswarm.llm_call where swarm_id = %(s)s", s=UUID(made["swarm_id"])
    )
    assert called
    path = f"/v1/swarms/{made['swarm_id']}/nodes/{called[0]['node_id']}/llm-calls"
    assert {str(call["response"]) for call in (await client.get(path)).json()["items"]} == {"{'said': 1}"}
    api.db.run("delete from pgswarm.llm_call where swarm_id = %(s)s", s=grown)
    assert {call["response"] for call in (await client.get(path)).json()["items"]} == {None}


async def test_diff_says_where_two_swarms_part(api: Api) -> None:
    client = api.client(api.anna)
    here = api.swarm(api.anna, "running")
    there = UUID((await client.post(f"/v1/swarms/{here}/copy")).json()["swarm_id"])
    run = api.db.row("select * from pgswarm.node where swarm_id = %(s)s", s=here)
    api.worker.does(finish(_run(run)))
    api.worker.does(fail(api.claim(there)))
    found = (await client.get(f"/v1/swarms/{here}/diff", params={"with": str(there)})).json()
    assert (found["same"], found["changed"], found["only_here"], found["only_there"]) == (0, 1, 0, 0)
    assert found["first"] == found["nodes"][0]
    assert found["first"]["changes"] == ["status", "report"]
    assert (found["here"]["outcome"], found["there"]["outcome"]) == ("succeeded", "failed")
    assert found["shared"]["swarm_id"] == str(here)


def _run(row: dict[str, Any]) -> Any:
    from support.verbs import Run

    return Run(row["swarm_id"], row["node_id"], row["lease_epoch"])


@pytest.mark.parametrize("who", ["ben", "unknown"])
async def test_the_past_of_others_is_not_known(api: Api, grown: UUID, who: str) -> None:
    client = api.client(api.ben)
    own = api.swarm(api.ben)
    other = grown if who == "ben" else uuid4()
    before = api.db.value("select count(*) from pgswarm.swarm")
    for path in ("state", "history", f"diff?with={own}"):
        problem(await client.get(f"/v1/swarms/{other}/{path}"), 404, "not-found", "swarm_id")
    problem(await client.get(f"/v1/swarms/{own}/diff?with={other}"), 404, "not-found", "swarm_id")
    problem(await client.post(f"/v1/swarms/{other}/fork", json={"at_seq": 2}), 404, "not-found", "swarm_id")
    problem(await client.post(f"/v1/swarms/{other}/copy"), 404, "not-found", "swarm_id")
    assert api.db.value("select count(*) from pgswarm.swarm") == before


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("state?at_seq=-1", "at_seq"),
        ("state?at_seq=2&at=2026-01-01T00:00:00Z", "at"),
        ("state?at=2026-01-01T00:00:00", "at"),
        ("state?cursor=x", "cursor"),
        ("history?after_seq=x", "after_seq"),
        ("history?limit=0", "limit"),
        (f"history?after_seq={2**70}", "after_seq"),
        ("diff", "with"),
        ("diff?with=x", "with"),
    ],
)
async def test_what_cannot_be_is_refused_by_its_name(api: Api, path: str, field: str) -> None:
    swarm_id = api.swarm(api.anna)
    problem(await api.client(api.anna).get(f"/v1/swarms/{swarm_id}/{path}"), 422, "invalid-input", field)


@pytest.mark.parametrize(
    "body", [{}, {"at_seq": 0}, {"at_seq": 3}, {"at_seq": 2**70}, {"at_seq": None}, {"at_seq": "x"}]
)
async def test_fork_at_no_event_is_refused(api: Api, body: dict[str, Any]) -> None:
    swarm_id = api.swarm(api.anna)
    response = await api.client(api.anna).post(f"/v1/swarms/{swarm_id}/fork", json=body)
    problem(response, 422, "invalid-input", "at_seq")


async def test_moments_at_the_edges_of_time_are_answered(api: Api) -> None:
    client = api.client(api.anna)
    swarm_id = api.swarm(api.anna)
    for at, count in (("0001-01-01T00:00:00+14:00", 0), ("9999-12-31T23:59:59-14:00", 1)):
        response = await client.get(f"/v1/swarms/{swarm_id}/state", params={"at": at})
        assert (response.status_code, len(response.json()["items"])) == (200, count)
