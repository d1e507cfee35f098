"""Every outcome becomes one act; whatever is wrong with it becomes a failure of this node, with a code and a remedy."""

import json
import math
from typing import Any

import pytest

from pgswarm.actions import Action, ActionError, Ask, Child, Continue, Fail, Finish, Question, Sleep, Spawn
from pgswarm.actions.base import ActionSpec, NoArgs
from pgswarm.processor.activation import COLUMNS, Activation
from pgswarm.processor.decide import UnknownChildrenError, after_exception, after_timeout, decide
from pgswarm.schema.states import Verb

ROW = dict.fromkeys(COLUMNS) | {"action": "test/a", "handler": "main", "attempt": 1, "timeout_s": 9, "lease_epoch": 1}


class TwoHandlers(Action[NoArgs]):
    spec = ActionSpec("test/a", "", 1, 9, 5, 30.0, args_model=NoArgs, routable=True, handlers=("conclude", "main"))

    async def main(self, _node: Any) -> Any:
        return Continue(self.conclude)

    async def conclude(self, _node: Any) -> Any:
        return Finish()


class Other(Action[NoArgs]):
    async def conclude(self, _node: Any) -> Any:
        return Finish()


ACTION = TwoHandlers()


def activation(**changes: Any) -> Any:
    return Activation(tuple((ROW | changes).values()), 0.0)


def act(outcome: Any) -> Any:
    return decide(activation(), ACTION, outcome, lambda action_id: action_id == "test/child")


def error_of(made: Any) -> Any:
    assert made.verb is Verb.FAIL
    return json.loads(made.error)


def test_each_outcome_becomes_its_verb() -> None:
    assert act(Finish("done")).verb is Verb.FINISH
    assert act(Finish("done")).report == b"done"
    assert act(Fail("code", "why")).verb is Verb.FAIL
    assert act(Continue(ACTION.conclude)).verb is Verb.CONTINUE
    assert act(Sleep(2.5, "conclude")).delay_s == 2.5
    assert act(Ask("What?", then=ACTION.conclude)).verb is Verb.ASK
    assert act(Spawn([Child("test/child", "do")], then="main")).handler == b"main"


def test_a_spawn_keeps_the_order_and_the_parts_of_its_children() -> None:
    made = act(Spawn([Child("test/child", "a", {"n": 1}), Child("test/child", "b", priority=0)], then="conclude"))
    assert [(child.directive, child.args, child.priority) for child in made.children] == [
        (b"a", b'{"n":1}', None),
        (b"b", b"{}", 0),
    ]


def test_a_question_keeps_only_what_it_has() -> None:
    (question,) = act(Ask(Question("Which?", choices=["a", "b"], expires_in_s=3), then="main")).questions
    assert json.loads(question) == {"prompt": "Which?", "choices": ["a", "b"], "expires_in_s": 3.0}


@pytest.mark.parametrize(
    ("outcome", "code", "words"),
    [
        (None, "bad_outcome", "returned NoneType"),
        ("text", "bad_outcome", "returned str"),
        (Continue("nowhere"), "unknown_handler", "'nowhere'"),
        (Continue(Other().conclude), "unknown_handler", "Other.conclude"),
        (Continue(7), "bad_outcome", "then must be a handler"),
        (Spawn([], then="main"), "no_children", "Continue or Finish"),
        (Spawn("ab", then="main"), "bad_outcome", "list of Child"),
        (Spawn(["ab"], then="main"), "bad_outcome", "children[0]"),
        (Spawn([Child("test/child", "x", priority=9)], then="main"), "bad_value", "children[0].priority"),
        (Spawn([Child("test/child", 3)], then="main"), "bad_value", "children[0].directive"),
        (Spawn([Child("test/child", "x", {"a": {1, 2}})], then="main"), "bad_value", "children[0].args"),
        (Ask([], then="main"), "no_questions", "Continue or Finish"),
        (Ask("  ", then="main"), "bad_value", "questions[0].prompt"),
        (Ask(Question("x", choices=[]), then="main"), "bad_value", "choices is empty"),
        (Ask(Question("x", choices=["a"], default_answer="b"), then="main"), "bad_value", "none of the choices"),
        (Ask(Question("x", schema={"type": "no"}), then="main"), "bad_value", "questions[0].schema is no JSON schema"),
        (Sleep(-1, then="main"), "bad_value", "Sleep.seconds"),
        (Sleep(math.nan, then="main"), "bad_value", "Sleep.seconds"),
        (Finish("a\0b"), "bad_value", "report contains a NUL character at position 1"),
        (Finish("\ud800"), "bad_value", "report contains a lone surrogate"),
        pytest.param(Finish("x" * 17_000_000), "bad_value", "report has 17,000,000 bytes", id="large"),
        (Finish(b"bytes"), "bad_value", "report must be text"),
        (Fail("a\0", "why"), "bad_value", "Fail.code"),
    ],
)
def test_a_wrong_outcome_fails_the_node_with_a_code_and_the_field(outcome: Any, code: Any, words: Any) -> None:
    error = error_of(act(outcome))
    assert error["code"] == code
    assert words in error["message"]


def test_children_of_unknown_actions_are_reported_together() -> None:
    with pytest.raises(UnknownChildrenError) as caught:
        act(Spawn([Child("no/a", "x"), Child("test/child", "x"), Child("no/b", "x")], then="main"))
    assert caught.value.action_ids == ["no/a", "no/b"]


def test_an_exception_is_tried_again_later_each_time() -> None:
    delays = []
    for attempt in (1, 2, 3, 4):
        made = after_exception(activation(attempt=attempt), ValueError("broken"), 30.0)
        assert made.verb is Verb.RETRY
        assert json.loads(made.error) == {"code": "exception", "message": "broken", "type": "ValueError"}
        delays.append(made.delay_s)
    for delay, whole in zip(delays, (0.1, 0.2, 0.4, 0.8), strict=True):
        assert whole / 2 <= delay <= whole
    assert after_exception(activation(attempt=20), ValueError(), 0.1).delay_s <= 0.1


def test_an_action_error_is_final_unless_it_is_transient() -> None:
    made = after_exception(activation(), ActionError("not_found", "no such file"), 30.0)
    assert error_of(made) == {"code": "not_found", "message": "no such file"}
    transient = ActionError("model_timeout", "slow")
    transient.transient = True
    made = after_exception(activation(), transient, 30.0)
    assert made.verb is Verb.RETRY
    assert json.loads(made.error)["code"] == "model_timeout"
    assert 0.5 <= made.delay_s <= 1.0  # it was tried several times already
    assert after_exception(activation(attempt=9), transient, 3.0).delay_s <= 3.0


def test_an_exception_whose_text_cannot_be_stored_or_made_is_still_told() -> None:
    class UnprintableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert json.loads(after_exception(activation(), ValueError("a\0\ud800"), 1.0).error)["message"] == "a\\0\\ud800"
    assert "RuntimeError" in json.loads(after_exception(activation(), UnprintableError(), 1.0).error)["message"]


def test_a_timeout_is_tried_again_with_its_code() -> None:
    made = after_timeout(activation(), 30.0)
    assert made.verb is Verb.RETRY
    assert json.loads(made.error)["code"] == "timeout"
    assert "9 s" in json.loads(made.error)["message"]
