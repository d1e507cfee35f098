"""A server's forms as questions to people, and what people type as the server wants it."""

from typing import Any

import pytest
from mcp_types import ElicitRequestFormParams, ElicitRequestURLParams

from pgswarm.actions.outside.mcp.questions import UnansweredError, kept_params, question, response

ONE = {"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]}
TWO = {
    "type": "object",
    "properties": {"size": {"type": "integer"}, "kind": {"type": "string", "enum": ["a", "b"]}},
    "required": ["size"],
}


def form(schema: dict[str, Any]) -> dict[str, Any]:
    return kept_params(ElicitRequestFormParams(message="Which?\u202e", requested_schema=schema), ())


@pytest.mark.parametrize(
    ("schema", "answer", "content"),
    [
        (ONE, "abc", {"code": "abc"}),
        (ONE, 1010, {"code": "1010"}),
        (ONE, {"code": "x"}, {"code": "x"}),
        (TWO, {"size": 1, "kind": "a"}, {"size": 1, "kind": "a"}),
    ],
)
def test_an_answer_becomes_the_forms_content(schema: dict[str, Any], answer: Any, content: Any) -> None:
    made = response(form(schema), answer)
    assert made is not None
    assert (made.action, made.content) == ("accept", content)


@pytest.mark.parametrize("answer", ["many", {"size": "x"}, {"kind": "a"}, {"size": 1, "kind": "c"}, 7])
def test_an_answer_that_does_not_fit_is_none(answer: Any) -> None:
    assert response(form(TWO), answer) is None


def test_decline_declines_whatever_is_asked() -> None:
    address = kept_params(ElicitRequestURLParams(message="Log in", url="https://x.example/", elicitation_id="1"), ())
    for request in (form(ONE), form(TWO), address):
        made = response(request, "decline")
        assert made is not None
        assert (made.action, made.content) == ("decline", None)
    asked = question("mcp/x/y", address, again=False)
    assert asked.choices == ["done", "decline"]
    assert "https://x.example/" in asked.prompt


def test_who_asks_and_what_for_is_said() -> None:
    prompt = question("mcp/x/y", form(TWO), again=True).prompt
    assert prompt.startswith("mcp/x/y asks: Which?\n(The server's protocol cannot wait")
    assert "- size (integer, required)\n- kind (string) One of: a, b.\nAnswer with a JSON object, or decline." in prompt


def test_a_form_that_is_none_is_refused() -> None:
    with pytest.raises(UnansweredError, match="cannot be shown"):
        form({"type": "object", "properties": {"a": {"type": "nonsense"}}})
