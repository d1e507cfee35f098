"""From a handler's outcome to an act: one `match`. Pure.

One rule: whatever a handler returns becomes an act. What is wrong with it becomes a failure of this node, with a code
and a sentence that says what to do; it is never an exception, and never another node's trouble.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from pgswarm.actions.base import Action, ActionError
from pgswarm.actions.outcomes import Ask, Child, Continue, Fail, Finish, Handler, Question, Sleep, Spawn
from pgswarm.processor import backoff
from pgswarm.processor.activation import Activation
from pgswarm.processor.acts import Act, NewChild, error_value, failed
from pgswarm.processor.encode import BadValueError, diagnostic, json_value, text
from pgswarm.schema.json_schema import flaw
from pgswarm.schema.states import Verb

LONGEST_SLEEP_S: Final = 10 * 365 * 86_400.0
TRANSIENT_S: Final = 1.0
"""The first pause after the trouble of others (a model that is overloaded): by then it has been tried several times."""


class UnknownChildrenError(Exception):
    """Children of actions that nobody has registered, as far as is known here."""

    def __init__(self, action_ids: Sequence[str]) -> None:
        """Take the ids that were not found."""
        super().__init__(", ".join(action_ids))
        self.action_ids = action_ids


def decide(run: Activation, action: Action[Any], outcome: object, known: Callable[[str], bool]) -> Act:
    """Return the act that `outcome` asks for.

    Raises `UnknownChildrenError` where `known` does not know the action of a child.
    """
    try:
        return _act(run, action, outcome, known)
    except BadValueError as error:
        return failed(run, "bad_value", error)
    except ActionError as error:
        return failed(run, error.code, error)


def _act(run: Activation, action: Action[Any], outcome: object, known: Callable[[str], bool]) -> Act:
    match outcome:
        case Finish(report=report):
            act = Act(run, Verb.FINISH, report=text("report", report))
        case Spawn(children=children, then=then):
            handler = _handler(action, then)
            act = Act(run, Verb.SPAWN, handler=handler, children=_children(children, known))
        case Ask(questions=questions, then=then):
            act = Act(run, Verb.ASK, handler=_handler(action, then), questions=_questions(questions))
        case Continue(then=then):
            act = Act(run, Verb.CONTINUE, handler=_handler(action, then))
        case Sleep(seconds=seconds, then=then):
            delay_s = _seconds("Sleep.seconds", seconds)
            act = Act(run, Verb.CONTINUE, handler=_handler(action, then), delay_s=delay_s)
        case Fail(code=code, message=message, report=report):
            text("Fail.code", code)
            text("Fail.message", message)
            act = failed(run, code, message, None if report is None else text("report", report))
        case _:
            raise ActionError(
                "bad_outcome",
                f"{run.action}.{run.handler} returned {type(outcome).__name__}: a handler returns Ask, Spawn, "
                "Continue, Sleep, Finish or Fail",
            )
    return act


def after_exception(run: Activation, error: BaseException, longest_s: float) -> Act:
    """Return the act for a handler that raised: an `ActionError` is final unless transient, all else is tried again."""
    code, first_s = "exception", backoff.FIRST_S
    if isinstance(error, ActionError):
        if not getattr(error, "transient", False):
            return failed(run, error.code, error)
        code, first_s = error.code, TRANSIENT_S
    kind = type(error).__name__
    value = error_value(code, diagnostic(error) or kind, type=kind)
    delay_s = backoff.delay(run.attempt, first_s=first_s, longest_s=longest_s)
    return Act(run, Verb.RETRY, error=value, delay_s=delay_s)


def after_timeout(run: Activation, longest_s: float) -> Act:
    """Return the act for a handler that ran past its action's `timeout_s`."""
    message = (
        f"{run.action}.{run.handler} ran longer than {run.timeout_s} s: do less in one handler, or raise timeout_s"
    )
    delay_s = backoff.delay(run.attempt, longest_s=longest_s)
    return Act(run, Verb.RETRY, error=error_value("timeout", message), delay_s=delay_s)


def unknown_handler(run: Activation, action: Action[Any]) -> Act:
    """Return the act for a handler that this version of the action lacks: another worker may have it, so try again."""
    message = f"{run.action} has no handler {run.handler!r} here: it has {', '.join(action.spec.handlers)}"
    return Act(run, Verb.RETRY, error=error_value("unknown_handler", message), delay_s=backoff.delay(run.attempt))


def _handler(action: Action[Any], then: Handler) -> bytes:
    spec = action.spec
    if isinstance(then, str):
        name = then
    elif callable(then):
        name = getattr(then, "__name__", "")
        if getattr(type(action), name, None) is not getattr(then, "__func__", then):
            name = getattr(then, "__qualname__", repr(then))
    else:
        raise ActionError("bad_outcome", f"then must be a handler of {spec.action_id} or its name, not {then!r}")
    if name not in spec.handlers:
        raise ActionError(
            "unknown_handler", f"then names {name!r}, which {spec.action_id} lacks: it has {', '.join(spec.handlers)}"
        )
    return name.encode()


def _children(children: object, known: Callable[[str], bool]) -> list[NewChild]:
    if not isinstance(children, Sequence) or isinstance(children, str):
        raise ActionError("bad_outcome", f"Spawn.children must be a list of Child, not {type(children).__name__}")
    if not children:
        raise ActionError(
            "no_children", "Spawn has no children, so nothing would wake the node: use Continue or Finish"
        )
    unknown = []
    encoded: dict[int, NewChild] = {}
    new = []
    for number, child in enumerate(children):
        made = encoded.get(id(child))  # the same object again, as in [Child(…)] * 1000
        if made is None:
            made = encoded[id(child)] = _child(f"children[{number}]", child)
            if not known(child.action):
                unknown.append(child.action)
        new.append(made)
    if unknown:
        raise UnknownChildrenError(unknown)
    return new


def _child(field: str, child: object) -> NewChild:
    if not isinstance(child, Child):
        raise ActionError("bad_outcome", f"{field} must be a Child, not {type(child).__name__}")
    if child.priority is not None and child.priority not in (0, 1, 2):
        raise BadValueError(f"{field}.priority must be 0 (first), 1 or 2 (last), not {child.priority!r}")
    if not isinstance(child.args, dict):
        raise BadValueError(f"{field}.args must be a dict, not {type(child.args).__name__}")
    return NewChild(
        text(f"{field}.action", child.action),
        text(f"{field}.directive", child.directive),
        json_value(f"{field}.args", child.args),
        child.priority,
    )


def _questions(questions: object) -> list[bytes]:
    if isinstance(questions, Question | str):
        questions = (questions,)
    if not isinstance(questions, Sequence):
        raise ActionError("bad_outcome", f"Ask.questions must be a Question, text, or a list, not {questions!r}")
    if not questions:
        raise ActionError(
            "no_questions", "Ask has no questions, so nothing would wake the node: use Continue or Finish"
        )
    return [_question(f"questions[{number}]", question) for number, question in enumerate(questions)]


def _question(field: str, question: object) -> bytes:
    if isinstance(question, str):
        question = Question(question)
    if not isinstance(question, Question):
        raise ActionError("bad_outcome", f"{field} must be a Question or text, not {type(question).__name__}")
    if not text(f"{field}.prompt", question.prompt).strip():
        raise BadValueError(f"{field}.prompt is empty: say what is asked")
    value: dict[str, Any] = {"prompt": question.prompt, **_answers(field, question)}
    if question.expires_in_s is not None:
        value["expires_in_s"] = _seconds(f"{field}.expires_in_s", question.expires_in_s)
    return json_value(field, value)


def _answers(field: str, question: Question) -> dict[str, Any]:
    """Return what the question says of its answers; raise where none could ever be given."""
    value: dict[str, Any] = {}
    if question.schema is not None:
        value["schema"] = dict(question.schema)
        if wrong := flaw(value["schema"]):
            raise BadValueError(f"{field}.schema is no JSON schema, so that no answer could fit it: {wrong}")
    if question.choices is not None:
        value["choices"] = list(question.choices)
        if not value["choices"]:
            raise BadValueError(f"{field}.choices is empty: nobody could answer; give choices, or None")
    if question.default_answer is not None:
        value["default_answer"] = question.default_answer
        if question.choices is not None and question.default_answer not in value["choices"]:
            raise BadValueError(f"{field}.default_answer is none of the choices: give one of them, or none")
    return value


def _seconds(field: str, seconds: object) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds) or seconds < 0:
        raise BadValueError(f"{field} must be a number of seconds from 0, not {seconds!r}")
    return min(float(seconds), LONGEST_SLEEP_S)
