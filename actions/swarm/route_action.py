"""`swarm/route_action`: which one action fits a directive; its report is the report.

Bounded: one choice among what is offered, at most `MAX_CHOICES` of them; what failed is remembered, and not chosen
again.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from pgswarm.actions.base import Action, action, registry
from pgswarm.actions.files.inventory import inventory
from pgswarm.actions.node import ActionChoice, Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Child, Continue, Fail, Finish, Spawn
from pgswarm.actions.swarm.notes import Note, bounded
from pgswarm.schema.states import Outcome

MAX_CHOICES = 3
MAX_LEVEL = 6
ROUTER = "swarm/route_action"
MANAGER = "swarm/decompose_directive"
_FILLED_HERE = frozenset({"context", "level"})
_FINAL = ("needs_model", "limit_", "cancelled", "model_", "recording_", "rounds_exhausted")

SYSTEM = """You choose the one action that carries out a directive.
Choose from `actions` only; each has a description and the JSON schema of its arguments.
If the directive asks for several things, or is too big for one action, choose the action that breaks a directive down.
If it is one thing that an action can do, choose that action; prefer trying to breaking down.
Fill `arguments` from the directive and `files`: leave out what the directive does not say, make nothing up.
`context` lists work that is already done. `rejected` lists choices that failed, and why: do not repeat them.
If nothing fits, set `action` to null and say why in `reason`."""


class RouteArgs(BaseModel):
    """What a router is told beside its directive: work already done, and how many managers stand above it."""

    model_config = ConfigDict(extra="forbid")

    context: list[Note] = Field(default_factory=list)
    level: int = Field(default=0, ge=0)


class Argument(BaseModel):
    """One argument of the chosen action."""

    name: str
    value: str | int | float | bool | list[str]


class RouteChoice(BaseModel):
    """The choice."""

    action: str | None
    arguments: list[Argument]
    reason: str


@lru_cache(maxsize=64)
def choice_model(ids: tuple[str, ...]) -> type[RouteChoice]:
    """Return `RouteChoice` with the action bounded to `ids`."""
    bounded_id: Any = Literal.__getitem__(ids)
    return create_model("RouteChoice", __base__=RouteChoice, action=(bounded_id | None, ...))


@action(
    ROUTER,
    description="Choose the one action that fits a directive, and hand on its report.",
    routable=False,
)
class RouteAction(Action[RouteArgs]):
    """Routes a directive to an action; tries another when the chosen one fails."""

    async def main(self, node: Node[RouteArgs]) -> ActionOutcome:
        """Choose, and spawn the chosen action."""
        offered = _offered(await node.actions(), node.args.level)
        if not offered:
            return Fail(
                "no_actions", "No action is registered that a router may choose: start a processor that has some."
            )
        data = await self._data(node, offered)
        schema = choice_model(tuple(choice.action_id for choice in offered))
        for _ in range(MAX_CHOICES):
            choice = await node.llm(schema, Prompt(task="route", system=SYSTEM, data=data, role="router"))
            if choice.action is None:
                return self._no_choice(node, choice.reason)
            chosen = next(c for c in offered if c.action_id == choice.action)
            args = _args(chosen, {a.name: a.value for a in choice.arguments}, node.args)
            problem = _problem(chosen.action_id, args)
            if problem is None:
                node.log.info("chose %s: %s", chosen.action_id, choice.reason)
                return Spawn([Child(chosen.action_id, node.directive, args)], then=self.conclude)
            data = {**data, "problem": f"Your arguments for {chosen.action_id} do not fit: {problem}"}
        return Fail("bad_args", f"No choice came with arguments that fit. {data['problem']}")

    async def conclude(self, node: Node[RouteArgs]) -> ActionOutcome:
        """Hand on the report; after a failure choose again, as long as that can help."""
        report = node.reports[0]
        if report.outcome is Outcome.SUCCEEDED:
            return Finish(report.report)
        error = report.error or {"code": report.outcome.value, "message": f"{report.action} was {report.outcome}."}
        code, message = str(error.get("code")), str(error.get("message"))
        tried = [*node.state.get("rejected", []), {"action": report.action, "code": code, "reason": message}]
        node.state["rejected"] = tried
        if report.action == MANAGER or len(tried) >= MAX_CHOICES or code.startswith(_FINAL):
            return Fail(code, message, report=report.report or None)
        return Continue(then=self.main)

    async def _data(self, node: Node[RouteArgs], offered: Sequence[ActionChoice]) -> dict[str, Any]:
        return {
            "directive": node.directive,
            "files": await inventory(node),
            "actions": [
                {"action": c.action_id, "description": c.description, "input_schema": _shown(c.input_schema)}
                for c in offered
            ],
            "has_context": bool(node.args.context),
            "context": [
                {"directive": note["directive"], "outcome": note["outcome"]} for note in bounded(node.args.context, 0)
            ],
            "rejected": node.state.get("rejected", []),
            "messages": [message.content for message in node.messages],
        }

    def _no_choice(self, node: Node[RouteArgs], reason: str) -> Fail:
        tried = node.state.get("rejected", [])
        if tried:
            return Fail(tried[0]["code"], tried[0]["reason"])
        return Fail("no_action_fits", f"No action fits this directive. {reason}".strip())


def _offered(choices: Sequence[ActionChoice], level: int) -> list[ActionChoice]:
    """All but the router itself, and no further manager below `MAX_LEVEL` of them."""
    left_out = {ROUTER, *({MANAGER} if level >= MAX_LEVEL else ())}
    return sorted((c for c in choices if c.action_id not in left_out), key=lambda c: c.action_id)


def _shown(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without what the router itself fills in."""
    properties = {k: v for k, v in (schema.get("properties") or {}).items() if k not in _FILLED_HERE}
    return {**{k: v for k, v in schema.items() if k not in {"$defs", "title"}}, "properties": properties}


def _args(chosen: ActionChoice, given: Mapping[str, Any], own: RouteArgs) -> dict[str, Any]:
    properties = chosen.input_schema.get("properties") or {}
    args = {name: value for name, value in given.items() if name not in _FILLED_HERE}
    if "context" in properties and own.context:
        args["context"] = bounded(own.context)
    if "level" in properties:
        args["level"] = own.level
    return args


def _problem(action_id: str, args: Mapping[str, Any]) -> str | None:
    """What does not fit the action's arguments; None also where this process does not have the action."""
    known = registry.get(action_id)
    if known is None:
        return None
    try:
        known.spec.args_model.model_validate(args)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'arguments'}: {first['msg']}"
    return None
