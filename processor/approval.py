"""A person's yes before a spawn, where the swarm's `approve` asks for it: the question, and what waits for its answer.

Pure. The spawn that a handler returned waits in the node's state under `KEY`, which handlers never see. A yes
commits it as it was; a no fails the node; anything else is a correction: the handler runs again, from the state that it
had, with the correction among its messages, where it stays (under `SAID`). Bounded: `MAX_CORRECTIONS` of one spawn.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
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

_TALK: Final = frozenset({"conversation/ask_user", "conversation/introductory_interview", "conversation/oracle"})
_SHOWN_LINES: Final = 20
_SHOWN_CHARS: Final = 300
_ARGS_CHARS: Final = 1_000
_PLAN_CHARS: Final = 8_000


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


def question(action: str, directive: str, plan: str, children: Sequence[NewChild]) -> bytes:
    """Return the question about a spawn, as JSON."""
    what = _short(plan, _PLAN_CHARS) if plan else _steps(children)
    prompt = (
        f"May {action} go on with \u201c{_short(directive, _SHOWN_CHARS)}\u201d like this?\n\n{what}\n\n"
        "Answer yes, no, or what should be different."
    )
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


def _steps(children: Sequence[NewChild]) -> str:
    lines = [
        f"- {child.action.decode()}: {_short(child.directive.decode(), _SHOWN_CHARS)}{_told_args(child)}"
        for child in children[:_SHOWN_LINES]
    ]
    if len(children) > _SHOWN_LINES:
        lines.append(f"- and {len(children) - _SHOWN_LINES:,} more")
    return "\n".join(lines)


def _told_args(child: NewChild) -> str:
    """The arguments that a person can judge; what was handed on from earlier work is long, and left out."""
    ours, args = filled_in(child.action.decode()), child.args
    shown = {name: value for name, value in json.loads(args).items() if name not in ours}
    return f" {_short(json.dumps(shown, ensure_ascii=False), _ARGS_CHARS)}" if shown else ""


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}\u2026"
