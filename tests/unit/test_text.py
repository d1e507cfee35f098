"""Text that PostgreSQL cannot hold is refused by the field's name."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgswarm.schema.errors import InvalidInputError
from pgswarm.schema.text import clean, clean_json

BAD = ["\0", "a\0b", "\ud800", "x\udfff", "\ud83d alone"]


@pytest.mark.parametrize("text", BAD)
def test_text_that_cannot_be_stored_is_refused_with_the_field_and_a_remedy(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"^goal contains") as refused:
        clean("goal", text)
    assert refused.value.field == "goal"
    assert refused.value.hint


def test_message_says_where_the_surrogate_is() -> None:
    with pytest.raises(InvalidInputError, match="at character 3"):
        clean("goal", "abc\ud800")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_every_other_text_is_left_as_it_is(text: str) -> None:
    assert clean("goal", text) is text


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"a": [1, {"b": "\0"}]}, "args.a[1].b"),
        (["ok", "\ud800"], "args[1]"),
        ({"bad\0key": 1}, "args"),
        ({"deep": {"bad\0key": 1}}, "args.deep"),
        ("\0", "args"),
    ],
)
def test_text_within_json_is_refused_with_its_path(value: Any, field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        clean_json("args", value)
    assert refused.value.field == field


def test_json_without_bad_text_is_left_as_it_is() -> None:
    value = {"a": [1, None, True, "ä", {"b": 1.5}], "🦦": ()}
    assert clean_json("args", value) is value


def test_json_of_great_depth_is_no_trouble() -> None:
    value: Any = "x"
    for _ in range(20_000):
        value = [value]
    clean_json("args", value)
