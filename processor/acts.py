"""An act: what one finished activation asks of the database, already encoded. One activation, one act, one verb.

`Batch` turns acts into the flat arrays that `pgswarm.advance` takes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pgswarm.processor import wire
from pgswarm.processor.encode import diagnostic
from pgswarm.schema.states import Verb

if TYPE_CHECKING:
    from pgswarm.processor.activation import Activation


@dataclass(slots=True)
class NewChild:
    """One child of a spawn: its action, directive and arguments in bytes, and its priority (None: its parent's)."""

    action: bytes
    directive: bytes
    args: bytes
    priority: int | None


class Act:
    """A verb with what it needs. Texts and JSON are bytes that were checked (`encode`)."""

    __slots__ = ("activation", "children", "delay_s", "error", "handler", "questions", "report", "state", "verb")

    def __init__(
        self,
        activation: "Activation",
        verb: Verb,
        *,
        report: bytes | None = None,
        error: bytes | None = None,
        handler: bytes | None = None,
        delay_s: float | None = None,
        children: Sequence[NewChild] = (),
        questions: Sequence[bytes] = (),
    ) -> None:
        """Take the activation that ended, the verb, and the parts that the verb has."""
        self.activation = activation
        self.verb = verb
        self.report = report
        self.error = error
        self.handler = handler
        self.delay_s = delay_s
        self.children = children
        self.questions = questions
        self.state: bytes | None = None

    def weight(self) -> int:
        """Return how many rows the act makes, about."""
        return 1 + len(self.children) + len(self.questions)


def error_value(code: str, message: object, **more: str) -> bytes:
    """Encode a node's `error`: a stable code, a message for people, and what else is known."""
    value = {"code": code, "message": diagnostic(message), **{key: diagnostic(text) for key, text in more.items()}}
    return json.dumps(value, ensure_ascii=False).encode()


def failed(activation: "Activation", code: str, message: object, report: bytes | None = None) -> Act:
    """Return the act that fails a node."""
    return Act(activation, Verb.FAIL, error=error_value(code, message), report=report)


def released(activation: "Activation", delay_s: float | None = None) -> Act:
    """Return the act that gives a node back as if it had never been claimed."""
    return Act(activation, Verb.RELEASE, delay_s=delay_s)


_VERBS: Final = {verb: verb.value.encode() for verb in Verb}


def keys(acts: Sequence[Act]) -> tuple[wire.Uuids, wire.Uuids, wire.Ints]:
    """Return swarm ids, node ids and epochs of acts, in their order."""
    runs = [act.activation for act in acts]
    return (
        wire.uuids([run.swarm_key for run in runs]),
        wire.uuids([run.node_key for run in runs]),
        wire.ints([run.lease_epoch for run in runs]),
    )


def parameters(acts: Sequence[Act]) -> dict[str, wire.Array]:
    """Return the arrays of `pgswarm.advance` that describe these acts, by parameter name."""
    child_of: list[int] = []
    children: list[NewChild] = []
    question_of: list[int] = []
    questions: list[bytes] = []
    for number, act in enumerate(acts, 1):
        if act.children:
            child_of.extend([number] * len(act.children))
            children.extend(act.children)
        if act.questions:
            question_of.extend([number] * len(act.questions))
            questions.extend(act.questions)
    swarm_ids, node_ids, epochs = keys(acts)
    return {
        "swarm_ids": swarm_ids,
        "node_ids": node_ids,
        "epochs": epochs,
        "verbs": wire.texts([_VERBS[act.verb] for act in acts]),
        "reports": wire.texts([act.report for act in acts]),
        "errors": wire.jsons([act.error for act in acts]),
        "handlers": wire.texts([act.handler for act in acts]),
        "states": wire.jsons([act.state for act in acts]),
        "delays_s": wire.floats([act.delay_s for act in acts]),
        "child_of": wire.ints(child_of),
        "child_ids": wire.uuids([None] * len(children)),
        "child_actions": wire.texts([child.action for child in children]),
        "child_directives": wire.texts([child.directive for child in children]),
        "child_args": wire.jsons([child.args for child in children]),
        "child_priorities": wire.shorts([child.priority for child in children]),
        "question_of": wire.ints(question_of),
        "question_ids": wire.uuids([None] * len(questions)),
        "questions": wire.jsons(questions),
    }
