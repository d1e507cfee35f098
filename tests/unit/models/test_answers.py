import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from pgswarm.actions.models.answers import candidates, check_storable, read_answer


class Found(BaseModel):
    value: Any
    note: str = ""


@pytest.mark.parametrize(
    "text",
    [
        '{"value": 1}',
        ' \n{"value": 1}\n',
        '```json\n{"value": 1}\n```',
        'Sure!\n```\n{"value": 1}\n```\nDone.',
        'The set {1, 2} gives {"value": 1}, as [asked].',
        '{"other": 0} is wrong; better: {"value": 1}',
        '<think>maybe {"value": 9}</think>\n{"value": 1}',
        '```json\n{"value": 1',
    ],
)
def test_answer_is_found_bare_fenced_or_in_prose(text: str) -> None:
    found, problem = read_answer(Found, text)
    if text.endswith("1"):
        assert (found, problem) == (None, "it holds no JSON object")
    else:
        assert found == Found(value=1)


def test_every_problem_is_named_by_its_place_and_not_by_its_value() -> None:
    class Strict(BaseModel):
        count: int
        names: list[str]

    _, problem = read_answer(Strict, '{"count": "secret", "names": [1]}')
    assert "count: " in problem
    assert "names.0: " in problem
    assert "secret" not in problem


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"value": {"a": ["b\\u0000"]}}', r"$.value.a[0]: text with a NUL"),
        ('{"value": {"a\\ud800": 1}}', "$.value: a key with"),
        ('{"value": -1e999}', "$.value: not a finite number"),
        ('{"value": ' + "[" * 70 + "]" * 70 + "}", "nested more than 64 deep"),
        ('{"value": NaN}', "no JSON"),
    ],
)
def test_what_the_database_cannot_hold_does_not_fit(text: str, told: str) -> None:
    found, problem = read_answer(Found, text)
    assert found is None
    assert told in problem


TEXT = st.text(alphabet='ab1 {}[]"\\`:,<>/\n\té\x00\ud800\udc00😀', max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50)
@given(JSON, st.text(alphabet="abc `.{[}\n", max_size=20))
def test_what_is_taken_is_what_was_written_and_can_be_stored(value: Any, prose: str) -> None:
    found, problem = read_answer(Found, f"{prose}\n{json.dumps({'value': value})}")
    if found is not None and prose.strip("abc .\n") == "":
        assert found.value == value
        json.dumps(found.value, allow_nan=False).encode()
        check_storable(found.value)
    assert (found is None) == bool(problem)


@settings(max_examples=50)
@given(st.lists(TEXT, max_size=5).map("".join))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    list(candidates(text))
    read_answer(Found, text)
