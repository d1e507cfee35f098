"""The offline and the recorded model: the same client and protocol, no network, no invented text."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from pgswarm.actions import Prompt
from pgswarm.actions.models import ModelClient, ModelError, ModelSettings
from pgswarm.actions.models.offline import transport
from pgswarm.actions.models.settings import OFFLINE
from support.model_server import Connect, ModelServer

Recording = Callable[..., str]


class Fact(BaseModel):
    city: str


PROMPT = Prompt("look_up", "Look it up.", {"directive": "Where is the Bundeshaus?", "round": 1})


@pytest.fixture
async def client() -> AsyncIterator[ModelClient]:
    made = ModelClient(ModelSettings(backoff_s=0.001, tries=3))
    yield made
    await made.aclose()


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    def write(*lines: dict[str, Any]) -> str:
        path = tmp_path / "made.jsonl"
        path.write_text("# a comment\n\n" + "\n".join(json.dumps(line) for line in lines), "utf-8")
        return f"recorded:{path}"

    return write


async def test_rules_are_asked_with_task_data_and_schema_and_cost_nothing(
    client: ModelClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(task: str, data: dict[str, Any], schema: dict[str, Any]) -> dict[str, str]:
        assert (task, data, list(schema["properties"])) == ("look_up", PROMPT.data, ["city"])
        return {"city": "Bern"}

    monkeypatch.setattr(transport, "answer", answer)
    found = await client.complete(Fact, PROMPT, OFFLINE)
    assert (found.parsed.city, found.input_tokens, found.output_tokens) == ("Bern", 0, 0)
    assert found.cost_usd == 0
    assert found.cost_known


async def test_task_that_no_rule_knows_ends_in_needs_a_model(client: ModelClient) -> None:
    with pytest.raises(ModelError, match=r"needs a model: set OPENAI_API_KEY") as caught:
        await client.complete(Fact, Prompt("compose_a_sonnet", "", {}), OFFLINE)
    assert caught.value.code == "needs_model"


async def test_mistake_in_a_rule_comes_through_as_it_is(client: ModelClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(*_: Any) -> dict[str, str]:
        raise ValueError("a mistake in a rule")

    monkeypatch.setattr(transport, "answer", answer)
    with pytest.raises(ValueError, match="a mistake in a rule"):
        await client.complete(Fact, PROMPT, OFFLINE)


async def test_first_line_that_matches_is_replayed_as_often_as_asked(client: ModelClient, recording: Recording) -> None:
    model = recording(
        {"task": "look_up", "match": {"directive": "Parthenon"}, "response": {"city": "Athens"}},
        {"task": "look_up", "match": {"directive": "BUNDESHAUS", "round": 1}, "response": {"city": "Bern"}},
        {"task": "look_up", "response": {"city": "nowhere"}},
    )
    for _ in range(3):
        assert (await client.complete(Fact, PROMPT, model)).parsed.city == "Bern"
    assert (await client.complete(Fact, Prompt("look_up", ""), model)).parsed.city == "nowhere"


async def test_recorded_faults_and_repairs_are_replayed(client: ModelClient, recording: Recording) -> None:
    model = recording(
        {"task": "look_up", "status": 429, "times": 2, "response": "busy"},
        {"task": "look_up", "response": "I think it is Bern", "usage": {"input_tokens": 7, "output_tokens": 3}},
        {"task": "look_up", "round": 1, "response": '```json\n{"city": "Bern"}\n```'},
    )
    found = await client.complete(Fact, PROMPT, model)
    assert (found.parsed.city, found.calls, found.input_tokens, found.output_tokens) == ("Bern", 2, 7, 3)


async def test_two_processes_replay_one_file_alike(client: ModelClient, recording: Recording) -> None:
    model = recording(
        {"task": "look_up", "status": 500, "times": 1, "response": "boom"},
        {"task": "look_up", "response": {"city": "Bern"}},
    )
    other = ModelClient(client.settings)
    found = [(await one.complete(Fact, PROMPT, model)).parsed for one in (client, other, client)]
    await other.aclose()
    assert found == [Fact(city="Bern")] * 3


async def test_request_that_is_not_recorded_is_named(client: ModelClient, recording: Recording) -> None:
    model = recording({"task": "route", "response": {}})
    with pytest.raises(ModelError, match=r"made\.jsonl has no line for task 'look_up', round 0.*Bundeshaus") as caught:
        await client.complete(Fact, PROMPT, model)
    assert caught.value.code == "recording_no_match"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"task": "a", "times": 2}', "an answer cannot run out"),
        ('{"task": "a", "respons": 1}', "respons"),
        ('{"task": ', "line 1"),
        ("\udcff", "UTF-8"),
        (None, "cannot be read"),
    ],
)
async def test_recording_that_cannot_be_read_is_said_with_the_line(
    client: ModelClient, tmp_path: Path, line: str | None, told: str
) -> None:
    path = tmp_path / "bad.jsonl"
    if line is not None:
        path.write_text(line, "utf-8", errors="surrogateescape")
    with pytest.raises(ModelError, match=told) as caught:
        await client.complete(Fact, PROMPT, f"recorded:{path}")
    assert caught.value.code == "recording_unreadable"


async def test_what_is_recorded_from_a_server_replays_the_same(
    server: ModelServer, connect: Connect, client: ModelClient, tmp_path: Path
) -> None:
    path = tmp_path / "new.jsonl"
    server.script = lambda server, _: server.says({"town": 1} if len(server.requests) == 1 else {"city": "Bern"})
    first = await connect(record_file=path).complete(Fact, PROMPT)
    replayed = await client.complete(Fact, PROMPT, f"recorded:{path}")
    assert (replayed.parsed, replayed.calls) == (first.parsed, 2)


async def test_recording_into_what_cannot_be_written_is_said_before_the_call(
    server: ModelServer, connect: Connect, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="PGSWARM_RECORD"):
        await connect(record_file=tmp_path).complete(Fact, PROMPT)
    assert server.requests == []


async def test_recorded_error_that_speaks_of_schemas_changes_nothing_in_how_it_is_asked(
    client: ModelClient, recording: Recording
) -> None:
    model = recording({"task": "look_up", "status": 400, "response": "no response_format of type json_schema here"})
    for _ in range(2):
        with pytest.raises(ModelError, match="json_schema here") as caught:
            await client.complete(Fact, PROMPT, model)
        assert caught.value.code == "model_bad_request"
