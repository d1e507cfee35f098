"""The page on actions that a swarm writes itself: the module `pgswarm_action`, and the runner's protocol.

Pure, and made from the code of both: whoever writes an action is given what its runner really does.
"""

import inspect
from typing import Any, Final

from pydantic import BaseModel

from pgswarm.actions.created import protocol
from pgswarm.actions.created.inside import runner

MOST: Final = 8_000
"""Characters of it in a prompt."""
_GUIDE: Final = """# How an action that a swarm makes is written

It is a module of Python with a function for each handler, or a script of the shell. Each run of a handler is a new
process in the sandbox: what must outlive it stands in `node.state`. The working directory is the swarm's workspace.
There is no network, no database, no key and no model: for those it spawns an action that has them.

```python
from pgswarm_action import Child, Finish, Spawn


def main(node):
    children = [Child("text/summarise", f"Summarise {name}", {"file": name}) for name in node.args["files"]]
    return Spawn(children, then=end)


def end(node):
    texts = [report.report for report in node.reports if report.outcome == "succeeded"]
    return Finish(f"{len(texts)} summaries", {"summaries": texts})
```

## What a handler is given

`node.directive` (text), `node.args` (an object that fits the input schema), `node.state` (an object of JSON, kept from
one run to the next), `node.reports` (of the last children: `action`, `directive`, `outcome`, `report`, `error`),
`node.answers` (`prompt`, `answer`, `expired`) and `node.messages` (`content`, `role`). What it prints is no answer.

## What it returns, from `pgswarm_action`
"""
_REST: Final = f"""
`then` is a function of the module, or its name; left out it is `main`. The output of `Finish` must fit the output
schema: other actions are given its fields by name.

## A script of the shell

`$1` is the directive, standard input the request below. What it prints is its report; exit code 0 is success.

## The request and the answer

One JSON object on standard input: `protocol` ({protocol.PROTOCOL}), `action`, `version`, `handler`, `directive`,
`args`, `state`, `reports`, `answers`, `messages`. One JSON object on standard output, of at most
{protocol.MAX_ANSWER:,} characters (for Python the runner writes it): `outcome`, `state`, and
"""
_ANSWERS: Final[tuple[type[BaseModel], ...]] = (
    protocol.Finished, protocol.Failed, protocol.Asked, protocol.Spawned, protocol.Continued
)  # fmt: skip


def writing_created_actions() -> str:
    """Return the page as Markdown."""
    names = ("Finish", "Fail", "Ask", "Spawn", "Child", "Continue", "Sleep")
    given = "\n".join(_given(name, getattr(runner, name)) for name in names)
    answers = "\n".join(_answer(model) for model in _ANSWERS)
    return f"{_GUIDE}\n{given}\n{_REST}\n{answers}\n"


def _given(name: str, cls: type) -> str:
    parameters = list(inspect.signature(cls).parameters.values())
    told = ", ".join(p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in parameters)
    return f"- `{name}({told})`: {inspect.getdoc(cls)}"


def _answer(model: type[BaseModel]) -> str:
    fields: dict[str, Any] = model.model_json_schema()["properties"]
    outcome = fields.pop("outcome")
    kinds = " or ".join(f"`{kind}`" for kind in outcome.get("enum") or [outcome["const"]])
    own = ", ".join(f"`{name}`" for name in fields if name != "state")
    return f"- {kinds}: {own}. {inspect.getdoc(model)}"
