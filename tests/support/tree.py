"""Runs a tree of nodes in one coroutine, without a database: the rules of waiting and waking, and nothing else.

For tests of what actions decide. The model is the real client; it is faked only at the HTTP protocol (the offline and
recorded transports).
"""

import importlib
import itertools
import json
import logging
import pkgutil
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pgswarm.actions
from pgswarm.actions import Ask, Child, Continue, Fail, Finish, Sleep, Spawn
from pgswarm.actions.base import Action, ActionError, registry
from pgswarm.actions.models.client import ModelClient
from pgswarm.actions.node import ActionChoice, Answer, EntryInfo, Message, Passage, Prompt, Report, SwarmInfo
from pgswarm.schema.decode import NotTextError, decode
from pgswarm.schema.states import Outcome
from support.levels import Levels

MAX_NODES = 2_000
MAX_ACTIVATIONS = 50


class MemoryFolder:
    """The swarm's memory as a dictionary."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self._entries: dict[uuid.UUID, tuple[EntryInfo, bytes]] = {}
        self.known: dict[str, Any] | None = None
        for name, content in files.items():
            self._put(name, content if isinstance(content, bytes) else content.encode(), "", "", made=False)

    def _put(self, name: str, content: bytes, folder: str, description: str, *, made: bool = True) -> uuid.UUID:
        entry_id = uuid.uuid4()
        kind = "csv" if name.endswith(".csv") else "text"
        path = f"/{folder}/{name}" if folder else f"/{name}"
        self._entries[entry_id] = (EntryInfo(entry_id, name, kind, description, len(content), path, made), content)
        return entry_id

    def listed(self) -> list[EntryInfo]:
        return [entry for entry, _ in self._entries.values()]

    async def entries(self) -> list[EntryInfo]:
        return self.listed()

    async def save_bytes(
        self, name: str, content: bytes, *, kind: str = "binary", description: str = "", folder: str = ""
    ) -> uuid.UUID:
        del kind
        return self._put(name, content, folder, description)

    async def read(self, name_or_id: str | uuid.UUID) -> str:
        for entry, content in self._entries.values():
            if name_or_id in {entry.entry_id, entry.name, str(entry.entry_id)}:
                try:
                    return decode(content, entry.name).text
                except NotTextError as error:
                    raise ActionError("not_text", str(error)) from None
        raise ActionError("not_found", f"No entry is called {name_or_id!r}.")

    async def save(
        self, name: str, content: str, *, kind: str = "text", description: str = "", folder: str = ""
    ) -> uuid.UUID:
        del kind
        return self._put(name, content.encode(), folder, description)

    async def profile(self) -> Mapping[str, Any] | None:
        return self.known

    async def keep_profile(self, profile: Mapping[str, str]) -> None:
        self.known = dict(profile)

    async def search(self, query: str, *, limit: int = 5, folder: str = "") -> list[Passage]:
        words = {word[:6] for word in re.findall(r"\w{3,}", query.lower())} - {"the", "what", "about", "says", "text"}
        found = []
        for entry, content in self._entries.values():
            if folder and not entry.path.startswith(f"/{folder}/"):
                continue
            line = 1
            for paragraph in re.split(r"(\n\s*\n)", content.decode(errors="replace")):
                low = paragraph.lower()
                score = sum(word in low for word in words)
                if score:
                    last = line + paragraph.count("\n")
                    found.append(Passage(entry.entry_id, entry.name, paragraph, line, last, float(score)))
                line += paragraph.count("\n")
        return sorted(found, key=lambda passage: -passage.score)[:limit]


@dataclass
class TreeNode:
    """One node; implements what `actions.node.Node` promises to handlers."""

    tree: "Tree"
    action: str
    directive: str
    raw_args: Mapping[str, Any]
    depth: int = 0
    parent_id: uuid.UUID | None = None
    node_id: uuid.UUID = field(default_factory=uuid.uuid4)
    state: dict[str, Any] = field(default_factory=dict)
    reports: Sequence[Report] = ()
    answers: Sequence[Answer] = ()
    messages: Sequence[Message] = ()
    args: Any = None
    attempt: int = 1
    activation: int = 0
    outcome: Outcome | None = None
    report: str = ""
    error: dict[str, Any] | None = None
    children: list["TreeNode"] = field(default_factory=list)

    @property
    def swarm_id(self) -> uuid.UUID:
        return self.tree.swarm_id

    @property
    def memory(self) -> MemoryFolder:
        return self.tree.memory

    @property
    def spaces(self) -> Levels:
        return self.tree.spaces

    @property
    def log(self) -> logging.LoggerAdapter[logging.Logger]:
        return logging.LoggerAdapter(logging.getLogger("tree"), {})

    async def swarm(self) -> SwarmInfo:
        return SwarmInfo(self.swarm_id, None, self.tree.goal, {})

    async def actions(self) -> list[ActionChoice]:
        built_in = [choice for choice in built_in_actions() if choice.action_id != "action/create"]  # a test adds it
        return [*built_in, *self.tree.more_actions]

    async def may_create(self) -> bool:
        return any(choice.action_id == "action/create" for choice in await self.actions())

    async def llm(self, schema: Any, prompt: Prompt) -> Any:
        self.tree.prompts.append(prompt)
        return (await self.tree.client.complete(schema, prompt, self.tree.model)).parsed

    async def effect(self, key: str, fn: Callable[[], Any]) -> Any:
        raise NotImplementedError(key)

    def end(self, outcome: Finish | Fail) -> None:
        """Terminate."""
        self.report = outcome.report or ""
        self.outcome = Outcome.SUCCEEDED if isinstance(outcome, Finish) else Outcome.FAILED
        if isinstance(outcome, Fail):
            self.error = {"code": outcome.code, "message": outcome.message}


StandIn = Callable[[TreeNode], Finish | Fail]


class Tree:
    """A swarm: `answer` is called with each question's text. `stand_ins` take the place of actions, by id."""

    def __init__(
        self,
        client: ModelClient,
        files: Mapping[str, str | bytes],
        answer: Callable[[str], Any] | None = None,
        model: str | None = None,
        stand_ins: Mapping[str, StandIn] | None = None,
    ) -> None:
        self.client, self.model = client, model
        self.swarm_id = uuid.uuid4()
        self.memory = MemoryFolder(files)
        self.asked: list[str] = []
        self.prompts: list[Prompt] = []
        self.nodes: list[TreeNode] = []
        self.stand_ins = stand_ins or {}
        self.more_actions: list[ActionChoice] = []
        self.spaces = Levels(lambda: [*built_in_actions(), *self.more_actions], self.memory)
        self.goal = ""
        self._answer = answer

    async def run(
        self, goal: str, action: str = "swarm/route_action", args: Mapping[str, Any] | None = None
    ) -> TreeNode:
        """Work a goal to its end and return the root."""
        self.goal = goal
        root = TreeNode(self, action, goal, args or {})
        await self._work(root)
        return root

    async def _work(self, node: TreeNode) -> None:
        self.nodes.append(node)
        assert len(self.nodes) <= MAX_NODES, "the tree does not end"
        if stand_in := self.stand_ins.get(node.action):
            node.end(stand_in(node))
            return
        known = registry.get(node.action)
        assert known is not None, f"unknown action {node.action}"
        node.args = known.spec.args_model.model_validate(json.loads(json.dumps(node.raw_args)))
        handler: Any = "main"
        for _ in itertools.repeat(None, MAX_ACTIVATIONS):
            node.activation += 1
            outcome = await self._activate(known, handler, node)
            node.state = json.loads(json.dumps(node.state))
            match outcome:
                case Finish() | Fail():
                    node.end(outcome)
                    return
                case Spawn():
                    await self._spawn(node, outcome.children)
                case Ask():
                    node.answers = [self._ask(question) for question in _as_list(outcome.questions)]
                case Continue() | Sleep():
                    pass
            handler = outcome.then
        raise AssertionError(f"{node.action} does not end")

    async def _activate(self, known: Action[Any], handler: Any, node: TreeNode) -> Any:
        name = handler if isinstance(handler, str) else handler.__name__
        try:
            return await getattr(known, name)(node)
        except ActionError as error:
            return Fail(error.code, str(error))

    async def _spawn(self, node: TreeNode, children: Sequence[Child]) -> None:
        made = [TreeNode(self, c.action, c.directive, c.args, node.depth + 1, node.node_id) for c in children]
        node.children += made
        for child in made:
            await self._work(child)
        node.reports = [
            Report(c.node_id, c.action, c.directive, c.outcome or Outcome.FAILED, c.report, c.error) for c in made
        ]

    def _ask(self, question: Any) -> Answer:
        prompt = question if isinstance(question, str) else question.prompt
        self.asked.append(prompt)
        assert self._answer is not None, f"nobody answers: {prompt}"
        return Answer(uuid.uuid4(), prompt, self._answer(prompt))

    def show(self, node: TreeNode | None = None) -> str:
        """Return the tree as text, for a failed test's message."""
        top = node or self.nodes[0]
        line = f"{'  ' * top.depth}{top.action} [{top.outcome}] {top.directive[:90]!r} {top.error or ''}"
        return "\n".join([line, *(self.show(child) for child in top.children)])


def _as_list(questions: Any) -> list[Any]:
    return [questions] if isinstance(questions, str) or not isinstance(questions, Sequence) else list(questions)


def load_built_in_actions() -> None:
    """Import every module of `pgswarm.actions`, so that the registry holds them all."""
    for module in pkgutil.walk_packages(pgswarm.actions.__path__, "pgswarm.actions."):
        importlib.import_module(module.name)


def built_in_actions() -> list[ActionChoice]:
    """Return the built-in actions that a router may choose."""
    load_built_in_actions()
    return [
        ActionChoice(a.spec.action_id, a.spec.description, a.spec.args_model.model_json_schema())
        for a in registry
        if a.spec.routable and type(a).__module__.startswith("pgswarm.")
    ]
