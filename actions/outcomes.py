"""What a handler returns: one frozen value that says what becomes of its node.

A handler never touches the database. It returns one of these, and the processor turns it into exactly one verb.
`then` names the handler of the same action that runs when the node is woken.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""Any value that JSON can hold."""

Handler: TypeAlias = Callable[..., Any] | str
"""A method of the action, or its name."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question to a person. It becomes one row and is answered on its own.

    `schema` is a JSON schema that the answer must fit; `choices` the only answers allowed; after `expires_in_s`
    seconds `default_answer` is taken.
    """

    prompt: str
    schema: Mapping[str, Json] | None = None
    choices: Sequence[Json] | None = None
    default_answer: Json = None
    expires_in_s: float | None = None


@dataclass(frozen=True, slots=True)
class Child:
    """A node to spawn: the action that works it, its directive, its arguments and its priority (0 first, 2 last)."""

    action: str
    directive: str
    args: Mapping[str, Json] = field(default_factory=dict)
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Wait until every question is answered (running → waiting_user)."""

    questions: Question | str | Sequence[Question | str]
    then: Handler


@dataclass(frozen=True, slots=True)
class Spawn:
    """Wait until every child has terminated (running → awaiting_children).

    `plan`: what a person reads who must say yes to it first, where the swarm's `approve` option asks for that. A spawn
    with a `plan` is one that carries out what was planned.
    """

    children: Sequence[Child]
    then: Handler
    plan: str = ""


@dataclass(frozen=True, slots=True)
class Continue:
    """Run another handler of this node as soon as a worker is free (running → pending)."""

    then: Handler


@dataclass(frozen=True, slots=True)
class Sleep:
    """Run another handler after `seconds` of database time; nothing is held meanwhile (running → pending)."""

    seconds: float
    then: Handler


@dataclass(frozen=True, slots=True)
class Finish:
    """The node succeeded; `report` goes to its parent (running → terminated)."""

    report: str = ""


@dataclass(frozen=True, slots=True)
class Fail:
    """The node failed: a stable `code`, a sentence for people, and what there is to report (running → terminated)."""

    code: str
    message: str
    report: str | None = None


ActionOutcome: TypeAlias = Ask | Spawn | Continue | Sleep | Finish | Fail
