"""What PostgreSQL would refuse is refused before it is sent, by the name of its field."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgswarm.processor.encode import BadValueError, diagnostic, json_value, text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@settings(max_examples=30)
@given(JSON)
def test_json_comes_back_as_it_was(value: Any) -> None:
    assert json.loads(json_value("x", value)) == value


def deep(levels: Any) -> Any:
    value = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "not JSON"),
        (float("inf"), "not JSON"),
        ({"a": {1}}, "not JSON"),
        ({("a", "b"): 1}, "not JSON"),
        (b"x", "not JSON"),
        pytest.param(10**5000, "not JSON", id="a huge integer"),
        (["a\0"], "NUL"),
        ({"\0": 1}, "NUL"),
        (("x", {"y": "\0"}), "NUL"),
        ("\udc80", "lone surrogate"),
        pytest.param(deep(20_000), "nested too deep", id="deep"),
        pytest.param("x" * 17_000_000, "bytes", id="large"),
    ],
)
def test_json_that_cannot_be_stored_is_refused_by_name(value: Any, words: Any) -> None:
    with pytest.raises(BadValueError, match=words) as caught:
        json_value("children[3].args", value)
    assert str(caught.value).startswith("children[3].args")


def test_a_backslash_before_u0000_is_not_a_nul() -> None:
    assert json.loads(json_value("x", "\\u0000")) == "\\u0000"


def test_text_is_utf_8() -> None:
    assert text("x", "grün 🌳") == "grün 🌳".encode()


def test_diagnostics_are_cut_and_always_storable() -> None:
    assert len(diagnostic("x" * 10_000)) == 4_001
    text("x", diagnostic("\0\ud800"))
