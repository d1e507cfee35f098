"""An effect of which nobody knows whether it happened: the question to a person, and what the answer means. Pure.

A crash between an effect's intent and its end leaves it unknown. Then the activation stops with a question instead of
guessing, and the same handler runs again when a person has answered. The answers that the handler
had are kept meanwhile in the node's state under `KEY`, which handlers never see.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pgswarm.processor.encode import json_value

KEY: Final = "pgswarm.unclear_effect"
MARK: Final = KEY.encode()


class UnclearEffectError(BaseException):
    """Stops a handler at an unclear effect. No `Exception`, so that a handler's own `except` does not swallow it."""

    def __init__(self, key: str) -> None:
        """Take the effect's key."""
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Unclear:
    """What is kept while a person is asked.

    `activation` is the one that the handler's model calls were journaled under; `lease_epoch` the one that asked: an
    intent of a later epoch is not what the person was asked about. `answers` are those that the handler had.
    """

    key: str
    activation: int
    lease_epoch: int
    answers: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a person said: whether the effect happened and, if it did, its result."""

    happened: bool
    result: Any = None


def question(key: str, action: str) -> bytes:
    """Return the question about an effect, as JSON."""
    prompt = (
        f"A crash left it unknown whether {key!r} of {action} happened. Please look, and answer: no, if it did not "
        "(it is then done again); yes, if it did; or what came of it, as an object with the key result."
    )
    schema = {"anyOf": [{"type": "boolean"}, {"type": "string"}, {"type": "object", "required": ["result"]}]}
    return json_value("question", {"prompt": prompt, "schema": schema})


def read(answer: Any) -> Settled | None:
    """Return what an answer means; None where it is neither yes, no nor a result."""
    if isinstance(answer, Mapping) and "result" in answer:
        return Settled(happened=True, result=answer["result"])
    if isinstance(answer, str):
        word = answer.strip().strip("\"'.!“”").lower()
        answer = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}.get(word)
    if isinstance(answer, bool):
        return Settled(happened=answer)
    return None


def keep(state: Mapping[str, Any], unclear: Unclear) -> bytes:
    """Return the node's state while a person is asked."""
    kept = {
        "key": unclear.key,
        "activation": unclear.activation,
        "lease_epoch": unclear.lease_epoch,
        "answers": list(unclear.answers),
    }
    return json_value("state", {**state, KEY: kept})


def split(state: bytes) -> tuple[dict[str, Any], Unclear | None]:
    """Split a stored state into the handler's own and what was kept."""
    own: dict[str, Any] = json.loads(state)
    kept = own.pop(KEY, None)
    return own, None if kept is None else Unclear(**kept)
