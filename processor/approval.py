"""A person's yes before a spawn, where the swarm's `approve` asks for it: the question, and what waits for its answer.

Pure. The spawn that a handler returned waits in the node's state under `KEY`, which handlers never see. A yes
commits it as it was; a no fails the node; anything else is a correction: the handler runs again, from the state that it
had, with the correction among its messages, where it stays (under `SAID`). Bounded: `MAX_CORRECTIONS` of one spawn.
A person says yes to no more than they were shown: every child stands in the question with its directive and arguments
whole, and a spawn of more than `MAX_SHOWN` characters is not asked for but fails.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from textwrap import indent
from typing import Any, Final

from pgswarm.actions.swarm.notes import filled_in
from pgswarm.actions.swarm.yes import QUESTION_SCHEMA
from pgswarm.processor.acts import NewChild
from pgswarm.processor.encode import json_value

KEY: Final = "pgswarm.approval"
MARK: Final = KEY.encode()
SAID: Final = "pgswarm.corrections"
SAID_MARK: Final = SAID.encode()
MAX_CORRECTIONS: Final = 5

MAX_SHOWN: Final = 200_000
"""Characters of one question. More is no longer read by a person."""

_TALK: Final = frozenset({"conversation/ask_user", "conversation/introductory_interview", "conversation/oracle"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """A spawn that waits for a yes.

    `then` runs after it; `before` and `answers` are the state and the answers that its handler had; `corrections`: how
    often it was corrected so far.
    """

    then: str
    children: Sequence[Mapping[str, Any]]
    before: Mapping[str, Any]
    answers: Sequence[Mapping[str, Any]]
    corrections: int = 0


def is_needed(approve: str | None, plan: str, actions: Sequence[str], routable: Callable[[str], bool]) -> bool:
    """Say whether a spawn of `actions` needs a yes: a plan does, and at every step whatever carries out work.

    To talk with the person needs none, nor do nodes that only route, review or judge.
    """
    if approve == "plan":
        return bool(plan)
    if approve == "every_step":
        return bool(plan) or any(routable(action) and action not in _TALK for action in actions)
    return False


class TooLongError(Exception):
    """More than `MAX_SHOWN` characters would have to be shown."""


def question(action: str, directive: str, plan: str, children: Sequence[NewChild]) -> bytes:
    """Return the question about a spawn, as JSON; raise `TooLongError` where nobody would read it."""
    # A plan is said in its own words; what it does not say are arguments that are fixed already.
    steps = [child for child in children if not plan or _shown_args(child)]
    parts = [
        f"May {action} go on with \u201c{directive}\u201d like this?",
        *([plan] if plan else []),
        *(["\n".join(map(_step, steps))] if steps else []),
        "Answer yes, no, or what should be different.",
    ]
    prompt = "\n\n".join(parts)
    if len(prompt) > MAX_SHOWN:
        raise TooLongError(f"It takes {len(prompt):,} characters to show, the limit is {MAX_SHOWN:,}.")
    return json_value("question", {"prompt": prompt, "schema": QUESTION_SCHEMA})


def keep(state: Mapping[str, Any], waiting: Waiting) -> bytes:
    """Return the node's state while a person is asked."""
    return json_value("state", {**state, KEY: asdict(waiting)})


def split(state: bytes) -> tuple[dict[str, Any], Waiting | None]:
    """Split a stored state into the handler's own and the spawn that waits."""
    own: dict[str, Any] = json.loads(state)
    kept = own.pop(KEY, None)
    return own, None if kept is None else Waiting(**kept)


def as_json(children: Sequence[NewChild]) -> list[dict[str, Any]]:
    """Return children as they are kept."""
    return [
        {
            "action": child.action.decode(),
            "directive": child.directive.decode(),
            "args": json.loads(child.args),
            "priority": child.priority,
        }
        for child in children
    ]


def from_json(children: Sequence[Mapping[str, Any]]) -> list[NewChild]:
    """Return kept children as they are committed."""
    return [
        NewChild(
            child["action"].encode(), child["directive"].encode(), json_value("args", child["args"]), child["priority"]
        )
        for child in children
    ]


def _step(child: NewChild) -> str:
    """A line, and below it the arguments that have lines of their own: code is read as code, not in one row."""
    shown = _shown_args(child)
    blocks = {name: value for name, value in shown.items() if isinstance(value, str) and "\n" in value}
    inline = {name: value for name, value in shown.items() if name not in blocks}
    line = f"- {child.action.decode()}: {child.directive.decode()}"
    if inline:
        line += f" {json.dumps(inline, ensure_ascii=False)}"
    return "\n".join([line, *(f"  {name}:\n{indent(value, '    ', lambda _: True)}" for name, value in blocks.items())])


def _shown_args(child: NewChild) -> dict[str, Any]:
    """The arguments that are for a person to judge; what was handed on from earlier work is no choice of this step."""
    ours = filled_in(child.action.decode())
    return {name: value for name, value in json.loads(child.args).items() if name not in ours}
