"""Skills of a real A2A agent as actions: tasks are looked at and not held, questions go to the inbox."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.connections.serving import listening
from support.connections.traveller import Traveller, application
from support.connections.worker import PATIENCE, Worker
from support.database import Database


@pytest.fixture
def agent() -> Traveller:
    return Traveller()


@pytest.fixture
def address(agent: Traveller) -> Iterator[str]:
    with listening(lambda own: application(own, agent)) as own:
        yield own


async def travel(worker: Worker, address: str, **settings: Any) -> Worker:
    return await worker.connect(a2a={"travel": {"url": address, "poll_s": 0.05, **PATIENCE, **settings}})


async def test_skills_are_actions_and_unusable_ones_are_left_out(worker: Worker, address: str) -> None:
    await travel(worker, address)
    (row,) = worker.db.rows("select * from pgswarm.action where source = 'a2a:travel'")
    assert row["action_id"] == "a2a/travel/book"
    assert row["description"].startswith("Book a journey. Books a journey by rail. (Skill book of the connected agent")


async def test_an_answer_at_once_is_the_report(worker: Worker, address: str, agent: Traveller) -> None:
    await travel(worker, address)
    root = await worker.ends("a2a/travel/book", {"message": "hello"})
    assert (root["outcome"], root["report"]) == ("succeeded", "Hello from afar.")
    assert agent.told == ["hello"]


async def test_a_long_task_is_polled_and_not_held(worker: Worker, address: str, agent: Traveller) -> None:
    await travel(worker, address)
    root = await worker.ends("a2a/travel/book", {"message": "a long way"})
    assert root["report"] == "## ticket\n\nTicket: a long way"
    assert agent.told == ["a long way"]
    assert root["activation"] >= 3  # sent, looked at, looked at again


async def test_what_the_agent_asks_is_answered_on_the_same_task(worker: Worker, address: str, agent: Traveller) -> None:
    await travel(worker, address)
    swarm_id = worker.start("a2a/travel/book", {"message": "book a train"})
    await worker.until(worker.asked)
    (question,) = worker.asked()
    assert question["prompt"] == "a2a/travel/book asks: To which city?"
    worker.answer("Vienna")
    await worker.work()
    assert worker.root(swarm_id)["report"] == "## ticket\n\nTicket: Vienna"
    assert agent.told == ["book a train", "Vienna"]


async def test_a_login_is_done_elsewhere_and_never_typed_here(worker: Worker, address: str, agent: Traveller) -> None:
    await travel(worker, address)
    swarm_id = worker.start("a2a/travel/book", {"message": "pay the bill"})
    await worker.until(worker.asked)
    (question,) = worker.asked()
    assert question["choices"] == ["done", "give up"]
    assert "Please log in at the bank." in question["prompt"]
    worker.answer("give up")
    await worker.work()
    assert worker.root(swarm_id)["error"]["code"] == "outside_refused"
    assert agent.told == ["pay the bill"]


async def test_a_task_that_fails_says_why(worker: Worker, address: str) -> None:
    await travel(worker, address)
    root = await worker.ends("a2a/travel/book", {"message": "somewhere wrong"})
    assert root["error"]["code"] == "outside_error"
    assert "There is no such place." in root["error"]["message"]


async def test_a_card_may_not_send_us_to_another_host(db: Database, worker: Worker, agent: Traveller) -> None:
    with listening(lambda own: application(own, agent, elsewhere="http://other.example/rpc")) as address:
        await travel(worker, address)
    assert db.value("select count(*) from pgswarm.action where source like 'a2a:%%'") == 0
