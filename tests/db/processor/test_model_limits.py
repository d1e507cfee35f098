"""What holds for models across processors: limits, abilities, the memo, vectors. Real processes, HTTP and database."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from support.database import Database
from support.model_server import ModelServer
from support.processors import Processors, register_actions, start_swarm, swarm_ended
from support.wait import wait_until


class Counting:
    """A script that answers after `hold` is set or at once, and counts how many requests are under way."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.hold = threading.Event()

    def __call__(self, server: ModelServer, _body: dict[str, Any]) -> Any:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.hold.wait(0.05)
        with self.lock:
            self.now -= 1
        return server.says({"word": "yes"})


@pytest.fixture
def model() -> Iterator[ModelServer]:
    made = ModelServer()
    made.script = lambda server, _: server.says({"word": "yes"})
    yield made
    made.close()


def at(model: ModelServer, **more: str) -> dict[str, str]:
    return {"OPENAI_BASE_URL": model.url, "PGSWARM_MODEL": "m", "PGSWARM_MODEL_BACKOFF_S": "0.01", **more}


def test_limit_on_calls_at_once_holds_over_all_processors_and_costs_no_attempt(
    db: Database, processors: Processors, model: ModelServer
) -> None:
    register_actions(db)
    db.run("select pgswarm.set_model_limit(model => 'm', concurrency => 2)")
    model.script = counting = Counting()
    swarm_id = start_swarm(db, "outside/words", {"children": 30})
    for _ in range(2):
        processors.start(env=at(model))
    assert swarm_ended(db, swarm_id, within_s=60)["report"] == " ".join(["yes"] * 30)
    assert counting.most == 2
    assert len(model.requests) == 30
    released = db.value("select count(*) from pgswarm.event where verb = 'release'")
    assert released > 0  # more wait than may: they held no slot meanwhile
    assert db.value("select max(attempt) from pgswarm.node where parent_id is not null") == 1


def test_places_of_a_killed_processor_come_free(db: Database, processors: Processors, model: ModelServer) -> None:
    register_actions(db)
    db.run("select pgswarm.set_model_limit(model => 'm', concurrency => 1)")

    def stuck_first(server: ModelServer, _body: dict[str, Any]) -> Any:
        if len(server.requests) == 1:
            server.released.wait(30)
        return server.says({"word": "yes"})

    model.script = stuck_first
    swarm_id = start_swarm(db, "outside/words", {"children": 3})
    dies = processors.start(env=at(model))
    wait_until(lambda: model.requests, "the first request", within_s=40)
    dies.kill()
    processors.start(env=at(model))
    assert swarm_ended(db, swarm_id)["report"] == "yes yes yes"


def test_what_one_processor_found_out_another_need_not_ask(
    db: Database, processors: Processors, model: ModelServer
) -> None:
    def no_schemas(server: ModelServer, body: dict[str, Any]) -> Any:
        if "response_format" in body:
            return server.fails(400, "response_format is not supported")
        return server.calls_tool({"word": "yes"})

    register_actions(db)
    model.script = no_schemas
    for _ in range(2):
        swarm_id = start_swarm(db, "outside/words")
        running = processors.start(env=at(model))
        assert swarm_ended(db, swarm_id)["report"] == "yes"
        running.kill()
    assert ["response_format" in body for body in model.requests] == [True, False, False]
    known = db.row("select server, model, structured, streams from pgswarm.model_ability")
    assert known == {"server": model.url, "model": "m", "structured": "tools", "streams": None}
    db.run("update pgswarm.model_ability set learned_at = learned_at - interval '8 days'")
    swarm_id = start_swarm(db, "outside/words")
    processors.start(env=at(model))
    swarm_ended(db, swarm_id)
    assert "response_format" in model.requests[3]  # too old: the server may be a newer one


def test_second_swarm_with_the_memo_asks_nothing_and_says_so(
    db: Database, processors: Processors, model: ModelServer
) -> None:
    register_actions(db)
    processors.start(env=at(model, PGSWARM_MODEL="gpt-5.4-mini"))
    for asked, cost in ((4, True), (4, False)):
        swarm_id = start_swarm(db, "outside/words", {"children": 4}, memo=True)
        assert swarm_ended(db, swarm_id)["report"] == "yes yes yes yes"
        assert len(model.requests) == asked
        row = db.row(
            "select bool_and(memo) as memo, sum(cost_usd) > 0 as paid, bool_and(prompt like 'word@0 code %%') as named"
            " from pgswarm.llm_call where swarm_id = %(id)s", id=swarm_id,
        )  # fmt: skip
        assert row == {"memo": not cost, "paid": cost, "named": True}


def test_vectors_are_journaled_and_priced_like_calls(db: Database, processors: Processors, model: ModelServer) -> None:
    register_actions(db)
    model.script = lambda server, body: server.vectors(body)
    processors.start(env=at(model, PGSWARM_EMBEDDING_MODEL="text-embedding-3-small"))
    swarm_id = start_swarm(db, "outside/embed", {"children": 70})
    assert json.loads(swarm_ended(db, swarm_id)["report"]) == [float(n + 1) for n in range(70)]
    row = db.row(
        "select count(*) as calls, sum(cost_usd) > 0 as paid, sum(input_tokens) as tokens from pgswarm.llm_call"
    )
    assert row == {"calls": 2, "paid": True, "tokens": 700}
    assert db.value("select dimensions from pgswarm.model_ability") == 2


def test_without_an_embedding_model_the_node_fails_with_the_remedy(
    db: Database, processors: Processors, model: ModelServer
) -> None:
    register_actions(db)
    processors.start(env=at(model))
    swarm_ended(db, start_swarm(db, "outside/embed", {"children": 1}))
    assert db.value("select error ->> 'code' from pgswarm.node") == "no_embeddings"


def test_answer_under_way_is_written_for_who_watches_and_gone_with_its_end(
    db: Database, processors: Processors, model: ModelServer
) -> None:
    register_actions(db)
    model.script = lambda server, _: server.streams('{"word": ', '"yes', '"}', held=True)
    swarm_id = start_swarm(db, "outside/words", stream=True)
    processors.start(env=at(model))
    said = "select string_agg(part, '' order by from_char) from pgswarm.partial_answer"
    wait_until(lambda: db.value(said) == '{"word": "yes', "what was said so far", within_s=40)
    model.released.set()
    assert swarm_ended(db, swarm_id)["report"] == "yes"
    assert db.value("select count(*) from pgswarm.partial_answer") == 0
    assert db.value("select streams from pgswarm.model_ability") is True
