"""Texts, schemas and arguments of others are data: bounded, cleaned, checked."""

from typing import Any

import mcp_types as types
import pytest
from pydantic import ValidationError

from pgswarm.actions.outside.args import args_model
from pgswarm.actions.outside.mcp.content import as_text
from pgswarm.actions.outside.texts import MAX_DEPTH, cleaned, one_line, schema_trouble, usable_name, without
from pgswarm.actions.swarm.outputs import MAX_CHARS

SCHEMA = {
    "type": "object",
    "properties": {"to": {"type": "string"}, "lines": {"anyOf": [{"$ref": "#/$defs/Lines"}, {"type": "null"}]}},
    "required": ["to"],
    "$defs": {"Lines": {"type": "array", "items": {"type": "string"}}},
}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


@pytest.mark.parametrize(
    ("text", "structured", "told"),
    [
        ("It is mild.", {"celsius": 9}, 'It is mild.\n\nOutput:\n{"celsius": 9}'),
        ('{"celsius": 9}', {"celsius": 9}, '{"celsius": 9}'),
        ("9", {"result": 9}, "9"),
        ("It is mild.", {"long": "x" * MAX_CHARS}, "It is mild."),
        ("Nobody knows.", None, "Nobody knows."),
    ],
)
def test_what_a_tool_gives_by_name_is_handed_on_beside_its_text(text: str, structured: Any, told: str) -> None:
    block = types.TextContent(type="text", text=text)
    result = types.CallToolResult(content=[block], structured_content=structured)
    assert as_text(result, []) == told


def test_text_loses_what_hides_or_commands() -> None:
    assert cleaned("a\x1b[31mb\u202ec\u200bd\0e\tf\ng", 100) == "a[31mbcde\tf\ng"
    assert cleaned("abcdef", 4) == "abc…"
    assert one_line("a\n\n  b", 100) == "a b"


def test_a_secret_is_taken_out_also_as_json_writes_it() -> None:
    assert without({'to"ken'}, 'x to"ken y to\\"ken') == "x [secret] y [secret]"


@pytest.mark.parametrize("name", ["a/b", "", "a b", "../x", "x" * 65, "é", "-x"])
def test_names_that_could_be_taken_for_something_else_are_refused(name: str) -> None:
    assert not usable_name(name)


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ([], "no object"),
        ({"type": "string"}, "something else than an object"),
        ({"type": "object", "properties": {"a": {"type": "nonsense"}}}, "its schema is none"),
        (nested(MAX_DEPTH), "nested deeper"),
        ({"type": "object", "description": "x" * 40_000}, "longer than"),
    ],
)
def test_schemas_that_cannot_be_used_are_refused_with_their_reason(schema: Any, told: str) -> None:
    assert told in str(schema_trouble(schema))


def test_arguments_are_checked_by_the_schema_and_structures_read_from_text() -> None:
    model: Any = args_model("Args", SCHEMA)
    assert model.model_json_schema() == SCHEMA
    assert model.model_validate({"to": "1", "lines": '["a"]'}).root == {"to": "1", "lines": ["a"]}
    with pytest.raises(ValidationError, match=r"args\.lines"):
        model.model_validate({"to": "x", "lines": "no list"})
    with pytest.raises(ValidationError, match="to"):
        model.model_validate({})
