"""The state machine of a node, once, as data.

Two rules. A pair of status and verb that is not in `MOVES` is illegal: it is refused here, and the guard that the
database checks on every write is generated from this table. And `TERMINATED` has no moves: it is final.

>>> move(Status.PENDING, Verb.CLAIM)
<Status.RUNNING: 'running'>
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Status(StrEnum):
    """Where a node is. Exactly these five."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING_USER = "waiting_user"
    AWAITING_CHILDREN = "awaiting_children"
    TERMINATED = "terminated"


class Outcome(StrEnum):
    """How a terminated node ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Verb(StrEnum):
    """What happens to a node."""

    SPAWN = "spawn"
    CLAIM = "claim"
    ASK = "ask"
    ANSWER = "answer"
    CHILDREN_DONE = "children_done"
    CONTINUE = "continue"
    RETRY = "retry"
    RELEASE = "release"
    EXPIRE = "expire"
    FINISH = "finish"
    FAIL = "fail"
    CANCEL = "cancel"


class IllegalMoveError(ValueError):
    """The status does not allow the verb."""

    def __init__(self, status: Status, verb: Verb) -> None:
        """Name both halves of the refused pair."""
        super().__init__(f"a node that is {status} cannot {verb}")
        self.status = status
        self.verb = verb


MOVES: Final = MappingProxyType(
    {
        Status.PENDING: MappingProxyType(
            {
                Verb.CLAIM: Status.RUNNING,
                Verb.CANCEL: Status.TERMINATED,
            }
        ),
        Status.RUNNING: MappingProxyType(
            {
                Verb.ASK: Status.WAITING_USER,
                Verb.SPAWN: Status.AWAITING_CHILDREN,
                Verb.CONTINUE: Status.PENDING,
                Verb.RETRY: Status.PENDING,
                Verb.RELEASE: Status.PENDING,
                Verb.EXPIRE: Status.PENDING,
                Verb.FINISH: Status.TERMINATED,
                Verb.FAIL: Status.TERMINATED,
                Verb.CANCEL: Status.TERMINATED,
            }
        ),
        Status.WAITING_USER: MappingProxyType(
            {
                Verb.ANSWER: Status.PENDING,
                Verb.EXPIRE: Status.PENDING,
                Verb.CANCEL: Status.TERMINATED,
            }
        ),
        Status.AWAITING_CHILDREN: MappingProxyType(
            {
                Verb.CHILDREN_DONE: Status.PENDING,
                Verb.CANCEL: Status.TERMINATED,
            }
        ),
        Status.TERMINATED: MappingProxyType({}),
    }
)


def move(status: Status, verb: Verb) -> Status:
    """Return the status that `verb` leads to; raise `IllegalMoveError` where the pair is not in the table."""
    try:
        return MOVES[status][verb]
    except KeyError:
        raise IllegalMoveError(status, verb) from None


def legal_pairs() -> frozenset[tuple[Status, Status]]:
    """Return every (from, to) pair that some verb makes; what the database's guard lets through."""
    return frozenset((before, after) for before, verbs in MOVES.items() for after in verbs.values())
