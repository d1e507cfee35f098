"""Structured output by what the server can do: found out by asking, kept, and repaired where it does not fit."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, Field

from pgswarm.actions import Prompt
from pgswarm.actions.models import ModelError
from support.model_server import Connect, ModelServer


class CityFact(BaseModel):
    city: str
    people: int = Field(ge=0)


BERN = {"city": "Bern", "people": 134_506}
PROMPT = Prompt("look_up", "Say how many people live there.", {"directive": "Bern"})


async def test_schema_goes_out_strict_and_the_prompt_as_one_system_and_one_user_message(
    server: ModelServer, connect: Connect
) -> None:
    found = await connect().complete(CityFact, PROMPT)
    assert (found.parsed.people, found.calls, found.input_tokens, found.output_tokens) == (134_506, 1, 1000, 100)
    [body] = server.requests
    form = body["response_format"]["json_schema"]
    assert (form["name"], form["strict"], form["schema"]["additionalProperties"]) == ("city_fact", True, False)
    system, user = body["messages"]
    assert system == {"role": "system", "content": PROMPT.system}
    assert json.loads(user["content"]) == {"task": "look_up", "directive": "Bern"}


async def test_server_without_json_schema_is_asked_by_tools_and_this_is_kept(
    server: ModelServer, connect: Connect
) -> None:
    def script(server: ModelServer, body: dict[str, Any]) -> Any:
        if "response_format" in body:
            return server.fails(400, "response_format of type json_schema is not supported")
        assert body["tool_choice"]["function"]["name"] == "city_fact"
        return server.calls_tool(BERN)

    server.script = script
    client = connect()
    for _ in range(2):
        assert (await client.complete(CityFact, PROMPT)).parsed.city == "Bern"
    assert ["tools" in body for body in server.requests] == [False, True, True]


async def test_plain_server_gets_the_schema_in_the_prompt_and_may_fence_its_json(
    server: ModelServer, connect: Connect
) -> None:
    def script(server: ModelServer, body: dict[str, Any]) -> Any:
        if "response_format" in body:
            return server.fails(422, "extra field: response_format")
        if "tools" in body:
            return server.fails(404, "this model does not support tools")
        assert '"people"' in body["messages"][0]["content"]
        return server.says(f"Here it is:\n```json\n{json.dumps(BERN)}\n```\nAnything else?")

    server.script = script
    client = connect()
    for _ in range(2):
        assert (await client.complete(CityFact, PROMPT)).parsed.people == 134_506
    assert len(server.requests) == 4


async def test_server_that_ignores_the_schema_is_told_it_once_and_then_in_every_prompt(
    server: ModelServer, connect: Connect
) -> None:
    def script(server: ModelServer, body: dict[str, Any]) -> Any:
        told = any('"people"' in turn["content"] for turn in body["messages"])
        return server.says(f"It is {json.dumps(BERN)}." if told else "About 134,506 people.")

    server.script = script
    client = connect()
    assert (await client.complete(CityFact, PROMPT)).calls == 2
    assert (await client.complete(CityFact, PROMPT)).calls == 1


async def test_schema_that_a_server_refuses_changes_the_mode_for_this_schema_only(
    server: ModelServer, connect: Connect
) -> None:
    class Other(BaseModel):
        word: str

    def script(server: ModelServer, body: dict[str, Any]) -> Any:
        form = body.get("response_format", {}).get("json_schema", {})
        if form.get("name") == "city_fact":
            return server.fails(400, "Invalid schema for response_format 'city_fact'")
        if "tools" in body:
            return server.calls_tool(BERN)
        return server.says({"word": "yes"})

    server.script = script
    client = connect()
    await client.complete(CityFact, PROMPT)
    await client.complete(Other, PROMPT)
    assert "response_format" in server.requests[-1]


async def test_limit_on_the_answer_is_renamed_for_models_that_want_it(server: ModelServer, connect: Connect) -> None:
    def script(server: ModelServer, body: dict[str, Any]) -> Any:
        if "max_tokens" in body:
            return server.fails(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        return server.says(BERN)

    server.script = script
    await connect(max_output_tokens=77).complete(CityFact, PROMPT)
    assert server.requests[-1]["max_completion_tokens"] == 77
    assert "response_format" in server.requests[-1]


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"city": "Bern", "people": "many"}, "people"),
        ({"city": "Be\x00rn", "people": 1}, "NUL"),
        ('{"city": "Bern \\ud800", "people": 1}', "surrogate"),
        ('{"city": "Bern", "people": 1e999}', "finite"),
        ("[" * 5000 + "]" * 5000, "JSON"),
        ('{"city": "Bern", "people": ' + "9" * 5000 + "}", "JSON"),
        ("", "JSON"),
        (None, "JSON"),
    ],
)
async def test_answer_off_schema_is_repaired_by_naming_what_did_not_fit(
    server: ModelServer, connect: Connect, bad: Any, named: str
) -> None:
    server.script = lambda server, _: server.says(bad if len(server.requests) == 1 else BERN)
    found = await connect().complete(CityFact, PROMPT)
    assert (found.parsed.city, found.calls, found.output_tokens) == ("Bern", 2, 200)
    assert named in server.requests[1]["messages"][-1]["content"]


async def test_answer_that_never_fits_ends_after_two_repairs(server: ModelServer, connect: Connect) -> None:
    server.script = lambda server, _: server.says({"city": "Bern"})
    with pytest.raises(ModelError, match=r"people: Field required.*PGSWARM_MODEL") as caught:
        await connect().complete(CityFact, PROMPT)
    assert (caught.value.code, caught.value.transient, len(server.requests)) == ("model_off_schema", False, 3)


async def test_answer_cut_at_the_token_limit_is_asked_for_again_shorter(server: ModelServer, connect: Connect) -> None:
    def script(server: ModelServer, _: dict[str, Any]) -> Any:
        if len(server.requests) == 1:
            return server.says('{"city": "Be', finish_reason="length")
        return server.says(BERN)

    server.script = script
    assert (await connect().complete(CityFact, PROMPT)).parsed.city == "Bern"
    assert "be shorter" in server.requests[1]["messages"][-1]["content"]
    assert "response_format" in server.requests[1]


async def test_refusal_is_an_error_and_not_repaired(server: ModelServer, connect: Connect) -> None:
    server.script = lambda server, _: server.says(None, message={"refusal": "I cannot help with that"})
    with pytest.raises(ModelError, match="I cannot help") as caught:
        await connect().complete(CityFact, PROMPT)
    assert (caught.value.code, len(server.requests)) == ("model_refused", 1)


async def test_server_with_one_model_needs_no_model_name_and_one_with_several_does(
    server: ModelServer, connect: Connect
) -> None:
    await connect(model="auto").complete(CityFact, PROMPT)
    assert server.requests[0]["model"] == "only"
    server.models = ["a", "b"]
    with pytest.raises(ModelError, match=r"2 models \(a, b\): set PGSWARM_MODEL"):
        await connect(model="auto").complete(CityFact, PROMPT)


async def test_price_is_counted_for_every_call_and_unknown_ones_are_marked(connect: Connect) -> None:
    known = await connect(model="gpt-5.4-mini").complete(CityFact, PROMPT)
    assert (str(known.cost_usd), known.cost_known) == ("0.0012", True)
    unknown = await connect(model="llama").complete(CityFact, PROMPT)
    assert unknown.cost_usd == 0
    assert not unknown.cost_known
