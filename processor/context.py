"""The context object that a handler gets. Implements `pgswarm.actions.node.Node`.

One rule: what a handler does not look at is never made; a look at it makes it once.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel

from pgswarm.actions.created.library import CREATE
from pgswarm.actions.created.policy import may_create
from pgswarm.actions.node import ActionChoice, Answer, Message, Prompt, Report, SwarmInfo
from pgswarm.actions.swarm.yes import read_answer
from pgswarm.processor import approval, unclear
from pgswarm.processor.activation import Activation
from pgswarm.processor.acts import Act, failed
from pgswarm.processor.catalogue import Catalogue
from pgswarm.processor.effects import Effects
from pgswarm.processor.encode import BadValueError, json_value
from pgswarm.processor.library import SwarmLibrary
from pgswarm.processor.memory import SwarmMemory
from pgswarm.processor.noted import NodeLog
from pgswarm.processor.passages import SwarmPassages
from pgswarm.processor.sandboxes import Sandboxes
from pgswarm.processor.side import Side
from pgswarm.processor.spaces import SwarmSpaces
from pgswarm.processor.workspace import Workspace
from pgswarm.schema import notes
from pgswarm.schema.states import Outcome, Verb

SchemaT = TypeVar("SchemaT", bound=BaseModel)
ResultT = TypeVar("ResultT")

APPROVE: Final = b'"approve"'
"""What the JSON of an activation's context holds where the swarm is supervised."""

_SWARM: Final = """
select swarm_id, owner_id, case when goal_blob is null then goal else pgswarm.full_text(goal_blob) end, options
  from pgswarm.swarm where swarm_id = %s
"""


class Models(Protocol):
    """What `node.llm` goes through."""

    async def ask(
        self,
        run: Activation,
        *,
        journal_activation: int,
        call_no: int,
        schema: type[SchemaT],
        prompt: Prompt,
        options: Mapping[str, Any],
    ) -> SchemaT:
        """Return a validated answer; calls are journaled under `journal_activation` and numbered from 1."""

    async def embed(
        self, run: Activation, *, journal_activation: int, call_no: int, texts: Sequence[str], model: str | None
    ) -> Sequence[Sequence[float]]:
        """Return a vector for each text, journaled alike."""

    def is_offline(self, role: str, options: Mapping[str, Any]) -> bool:
        """Say whether rules answer in the place of a model."""


@dataclass(frozen=True, slots=True)
class Services:
    """What all activations of a process share."""

    side: Side
    catalogue: Catalogue
    models: Models
    sandboxes: Sandboxes


class NodeContext:
    """One activation, as its handler sees it."""

    def __init__(self, run: Activation, args: BaseModel, services: Services) -> None:
        """Take the claimed row, its validated arguments, and what the process shares."""
        self._run = run
        self._services = services
        self._own_state = run.state
        self._calls = 0
        self._corrections = 0
        self.args: Any = args
        self.action: str = run.action
        self.directive: str = run.directive
        self.depth: int = run.depth
        self.attempt: int = run.attempt
        self.activation: int = run.activation

    @cached_property
    def swarm_id(self) -> UUID:
        """The swarm's id."""
        return UUID(bytes=self._run.swarm_key)

    @cached_property
    def node_id(self) -> UUID:
        """The node's id."""
        return UUID(bytes=self._run.node_key)

    @cached_property
    def parent_id(self) -> UUID | None:
        """The parent's id; None for a root."""
        return None if self._run.parent_key is None else UUID(bytes=self._run.parent_key)

    @cached_property
    def state(self) -> dict[str, Any]:
        """Durable: committed with the outcome, there again in the next activation."""
        own = {} if self._own_state is None else dict(json.loads(self._own_state))
        own.pop(approval.SAID, None)
        own.pop(notes.KEY, None)
        return own

    @cached_property
    def reports(self) -> Sequence[Report]:
        """Of the last spawned set of children, in their order."""
        return [_report(item) for item in self._woken_with.get("reports") or ()]

    @cached_property
    def answers(self) -> Sequence[Answer]:
        """To the questions of the last `Ask`, in their order."""
        return [_answer(item) for item in self._woken_with.get("answers") or ()]

    @cached_property
    def messages(self) -> Sequence[Message]:
        """What people wrote to this node or its swarm."""
        written = [
            Message(item.get("content", ""), item.get("role", "user"), item.get("files", ()))
            for item in self._woken_with.get("messages") or ()
        ]
        return [*written, *(Message(text, "user") for text in self._said)]

    @cached_property
    def memory(self) -> SwarmMemory:
        """The swarm's memory."""
        return SwarmMemory(self._services.side, self.swarm_id, self.node_id, self._run.deadline)

    @cached_property
    def passages(self) -> SwarmPassages:
        """The passages of the swarm's memory."""
        return SwarmPassages(self._services.side, self.swarm_id, self._run.deadline)

    @cached_property
    def spaces(self) -> SwarmSpaces:
        """The trees of actions, memory and utils."""
        return SwarmSpaces(self._services.side, self.swarm_id, self.node_id, self._run.deadline)

    @cached_property
    def files(self) -> Workspace:
        """The swarm's workspace."""
        return Workspace(self._services.side, self._services.sandboxes, self._run, self._call_activation)

    @cached_property
    def library(self) -> SwarmLibrary:
        """The actions that the swarm made."""
        return SwarmLibrary(self._services.side, self.swarm_id, self.node_id, self._run.deadline)

    @property
    def sandbox(self) -> Workspace:
        """Where code runs, on the workspace."""
        return self.files

    @cached_property
    def log(self) -> NodeLog:
        """A logger that names the node in every line; from `info` on they are kept as the node's notes."""
        said_of = {"swarm_id": str(self.swarm_id), "node_id": str(self.node_id), "action": self.action}
        return NodeLog(said_of, self.activation)

    @cached_property
    def _effects(self) -> Effects:
        return Effects(self._services.side, self._run)

    @cached_property
    def _woken_with(self) -> Mapping[str, Any]:
        return {} if self._run.context is None else dict(json.loads(self._run.context))

    @property
    def _said(self) -> list[str]:
        """How people have corrected this node; it stays in its state, where handlers do not see it."""
        if self._own_state is None or approval.SAID_MARK not in self._own_state:
            return []
        return list(json.loads(self._own_state).get(approval.SAID, ()))

    @cached_property
    def _call_activation(self) -> int:
        """The activation that model calls are journaled under."""
        return self.activation

    async def swarm(self) -> SwarmInfo:
        """Return the swarm's goal, owner and options."""
        return await self._swarm()

    async def _swarm(self) -> SwarmInfo:
        found = self.__dict__.get("_swarm_info")
        if found is None:
            rows = await self._services.side.rows(_SWARM, (self.swarm_id,), until=self._run.deadline)
            found = self.__dict__["_swarm_info"] = SwarmInfo(*rows[0])
        info: SwarmInfo = found
        return info

    async def actions(self) -> Sequence[ActionChoice]:
        """Return the actions that a router may choose: all that are registered, the first of the swarm's own."""
        choices = await self._services.catalogue.choices(self._services.side)
        if not await self.may_create():
            choices = [choice for choice in choices if choice.action_id != CREATE]
        own = await self.library.choices()
        return [*choices, *(ActionChoice(one.action_id, one.description, one.input_schema) for one in own)]

    async def may_create(self) -> bool:
        """Return whether actions can be made here: by the setting, the swarm's option, and with a model that writes."""
        options = (await self._swarm()).options
        if not may_create(options) or self._services.models.is_offline("coder", options):
            return False
        choices = await self._services.catalogue.choices(self._services.side)
        return any(choice.action_id == CREATE for choice in choices)

    async def llm(self, schema: type[SchemaT], prompt: Prompt, *, role: str | None = None) -> SchemaT:
        """Ask the model; return a validated `schema`. Journaled: a retry of this activation does not pay again."""
        self._calls += 1
        if role is not None:
            prompt = replace(prompt, role=role)
        options = (await self._swarm()).options
        return await self._services.models.ask(
            self._run,
            journal_activation=self._call_activation,
            call_no=self._calls,
            schema=schema,
            prompt=prompt,
            options=options,
        )

    async def embed(self, texts: Sequence[str], model: str | None = None) -> Sequence[Sequence[float]]:
        """Return a vector for each text, in their order. Journaled, priced and limited as `llm` is."""
        self._calls += 1
        return await self._services.models.embed(
            self._run, journal_activation=self._call_activation, call_no=self._calls, texts=texts, model=model
        )

    async def effect(self, key: str, fn: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Do something outside the database at most once for `key`; where it is unknown, a person is asked."""
        result: ResultT = await self._effects.once(key, fn)
        return result

    def changed_state(self) -> bytes | None:
        """Return the state to commit, None where it did not change; raise `BadValueError` where it cannot be stored."""
        if "state" not in self.__dict__ and not self._new_notes:
            return None if self._own_state is self._run.state else self._own_state
        if not isinstance(self.state, dict):
            raise BadValueError(f"state must be a dict, not {type(self.state).__name__}")
        data = json_value("state", self._whole_state())
        stored = json_value("state", {} if self._run.state is None else json.loads(self._run.state))
        return None if data == stored else data

    def noted_state(self) -> bytes | None:
        """Return the state as it was, with the new notes, for an act that keeps nothing else; None without notes."""
        if not self._new_notes:
            return None
        own = {} if self._run.state is None else json.loads(self._run.state)
        return json_value("state", {**own, notes.KEY: notes.added(notes.split(own)[1], self._new_notes)})

    def _whole_state(self) -> dict[str, Any]:
        said, kept = self._said, self._kept_notes
        whole = {**self.state, approval.SAID: said} if said else self.state
        return {**whole, notes.KEY: notes.added(kept, self._new_notes)} if kept or self._new_notes else whole

    @property
    def _new_notes(self) -> list[dict[str, Any]]:
        return self.log.notes if "log" in self.__dict__ else []

    @property
    def _kept_notes(self) -> list[Any]:
        if self._own_state is None or notes.MARK not in self._own_state:
            return []
        return notes.split(json.loads(self._own_state))[1]

    def ask_about_effect(self, error: unclear.UnclearEffectError) -> Act:
        """Return the act that asks a person about an effect and then runs the same handler again."""
        own = {} if self._own_state is None else json.loads(self._own_state)
        kept = unclear.Unclear(
            error.key, self._call_activation, self._run.lease_epoch, self._woken_with.get("answers") or ()
        )
        return self._ask(own, kept)

    async def settle_unclear_effect(self) -> Act | None:
        """Apply what a person said of an unclear effect, where one was asked; return an act to ask again if need be."""
        if self._run.state is None or unclear.MARK not in self._run.state:
            return None
        own, kept = unclear.split(self._run.state)
        if kept is None:  # the mark stood in the handler's own state
            return None
        said = unclear.read(self.answers[-1].answer) if self.answers else None
        if said is None:
            return self._ask(own, kept)
        await self._effects.settle(kept, said)
        self._own_state = json_value("state", own)
        self._woken_with = {**self._woken_with, "answers": kept.answers}
        self._call_activation = kept.activation
        del self.answers
        return None

    def ask_approval(self, spawn: Act, plan: str) -> Act:
        """Return the act that asks a person for a yes where this spawn needs one, else the spawn itself."""
        run = self._run
        if run.context is None or APPROVE not in run.context:
            return spawn
        actions = [child.action.decode() for child in spawn.children]
        if not approval.is_needed(self._woken_with.get("approve"), plan, actions, self._services.catalogue.routable):
            return spawn
        if self._corrections >= approval.MAX_CORRECTIONS:
            return failed(run, "not_approved", f"After {self._corrections} corrections there was still no yes.")
        before = {} if self._own_state is None else json.loads(self._own_state)
        answers = self._woken_with.get("answers") or ()
        then = (spawn.handler or b"main").decode()
        waiting = approval.Waiting(then, approval.as_json(spawn.children), before, answers, self._corrections)
        try:
            question = approval.question(run.action, run.directive, plan, spawn.children)
        except approval.TooLongError as error:
            return failed(run, "not_approved", f"What is to be done is too long to be shown to a person. {error}")
        act = Act(run, Verb.ASK, handler=run.handler.encode(), questions=[question])
        act.state = approval.keep(self._whole_state(), waiting)
        return act

    def settle_approval(self) -> Act | None:
        """Return the act that a person's yes or no decides; None where there was none, or they corrected it."""
        if self._own_state is None or approval.MARK not in self._own_state:
            return None
        own, waiting = approval.split(self._own_state)
        if waiting is None:  # the mark stood in the handler's own state
            return None
        said = read_answer(self.answers[-1].answer if self.answers else False)
        if said.yes:
            act = Act(
                self._run, Verb.SPAWN, handler=waiting.then.encode(), children=approval.from_json(waiting.children)
            )
            act.state = json_value("state", own)
            return act
        if not said.correction:
            return failed(self._run, "not_approved", "The user did not approve what was to be done.")
        self._corrections = waiting.corrections + 1
        told = [*waiting.before.get(approval.SAID, ()), f"Not like that: {said.correction}"]
        self._own_state = json_value("state", {**waiting.before, approval.SAID: told})
        self._woken_with = {**self._woken_with, "answers": waiting.answers}
        del self.answers
        return None

    def _ask(self, own: Mapping[str, Any], kept: unclear.Unclear) -> Act:
        run = self._run
        act = Act(run, Verb.ASK, handler=run.handler.encode(), questions=[unclear.question(kept.key, run.action)])
        act.state = unclear.keep(own, kept)
        return act


def _report(item: Mapping[str, Any]) -> Report:
    return Report(
        UUID(item["node_id"]),
        item["action"],
        item["directive"],
        Outcome(item["outcome"]),
        item.get("report") or "",
        item.get("error"),
    )


def _answer(item: Mapping[str, Any]) -> Answer:
    return Answer(
        UUID(item["question_id"]),
        item.get("prompt", ""),
        item.get("answer"),
        expired=item.get("expired", False),
        files=item.get("files", ()),
    )
