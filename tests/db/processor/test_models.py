"""`node.llm` through a real processor, database and HTTP server: outages pass, and no budget is passed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.database import Database
from support.model_server import ModelServer
from support.processors import Processors, start_swarm, swarm_ended


@pytest.fixture
def model() -> Iterator[ModelServer]:
    made = ModelServer()
    made.script = lambda server, _: server.says({"word": "yes"})
    yield made
    made.close()


def at(model: ModelServer, **more: str) -> dict[str, str]:
    """Return the environment of a processor that uses this server."""
    return {"OPENAI_BASE_URL": model.url, "PGSWARM_MODEL": "m", "PGSWARM_MODEL_BACKOFF_S": "0.01", **more}


def test_swarm_outlives_a_model_that_is_overloaded_for_a_while(
    db: Database, processors: Processors, model: ModelServer, tmp_path: Path
) -> None:
    def overloaded(server: ModelServer, _body: dict[str, Any]) -> Any:
        if len(server.requests) <= 5:
            return server.fails(503, "overloaded")
        return server.says({"word": "yes"})

    model.script = overloaded
    seen = tmp_path / "attempts"
    swarm_id = start_swarm(db, "outside/words", {"note": str(seen)})
    processors.start(env=at(model, PGSWARM_MODEL_TRIES="2"))
    ended = swarm_ended(db, swarm_id)
    assert (ended["outcome"], ended["report"]) == ("succeeded", "yes")
    attempts = [line.split()[-1] for line in seen.read_text().splitlines()]
    assert attempts == ["1", "2", "3"]  # two tries in each: the sixth request is answered
    retries = db.rows("select data from pgswarm.event where verb = 'retry' order by seq")
    assert [row["data"]["error"]["code"] for row in retries] == ["model_unreachable"] * 2
    assert db.value("select reserved_tokens from pgswarm.swarm") == 0


def test_model_that_never_comes_back_fails_the_node_with_its_code(
    db: Database, processors: Processors, model: ModelServer
) -> None:
    model.script = lambda server, _: server.fails(503, "overloaded")
    swarm_id = start_swarm(db, "outside/words")
    processors.start(env=at(model, PGSWARM_MODEL_TRIES="1"))
    assert swarm_ended(db, swarm_id)["outcome"] == "failed"
    assert len(model.requests) == 5  # the action's attempts
    assert db.value("select error ->> 'code' from pgswarm.node") == "model_unreachable"


def test_calls_whose_reservations_are_large_wait_for_each_other_and_pass_no_budget(
    db: Database, processors: Processors, model: ModelServer
) -> None:
    """Each call reserves over 1,000 tokens and takes 110: the budget holds all twelve, but not their reservations."""
    model.script = lambda server, _: server.says({"word": "yes"}, usage={"prompt_tokens": 100, "completion_tokens": 10})
    swarm_id = start_swarm(db, "outside/words", {"children": 12}, budget={"tokens": 3_500})
    processors.start(env=at(model, PGSWARM_MODEL_MAX_TOKENS="500"))
    assert swarm_ended(db, swarm_id)["report"] == " ".join(["yes"] * 12)
    row = db.row(
        "select spent_input_tokens + spent_output_tokens as spent, reserved_tokens as reserved from pgswarm.swarm"
    )
    assert row == {"spent": 12 * 110, "reserved": 0}


def test_server_that_reports_more_than_was_reserved_takes_no_swarm_past_its_budget(
    db: Database, processors: Processors, model: ModelServer
) -> None:
    model.script = lambda server, _: server.says(
        {"word": "yes"}, usage={"prompt_tokens": 1_000_000, "completion_tokens": 1_000_000}
    )
    swarm_id = start_swarm(db, "outside/words", budget={"tokens": 10_000})
    processors.start(env=at(model, PGSWARM_MODEL_MAX_TOKENS="500"))
    assert swarm_ended(db, swarm_id)["outcome"] == "succeeded"
    assert db.value("select spent_input_tokens + spent_output_tokens from pgswarm.swarm") == 10_000
    assert db.value("select input_tokens + output_tokens from pgswarm.llm_call") == 2_000_000
