"""JSON schemas checked whole, with nothing fetched and no pattern that runs for ever."""

from typing import Any

import pytest

from pgswarm.schema.json_schema import flaw, misfits


@pytest.mark.parametrize(
    ("schema", "value", "paths"),
    [
        ({"type": "integer", "minimum": 3}, 3, []),
        ({"type": "integer", "minimum": 3}, 2, ["answer"]),
        ({"type": "integer"}, 10**400, []),
        ({"type": "array", "items": {"type": "string"}}, ["a", 1, 2], ["answer[1]", "answer[2]"]),
        ({"properties": {"a": {"properties": {"b": {"const": 1}}}}}, {"a": {"b": 2}}, ["answer.a.b"]),
        ({"$defs": {"n": {"type": "integer"}}, "$ref": "#/$defs/n"}, "x", ["answer"]),
        ({"pattern": "^(?=(a+)+$)b"}, "a" * 50_000, ["answer"]),
    ],
)
def test_misfits_name_every_place(schema: Any, value: Any, paths: list[str]) -> None:
    assert [misfit.path for misfit in misfits(schema, value, "answer")] == paths


def test_misfits_are_bounded_in_number_and_length() -> None:
    found = misfits({"items": {"enum": ["y" * 1000]}}, ["x" * 5000] * 1000, "answer")
    assert len(found) == 20
    assert max(len(misfit.message) for misfit in found) <= 301


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "no type"},
        {"$ref": "http://127.0.0.1:1/x"},
        {"$ref": "file:///etc/passwd"},
        {"pattern": "("},
        [],
        "x",
        5,
    ],
)
def test_schema_that_is_none_has_a_flaw_and_holds_nobody_up(schema: Any) -> None:
    assert flaw(schema)
    assert misfits(schema, "anything", "answer") == []


def test_schema_that_is_one_has_no_flaw() -> None:
    assert flaw({"type": "object", "required": ["a"]}) is None
