import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from pgswarm.actions import Prompt
from pgswarm.actions.models.failures import pause_s, retry_after_s
from pgswarm.actions.models.requests import canonical_request, repair_turns, request_hash, schema_name
from pgswarm.actions.models.strict import strict_schema


class Part(BaseModel):
    name: str
    weight: float | None = None


class HTTPAnswerV2(BaseModel):
    parts: list[Part]
    title: str = "none"


class FreeForm(BaseModel):
    args: dict[str, Any]


PROMPT = Prompt("split", "Split it.", {"b": 1, "a": ["é"]})


def test_hash_depends_on_what_is_asked_and_not_on_the_order_of_keys() -> None:
    request = canonical_request(HTTPAnswerV2, PROMPT, "m")
    assert request_hash(json.loads(json.dumps(request, sort_keys=True))) == request_hash(request)
    others = [
        canonical_request(HTTPAnswerV2, PROMPT, "n"),
        canonical_request(Part, PROMPT, "m"),
        canonical_request(HTTPAnswerV2, Prompt("split", "Split it.", {"b": 2, "a": ["é"]}), "m"),
        canonical_request(HTTPAnswerV2, PROMPT, "m", repair_turns(request, "x", "y")),
    ]
    assert len({request_hash(one) for one in [request, *others]}) == 5


def test_schema_is_named_in_snake_case() -> None:
    assert [schema_name(one) for one in (Part, HTTPAnswerV2, FreeForm)] == ["part", "http_answer_v2", "free_form"]


def test_data_may_not_hide_the_task() -> None:
    with pytest.raises(ValueError, match="task"):
        canonical_request(Part, Prompt("split", "", {"task": "other"}), "m")


def test_text_that_no_wire_can_carry_is_replaced() -> None:
    request = canonical_request(Part, Prompt("split", "a\x00", {"text": "b\ud800"}), "m")
    json.dumps(request, ensure_ascii=False).encode()
    assert "\x00" not in request["messages"][0]["content"]


def test_strict_schema_closes_every_object_and_requires_every_property() -> None:
    strict = strict_schema(HTTPAnswerV2.model_json_schema())
    assert strict is not None
    assert strict["required"] == ["parts", "title"]
    assert strict["additionalProperties"] is False
    assert strict["$defs"]["Part"]["required"] == ["name", "weight"]
    assert "default" not in json.dumps(strict)


def test_property_that_is_called_like_a_keyword_is_kept() -> None:
    class Odd(BaseModel):
        title: str
        default: int

    strict = strict_schema(Odd.model_json_schema())
    assert strict is not None
    assert list(strict["properties"]) == ["title", "default"]


@pytest.mark.parametrize("schema", [FreeForm.model_json_schema(), {"type": "object"}, {"type": "array"}, {}])
def test_schema_with_free_keys_is_not_made_strict(schema: dict[str, Any]) -> None:
    assert strict_schema(schema) is None
    form = canonical_request(FreeForm, PROMPT, "m")["response_format"]["json_schema"]
    assert (form["strict"], form["schema"]) == (False, FreeForm.model_json_schema())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "-7"}, 0),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0),
    ],
)
def test_pause_that_a_server_asks_for_is_read_as_seconds_or_as_a_date(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_s(headers, datetime(2026, 11, 21, 12, tzinfo=UTC)) == seconds


def test_pauses_grow_have_jitter_and_an_end_and_are_never_shorter_than_asked() -> None:
    pauses = [[pause_s(tries, 0.5, 4, None) for _ in range(200)] for tries in (1, 2, 10)]
    assert [max(some) <= most for some, most in zip(pauses, (0.5, 1, 4), strict=True)] == [True] * 3
    assert max(pauses[2]) > 2
    assert len(set(pauses[0])) > 100
    assert all(10 <= pause_s(1, 0.5, 4, 10) <= 11 for _ in range(50))
