"""What a person types, as the value that a question wants."""

from typing import Any

import pytest

from pgswarm.cli.answers import parse_answer
from pgswarm.cli.exits import BadInputError


@pytest.mark.parametrize(
    ("typed", "choices", "schema", "value"),
    [
        ("the board\n", None, None, "the board"),
        ("42", None, None, "42"),
        ("true", None, {"type": "string"}, "true"),
        ("42", None, {"type": "integer"}, 42),
        ("2.5", None, {"type": "number"}, 2.5),
        ("Yes", None, {"type": "boolean"}, True),
        ("n", None, {"type": ["boolean", "null"]}, False),
        ("null", None, {"type": ["boolean", "null"]}, None),
        ('["a", 1]', None, {"type": "array"}, ["a", 1]),
        ("not json", None, {"type": ["object", "string"]}, "not json"),
        ("2", ["2024", "2"], None, "2"),
        ("1", ["2024", "2025"], None, "2024"),
        ("BOARD", ["board", "staff"], None, "board"),
        ("true", [True, False], None, True),
        ("2", [True, False], None, False),
    ],
)
def test_answers_are_read_as_the_question_wants_them(
    typed: str, choices: list[Any] | None, schema: dict[str, Any] | None, value: object
) -> None:
    found = parse_answer(typed, choices, schema)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("typed", "choices", "schema", "said"),
    [
        ("", None, None, "empty"),
        ("3", ["a", "b"], None, "not one of the choices"),
        ("0", ["a", "b"], None, "not one of the choices"),
        ("many", None, {"type": "integer"}, "does not fit"),
        ("maybe", None, {"type": "boolean"}, "does not fit"),
    ],
)
def test_answers_that_do_not_fit_are_refused_with_what_would(
    typed: str, choices: list[Any] | None, schema: dict[str, Any] | None, said: str
) -> None:
    with pytest.raises(BadInputError, match=said) as caught:
        parse_answer(typed, choices, schema)
    assert caught.value.remedy


def test_answer_is_checked_against_the_whole_schema() -> None:
    schema = {"type": "array", "items": {"type": "integer", "maximum": 31}}
    assert parse_answer("[1, 31]", None, schema) == [1, 31]
    with pytest.raises(BadInputError, match=r"answer\[1\]"):
        parse_answer("[1, 32]", None, schema)
