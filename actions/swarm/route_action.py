"""`swarm/route_action`: which one action fits a directive; its report is the report.

The action space is walked from its root by the one router (`actions/spaces/router.py`); a small one is shown whole, in
one question, which costs a third of the calls and chooses among all. Arguments may come from the directive, the files,
and the reports and outputs of earlier work. Where nothing fits, a new action is made (`action/create`, where it is
there), else the user is asked what is to be done, and the choice is made again; that an action was missing is kept as a
suggestion. What would fit but is switched off ends it with what is to be set (`not_configured`). Bounded: `MAX_CHOICES`
actions tried, one new action, one question, and the steps of a walk; what failed is remembered, and not offered again.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from pgswarm.actions.base import Action, action, registry
from pgswarm.actions.conversation.profile import may_ask
from pgswarm.actions.files.inventory import inventory
from pgswarm.actions.node import ActionChoice, Node, Prompt
from pgswarm.actions.outcomes import ActionOutcome, Child, Continue, Fail, Finish, Spawn
from pgswarm.actions.spaces.chains import chains
from pgswarm.actions.spaces.offered import (
    CREATE,
    choice_of,
    choices_of,
    find_action,
    is_offered,
    small_space,
)
from pgswarm.actions.spaces.places import Place
from pgswarm.actions.spaces.router import Guide, Lost, reject, walk
from pgswarm.actions.swarm.failures import hopeless, told
from pgswarm.actions.swarm.notes import Note, bounded, filled_in
from pgswarm.actions.swarm.suggest import save_suggestion
from pgswarm.schema.json_schema import misfits
from pgswarm.schema.states import Outcome

MAX_CHOICES = 3
MAX_LEVEL = 6
ROUTER = "swarm/route_action"
MANAGERS = frozenset({"swarm/decompose_directive", "swarm/plan"})
_SHOWN = 300
_MOST_PROBLEMS = 3
_MAX_CONTEXT = 20_000
"""Characters of earlier reports that arguments may be taken from."""
ASK_USER = "conversation/ask_user"


class RouteArgs(BaseModel):
    """What a router is told beside its directive: work done, how many managers stand above, the one action to use."""

    model_config = ConfigDict(extra="forbid")

    context: list[Note] = Field(default_factory=list)
    level: int = Field(default=0, ge=0)
    only: str | None = Field(default=None, max_length=200)


class Argument(BaseModel):
    """One argument of the chosen action."""

    name: str
    value: str | int | float | bool | list[str]


class RouteChoice(BaseModel):
    """The choice."""

    action: str | None
    arguments: list[Argument]
    reason: str


class Filled(BaseModel):
    """Whether an action fits when it is looked at closely, and its arguments."""

    fits: bool
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
        choices = await _wanted(node) or await small_space(node)
        if choices is None:
            return await self._walk(node)
        offered = _offered(choices, node)
        if not offered:
            return _nothing_left(node)
        data = await self._data(node)
        off = {} if node.args.only else _off()
        data |= {
            "actions": [_shown(choice) for choice in offered],
            "chains": chains(offered),
            "off": list(off.values()),
        }
        schema = choice_model((*(choice.action_id for choice in offered), *off))
        for _ in range(MAX_CHOICES):
            choice = await node.llm(schema, Prompt(task="route", data=data, role="router"))
            if choice.action is None:
                return await self._no_choice(node, choice.reason)
            if choice.action in off:
                return _switched_off(off[choice.action])
            chosen = next(c for c in offered if c.action_id == choice.action)
            args = _args(chosen, {a.name: a.value for a in choice.arguments}, node.args)
            problem = _problem(chosen, args)
            if problem is None:
                node.log.info("chose %s: %s", chosen.action_id, choice.reason)
                return Spawn([Child(chosen.action_id, node.directive, args)], then=self.conclude)
            data = {**data, "problem": f"Your arguments for {chosen.action_id} do not fit: {problem}"}
        return Fail("bad_args", f"No choice came with arguments that fit. {data['problem']}")

    async def _walk(self, node: Node[RouteArgs]) -> ActionOutcome:
        """Walk the space; each action that it lands at is looked at closely, with its schema, one an activation."""
        data = await self._data(node)
        seen = {
            **data,
            "files": [{"name": file["name"], "kind": file["kind"]} for file in data["files"]],
            "context": [{"directive": note["directive"], "outcome": note["outcome"]} for note in data["context"]],
        }
        shows = partial(_shows, left_out=frozenset({CREATE, *_tried(node), *_left_out(node.args)}))
        guide = Guide("action", "walk_action", seen, shows=shows, adds=_told_of)
        landed = await walk(node, guide)
        if landed is None:
            return Continue(then=self.main)
        off = _off()
        if isinstance(landed, Lost):
            found = off.get(node.state.get("off", ""))
            return _switched_off(found) if found else await self._no_choice(node, landed.reason)
        if (action_id := str(landed.place.fields.get("action_id"))) in off:
            node.state["off"] = action_id
            reject(node, "it is switched off")
            return Continue(then=self.main)
        chosen = choice_of(landed.place)
        filled = await self._fill(node, chosen, data) if chosen else "it is no action"
        if chosen and not isinstance(filled, str):
            node.log.info("chose %s", chosen.action_id)
            return Spawn([Child(chosen.action_id, node.directive, filled)], then=self.conclude)
        reject(node, str(filled))
        return Continue(then=self.main)

    async def _fill(self, node: Node[RouteArgs], chosen: ActionChoice, data: Mapping[str, Any]) -> dict[str, Any] | str:
        """Return the arguments for an action; a text where it does not fit after all, which says why."""
        asked = {**data, "action": _shown(chosen)}
        for _ in range(MAX_CHOICES):
            filled = await node.llm(Filled, Prompt(task="arguments", data=asked, role="router"))
            if not filled.fits:
                return filled.reason or "it does not fit"
            args = _args(chosen, {a.name: a.value for a in filled.arguments}, node.args)
            problem = _problem(chosen, args)
            if problem is None:
                return args
            asked = {**asked, "problem": f"Your arguments do not fit: {problem}"}
        return f"no arguments for it could be found: {asked['problem']}"

    async def conclude(self, node: Node[RouteArgs]) -> ActionOutcome:
        """Hand on the report; after a failure choose again, as long as that can help."""
        report = node.reports[0]
        if report.outcome is Outcome.SUCCEEDED:
            return Finish(report.report)
        code, message = told(report.error, report.outcome.value, report.action)
        tried = [*node.state.get("rejected", []), {"action": report.action, "code": code, "reason": message}]
        node.state["rejected"] = tried
        if report.action in MANAGERS or len(tried) >= MAX_CHOICES or hopeless(code) or node.args.only == report.action:
            return Fail(code, message, report=report.report or None)
        if "walk" in node.state:
            reject(node, f"{code}: {message}")
        return Continue(then=self.main)

    async def _data(self, node: Node[RouteArgs]) -> dict[str, Any]:
        return {
            "directive": node.directive,
            "files": await inventory(node),
            "has_context": bool(node.args.context),
            "context": bounded(node.args.context, _MAX_CONTEXT),
            "rejected": node.state.get("rejected", []),
            "messages": [message.content for message in node.messages],
            "advice": node.state.get("advice", ""),
        }

    async def created(self, node: Node[RouteArgs]) -> ActionOutcome:
        """Choose again, with the new action there."""
        report = node.reports[0]
        if report.outcome is not Outcome.SUCCEEDED:
            code, message = told(report.error, report.outcome.value, report.action)
            return Fail("no_action_fits", f"No action fits this directive, and none could be made ({code}): {message}")
        node.state.pop("walk", None)
        return Continue(then=self.main)

    async def advised(self, node: Node[RouteArgs]) -> ActionOutcome:
        """Choose again with what the user said."""
        report = node.reports[0]
        if report.outcome is not Outcome.SUCCEEDED:
            return Fail("no_action_fits", "No action fits this directive, and nobody said what else is to be done.")
        node.state["advice"] = report.report
        node.state.pop("walk", None)
        return Continue(then=self.main)

    async def _no_choice(self, node: Node[RouteArgs], reason: str) -> ActionOutcome:
        tried = node.state.get("rejected", [])
        if tried:
            return Fail(tried[0]["code"], tried[0]["reason"])
        await save_suggestion(node, "missing action", f"No action fits: {node.directive}\n\n{reason}".strip())
        if not node.state.get("created") and await node.may_create():
            node.state["created"] = True
            args = {"why": reason, "context": bounded(node.args.context)}
            return Spawn([Child(CREATE, node.directive, args)], then=self.created)
        if "advice" in node.state or not await may_ask(node):
            return Fail("no_action_fits", f"No action fits this directive. {reason}".strip())
        node.state["advice"] = ""
        question = (
            f"Nothing here can do this: \u201c{_short(node.directive)}\u201d. {reason} What shall be done instead? "
            "(Say it in other words, or that it is to be left out.)"
        )
        return Spawn([Child(ASK_USER, question, {"questions": [question]})], then=self.advised)


def _left_out(args: RouteArgs) -> set[str]:
    """The router itself, and further managers below `MAX_LEVEL` of them."""
    return {ROUTER, *(MANAGERS if args.level >= MAX_LEVEL else ())}


def _tried(node: Node[RouteArgs]) -> set[str]:
    """What failed for this directive, whatever arguments it had: who gives advice on a failure routes anew."""
    return {item["action"] for item in node.state.get("rejected", [])}


def _offered(choices: Sequence[ActionChoice], node: Node[RouteArgs]) -> list[ActionChoice]:
    left_out = _left_out(node.args) | _tried(node)
    return [choice for choice in choices if choice.action_id not in left_out]


def _nothing_left(node: Node[RouteArgs]) -> Fail:
    tried = node.state.get("rejected", [])
    if tried:
        return Fail(tried[0]["code"], tried[0]["reason"])
    return Fail("no_actions", "No action is registered that a router may choose: start a processor that has some.")


def _off() -> dict[str, dict[str, str]]:
    """Return the actions that are switched off in this process, each with what would switch it on, by id."""
    specs = sorted((one.spec for one in registry if one.spec.off), key=lambda spec: spec.action_id)
    return {s.action_id: {"action": s.action_id, "description": s.description, "why": s.off} for s in specs}


def _switched_off(action: Mapping[str, str]) -> Fail:
    return Fail("not_configured", f"{action['action']} would do this, but it is off here. {action['why']}")


async def _wanted(node: Node[RouteArgs]) -> list[ActionChoice]:
    """Return the one action that is wanted, where one is named and there."""
    if node.args.only is None or node.args.only in _left_out(node.args):
        return []
    found = await find_action(node, node.args.only)
    return [found] if found else []


def _shows(place: Place, left_out: frozenset[str]) -> bool:
    action_id = place.fields.get("action_id")
    return (is_offered(place) or action_id in _off()) and action_id not in left_out


def _told_of(page: Sequence[Place]) -> dict[str, Any]:
    """What is said of a page besides: which actions can be chained, and which are switched off."""
    found = chains(choices_of(page))
    off = _off()
    names = [place.name for place in page if place.fields.get("action_id") in off]
    return {**({"chains": found} if found else {}), **({"off": names} if names else {})}


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}\u2026"


def _shown(choice: ActionChoice) -> dict[str, Any]:
    """An action for a prompt, without the arguments that the router itself fills in."""
    schema = choice.input_schema
    ours = filled_in(choice.action_id)
    properties = {k: v for k, v in (schema.get("properties") or {}).items() if k not in ours}
    told = {**{k: v for k, v in schema.items() if k not in {"$defs", "title"}}, "properties": properties}
    return {"action": choice.action_id, "description": choice.description, "input_schema": told}


def _args(chosen: ActionChoice, given: Mapping[str, Any], own: RouteArgs) -> dict[str, Any]:
    ours = filled_in(chosen.action_id)
    wanted = ours & (chosen.input_schema.get("properties") or {}).keys()
    args = {name: value for name, value in given.items() if name not in ours}
    if "context" in wanted and own.context:
        args["context"] = bounded(own.context)
    if "level" in wanted:
        args["level"] = own.level
    return args


def _problem(chosen: ActionChoice, args: Mapping[str, Any]) -> str | None:
    """What does not fit the action's arguments: by its class, or by its schema where this process lacks the class."""
    known = registry.get(chosen.action_id)
    if known is None:
        found = misfits(chosen.input_schema, args, "args")
        return "; ".join(f"{misfit.path}: {misfit.message}" for misfit in found[:_MOST_PROBLEMS]) or None
    try:
        known.spec.args_model.model_validate(args)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'arguments'}: {first['msg']}"
    return None
