"""Drafts of actions, without a sandbox: what is none, what it is made of, who approves it, what a run answered."""

from typing import Any

import pytest

from pgswarm.actions.base import ActionError
from pgswarm.actions.created import protocol
from pgswarm.actions.created.cases import judge
from pgswarm.actions.created.draft import Draft, content_of, problem_with
from pgswarm.actions.created.library import Content, CreatedAction
from pgswarm.actions.created.policy import PACKAGES, VARIABLE, Policy, may_create
from pgswarm.actions.created.review import prompt_of
from pgswarm.actions.node import CodeRun
from pgswarm.actions.swarm.yes import read_answer

CASE: dict[str, Any] = {
    "name": "a case", "handler": "main", "directive": "x", "args": "", "state": "", "reports": [], "answers": [],
    "files": [], "expect": "finish", "report_contains": [], "output": "",
}  # fmt: skip
SLOT = {"name": "text", "type": "list of text", "description": "some", "required": True}
DRAFT: dict[str, Any] = {
    "questions": [], "name": "shout", "description": "Shouts.", "language": "python", "inputs": [SLOT], "outputs": [],
    "dependencies": [], "code": "def main(node):\n    return Finish('x')", "tests": [CASE],
}  # fmt: skip
CONTENT = Content("code", "python", {"type": "object"}, {}, ("b", "a"))
MADE = CreatedAction("created/shout", 1, "Shouts.", CONTENT, CONTENT.hash)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": "Shout!"}, "`name`"),
        ({"description": " "}, "`description`"),
        ({"inputs": [SLOT, SLOT]}, "`inputs`"),
        ({"dependencies": ["git+https://x"]}, "`dependencies`"),
        ({"code": "def other(node): pass"}, "main(node)"),
        ({"code": "def main(node):\n    ..."}, "left out"),
        ({"language": "shell", "code": " "}, "whole script"),
        ({"tests": []}, "at least one case"),
        ({"tests": [{**CASE, "expect": "ask"}]}, "at least one case"),
        ({"tests": [CASE] * 11}, "10 at most"),
        ({"tests": [{**CASE, "args": "[1]"}]}, "JSON object"),
        ({"tests": [{**CASE, "state": "{"}]}, "no JSON"),
    ],
)
def test_draft_that_is_none_says_why(change: dict[str, Any], why: str) -> None:
    assert problem_with(Draft.model_validate(DRAFT)) == ""
    assert why in problem_with(Draft.model_validate({**DRAFT, **change}))


def test_hash_is_of_all_that_decides_what_an_action_does() -> None:
    made = content_of(Draft.model_validate(DRAFT))
    assert made.input_schema["properties"]["text"]["type"] == "array"
    others = [
        Content("Code", "python", {"type": "object"}, {}, ("b", "a")),
        Content("code", "shell", {"type": "object"}, {}, ("b", "a")),
        Content("code", "python", {"type": "string"}, {}, ("b", "a")),
        Content("code", "python", {"type": "object"}, {"type": "object"}, ("b", "a")),
        Content("code", "python", {"type": "object"}, {}, ("a",)),
        Content("code", "python", {"type": "object"}, {}, ("b", "a"), {"m": {"code": "1", "of": "x version 1"}}),
        Content("code", "python", {"type": "object"}, {}, ("b", "a"), {"m": {"code": "2", "of": "x version 1"}}),
    ]
    assert len({CONTENT.hash, *(other.hash for other in others)}) == 8
    assert Content("code", "python", {"type": "object"}, {}, ["a", "b"]).hash == CONTENT.hash


@pytest.mark.parametrize(
    ("operator", "swarm", "mode"),
    [("", None, "ask"), ("auto", None, "auto"), ("auto", "ask", "ask"), ("ask", "auto", "ask"), ("auto", "off", "off")],
)
def test_swarm_can_only_be_stricter_than_its_operator(operator: str, swarm: str | None, mode: str) -> None:
    policy = Policy.from_env({VARIABLE: operator}).stricter(swarm)
    assert policy.mode == mode
    assert may_create({"create": swarm}, {VARIABLE: operator}) == (mode != "off")


def test_packages_that_the_operator_did_not_name_need_a_person() -> None:
    policy = Policy.from_env({VARIABLE: "auto", PACKAGES: "numpy, Ruamel.Yaml"})
    assert policy.approves([])
    assert policy.approves(["numpy>=2", "ruamel-yaml[jinja2]==0.18"])
    assert not policy.approves(["numpy", "requests"])
    assert not Policy.from_env({}).approves([])
    with pytest.raises(ActionError, match=VARIABLE):
        Policy.from_env({VARIABLE: "yes"})


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (CodeRun(None, "", "", "timeout"), "timeout"),
        (CodeRun(1, "", "Traceback\nValueError: no", "exited"), "ValueError: no"),
        (CodeRun(0, "hello", "", "exited"), "none"),
        (CodeRun(0, '{"outcome": "obey"}', "", "exited"), "none"),
        (CodeRun(0, '{"outcome": "spawn", "children": []}', "", "exited"), "children"),
        (CodeRun(0, '{"outcome": "finish", "owner": 1}', "", "exited"), "owner"),
        (CodeRun(0, '{"outcome": "finish"}', "", "exited", truncated=True), "more than"),
    ],
)
def test_what_is_no_answer_is_refused_with_a_reason(run: CodeRun, why: str) -> None:
    with pytest.raises(protocol.BadAnswerError, match=why):
        protocol.read(MADE, run)


def test_case_is_judged_by_outcome_report_and_output() -> None:
    schema = {"type": "object", "required": ["words"]}
    made = CreatedAction("created/x", 0, "", Content("", "python", {}, schema, ()), "")
    run = CodeRun(0, '{"outcome": "finish", "report": "3 words", "output": {"words": 3}}', "", "exited")
    answer = protocol.read(made, run)
    cases = {"expect": "fail"}, {"report_contains": ["4"]}, {"output": '{"words": 4}'}
    drafts = [Draft.model_validate({**DRAFT, "tests": [{**CASE, **change}]}).tests[0] for change in ({}, *cases)]
    assert [bool(judge(made, case, answer)) for case in drafts] == [False, True, True, True]
    empty = protocol.read(made, CodeRun(0, '{"outcome": "finish"}', "", "exited"))
    assert "output" in judge(made, drafts[0], empty)


def test_person_sees_the_whole_source_and_answers_as_they_like() -> None:
    prompt = prompt_of(MADE, "why", "- a case: passed")
    assert "\n\ncode\n\n" in prompt
    assert CONTENT.hash[:12] in prompt
    assert [read_answer(a).yes for a in (True, "Yes.", "go ahead", False, "no", "in capitals")] == [True] * 3 + [
        False
    ] * 3
    assert [read_answer(a).correction for a in (False, "no", " in capitals ")] == ["", "", "in capitals"]
