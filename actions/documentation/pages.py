"""A page for each action, and two on how an action is written. Pure."""

import inspect
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from pgswarm.actions import node as node_api
from pgswarm.actions import outcomes
from pgswarm.actions.base import Action, ActionError, ActionSpec, action
from pgswarm.actions.documentation.making import writing_created_actions

FOLDER: Final = "swarm"
_MOST_SCHEMA: Final = 8_000
_FILED: Final = re.compile(rf"{FOLDER}(?:/[^/\x00-\x1f\x7f-\x9f]{{1,255}}){{1,8}}")
"""What can be the path of a page: the names of outside tools are others' words."""
_ABOUT_MADE: Final = "How an action that a swarm makes is written: pgswarm_action, and the runner's protocol."
_MODULE: Final = re.compile(r"\b(?:[a-z_]+\.)+(?=[A-Z])")
_GUIDE: Final = '''# How an action is written

One file, one class. Its arguments are a pydantic model, its description is what routers and people read. Each handler
is one activation: it gets the node, and returns what becomes of it. What must outlive a handler stands in `node.state`.

```python
from pydantic import BaseModel
from pgswarm.actions import Action, Child, Finish, Node, Spawn, action


class CompareArgs(BaseModel):
    """The files to compare."""

    files: list[str]


@action("research/compare", description="Compare files and say where they differ.")
class Compare(Action[CompareArgs]):
    async def main(self, node: Node[CompareArgs]) -> Spawn:
        children = [Child("text/summarise", f"Summarise {name}", {"file": name}) for name in node.args.files]
        return Spawn(children, then=self.conclude)

    async def conclude(self, node: Node[CompareArgs]) -> Finish:
        return Finish("\\n\\n".join(report.report for report in node.reports))
```

Discovery: a module in `actions/`, or one that another package names under the entry point `pgswarm.actions`.
'''


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its path in memory, a line on what it is about, and its Markdown."""

    path: str
    description: str
    content: str


def pages(actions: Iterable[Action[Any]]) -> list[Page]:
    """Return the pages on these actions, and those on writing actions, by path."""
    found = [_of_action(one.spec, type(one)) for one in actions]
    made = Page(f"{FOLDER}/writing-created-actions.md", _ABOUT_MADE, writing_created_actions())
    return sorted(
        (page for page in (*found, _writing(), made) if _FILED.fullmatch(page.path)), key=lambda page: page.path
    )


def as_json(told: Iterable[Page]) -> str:
    """Return pages as the JSON array that `pgswarm.register_documentation` takes."""
    return json.dumps([asdict(page) for page in told])


def _of_action(spec: ActionSpec, cls: type[Action[Any]]) -> Page:
    schema = spec.args_model.model_json_schema()
    module = "" if spec.source else inspect.getdoc(inspect.getmodule(cls)) or ""
    lines = [f"# {spec.action_id}", "", spec.description, ""]
    if module and not module.startswith(spec.description):
        lines += [module, ""]
    lines += ["## Arguments", "", *_arguments(spec, schema)]
    routers = "Routers may choose it." if spec.routable else "Other actions spawn it; routers do not choose it."
    bounds = f"One activation may take {spec.timeout_s} s, and is tried {spec.max_attempts} times."
    lines += ["", f"Version {spec.version}. {routers} {bounds}", ""]
    return Page(f"{FOLDER}/actions/{spec.action_id}.md", spec.description, "\n".join(lines))


def _arguments(spec: ActionSpec, schema: Mapping[str, Any]) -> list[str]:
    if spec.source:  # an outside tool's schema is others' words, and may be of any shape
        return [json.dumps(schema, ensure_ascii=False)[:_MOST_SCHEMA]]
    return [_argument(name, part, schema) for name, part in _properties(schema).items()] or [
        "None: the directive says it all."
    ]


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = schema.get("properties")
    return (
        {name: part for name, part in found.items() if isinstance(part, Mapping)} if isinstance(found, Mapping) else {}
    )


def _argument(name: str, part: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    needed = "required" if name in (schema.get("required") or ()) else f"default {json.dumps(part.get('default'))}"
    kinds = [part, *(kind for kind in part.get("anyOf") or () if isinstance(kind, Mapping))]
    kind = " or ".join(str(one["type"]) for one in kinds if "type" in one) or "object"
    return f"- `{name}` ({kind}, {needed}){': ' + str(part['description']) if 'description' in part else ''}"


def _writing() -> Page:
    names = ("Question", "Child", "Ask", "Spawn", "Continue", "Sleep", "Finish", "Fail")
    parts = [_GUIDE, "## What a handler returns\n", *(_outcome(getattr(outcomes, name)) for name in names)]
    parts += ["## What a handler may use\n", _protocol("node", node_api.Node)]
    parts += [_protocol("node.memory", node_api.Memory), "## How it is registered\n"]
    parts.append(f"`@action{_plain(inspect.signature(action))}`\n\n{inspect.getdoc(action)}\n")
    parts.append(f"`ActionError(code, message)`: {inspect.getdoc(ActionError)}\n")
    about = "How an action is written: handlers, outcomes, and what a node gives."
    return Page(f"{FOLDER}/writing-actions.md", about, "\n".join(parts))


def _outcome(cls: type) -> str:
    return f"`{cls.__name__}{_plain(inspect.signature(cls))}`: {inspect.getdoc(cls)}\n"


def _protocol(name: str, cls: type) -> str:
    """The attributes of a protocol, then its methods with what they say of themselves."""
    lines = [
        f"- `{name}.{attribute}: {_plain(kind.__name__ if type(kind) is type else kind)}`"
        for attribute, kind in inspect.get_annotations(cls).items()
    ]
    for method, function in inspect.getmembers(cls, inspect.isfunction):
        if not method.startswith("_"):
            text = " ".join((inspect.getdoc(function) or "").split())
            lines.append(f"- `await {name}.{method}{_signature(function)}`: {text}")
    return "\n".join(lines) + "\n"


def _signature(function: Any) -> str:
    signature = inspect.signature(function)
    own = [parameter for name, parameter in signature.parameters.items() if name != "self"]
    return _plain(signature.replace(parameters=own))


def _plain(kind: object) -> str:
    """A type or a signature as it is written in code, without the modules that its names come from."""
    if isinstance(kind, type) and not hasattr(kind, "__args__"):
        return kind.__name__
    return _MODULE.sub("", str(kind)).replace("~", "").removesuffix(" -> None")
