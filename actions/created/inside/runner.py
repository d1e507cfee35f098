"""Runs one handler of an action that a swarm wrote: a request on standard input, its answer on standard output.

What the action prints goes to standard error, so that it cannot be taken for its answer. The action imports
`pgswarm_action`: `Finish`, `Fail`, `Ask`, `Spawn`, `Child`, `Continue`, `Sleep`.
"""

import asyncio
import inspect
import json
import os
import sys
import types
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Then = str | Callable[..., Any]


class Outcome:
    """What a handler returns."""

    kind = ""

    def __init__(self, **parts: Any) -> None:
        """Take what belongs to it."""
        self.parts = parts


class Finish(Outcome):
    """It is done: a report for people, and the output that fits the output schema."""

    kind = "finish"

    def __init__(self, report: str = "", output: Any = None) -> None:
        """Take both."""
        super().__init__(report=report, output=output)


class Fail(Outcome):
    """It cannot be done: a code in snake case, and a sentence with the remedy."""

    kind = "fail"

    def __init__(self, code: str, message: str, report: str = "") -> None:
        """Take them, and what there is to report."""
        super().__init__(code=code, message=message, report=report)


class Ask(Outcome):
    """Wait for people: a text, or an object with `prompt`, `choices`, `answer_schema`; or several."""

    kind = "ask"

    def __init__(self, questions: Any, then: Then = "main") -> None:
        """Take the questions, and the handler that goes on."""
        each = [questions] if isinstance(questions, (str, dict)) else questions
        super().__init__(questions=[{"prompt": q} if isinstance(q, str) else q for q in each], then=_name(then))


class Child(dict[str, Any]):
    """A node of another action."""

    def __init__(self, action: str, directive: str, args: dict[str, Any] | None = None) -> None:
        """Take which action, what it is to do, and its arguments."""
        super().__init__(action=action, directive=directive, args=args or {})


class Spawn(Outcome):
    """Wait for children."""

    kind = "spawn"

    def __init__(self, children: Iterable[Child], then: Then = "main") -> None:
        """Take the children, and the handler that goes on."""
        super().__init__(children=list(children), then=_name(then))


class Continue(Outcome):
    """Go on in another handler."""

    kind = "continue"

    def __init__(self, then: Then = "main") -> None:
        """Take the handler."""
        super().__init__(then=_name(then))


class Sleep(Outcome):
    """Go on later."""

    kind = "sleep"

    def __init__(self, seconds: float, then: Then = "main") -> None:
        """Take how many seconds, and the handler."""
        super().__init__(seconds=seconds, then=_name(then))


def _name(then: Then) -> str:
    return then if isinstance(then, str) else then.__name__


def _load(path: str) -> types.ModuleType:
    """Run the action's module, with what it may import."""
    api = types.ModuleType("pgswarm_action")
    for part in (Finish, Fail, Ask, Child, Spawn, Continue, Sleep):
        setattr(api, part.__name__, part)
    sys.modules["pgswarm_action"] = api
    module = types.ModuleType("action")
    module.__dict__.update({name: part for name, part in vars(api).items() if not name.startswith("_")}, __file__=path)
    sys.modules["action"] = module
    exec(compile(Path(path).read_text(encoding="utf-8"), path, "exec"), module.__dict__)  # noqa: S102 - in the sandbox
    return module


def _node(told: dict[str, Any]) -> types.SimpleNamespace:
    parts = {name: told[name] for name in ("directive", "args", "state")}
    for name in ("reports", "answers", "messages"):
        parts[name] = [types.SimpleNamespace(**each) for each in told[name]]
    return types.SimpleNamespace(**parts)


async def _awaited(outcome: Any) -> Any:
    return await outcome


def main() -> None:
    """Answer one request."""
    answer_to = os.dup(1)
    os.dup2(2, 1)
    told = json.load(sys.stdin)
    handler = vars(_load(sys.argv[1])).get(told["handler"])
    if not inspect.isfunction(handler) or told["handler"].startswith("_"):
        raise SystemExit(f"the action has no function {told['handler']!r}")
    node = _node(told)
    outcome = handler(node)
    if inspect.isawaitable(outcome):
        outcome = asyncio.run(_awaited(outcome))
    if not isinstance(outcome, Outcome):
        kind = type(outcome).__name__
        raise SystemExit(f"{told['handler']} returned {kind}: give Finish, Fail, Ask, Spawn, Continue or Sleep")
    answer = json.dumps({"outcome": outcome.kind, "state": node.state, **outcome.parts})
    with os.fdopen(answer_to, "w", encoding="utf-8") as out:
        out.write(answer)


if __name__ == "__main__":
    main()
