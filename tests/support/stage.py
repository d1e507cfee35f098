"""Handlers on a real database, without a processor: one node's context, whose reads and questions are counted.

The node's spaces and memory are the processor's own; its model answers by a function of the test, or is a real client.
"""

import json
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pgswarm.actions import Ask, Continue, Fail, Finish, Spawn
from pgswarm.actions.base import registry
from pgswarm.actions.node import ActionChoice, Prompt, SwarmInfo
from pgswarm.processor.connect import Outage
from pgswarm.processor.memory import SwarmMemory
from pgswarm.processor.passages import SwarmPassages
from pgswarm.processor.side import Side
from pgswarm.processor.spaces import SwarmSpaces

Says = Callable[[str, Mapping[str, Any]], Any]
DEADLINE_S = 60.0


class CountingSide(Side):
    """A side door that counts the rows of each query."""

    def __init__(self, url: str) -> None:
        super().__init__(url, Outage())
        self.counts: list[int] = []

    async def rows(self, query: str, params: Any = (), **how: Any) -> list[tuple[Any, ...]]:
        found = await super().rows(query, params, **how)
        self.counts.append(len(found))
        return found


class Stage:
    """One node: `says` answers a task with its data; `asked` are the tasks, `sent` the characters of each question."""

    def __init__(
        self, side: CountingSide, swarm_id: uuid.UUID, says: Says, directive: str = "", args: Any = None
    ) -> None:
        self.side, self.swarm_id, self.says = side, swarm_id, says
        self.node_id = None  # a person's: the row of a node is not needed for anything here
        self.directive, self.args = directive, args
        self.state: dict[str, Any] = {}
        self.reports: Sequence[Any] = ()
        self.answers: Sequence[Any] = ()
        self.messages: Sequence[Any] = ()
        self.asked: list[str] = []
        self.data: list[Mapping[str, Any]] = []
        self.sent: list[int] = []
        self.log = logging.LoggerAdapter(logging.getLogger("stage"), {})
        until = time.monotonic() + DEADLINE_S
        node_id: Any = self.node_id
        self.spaces = SwarmSpaces(side, swarm_id, node_id, until)
        self.memory = SwarmMemory(side, swarm_id, node_id, until)
        self.passages = SwarmPassages(side, swarm_id, until)

    async def swarm(self) -> SwarmInfo:
        return SwarmInfo(self.swarm_id, None, self.directive, {})

    async def actions(self) -> Sequence[ActionChoice]:
        return []

    async def may_create(self) -> bool:
        return False

    async def llm(self, schema: Any, prompt: Prompt) -> Any:
        self.asked.append(prompt.task)
        self.data.append(prompt.data)
        self.sent.append(len(json.dumps(prompt.data)) + len(json.dumps(schema.model_json_schema())))
        said = self.says(prompt.task, prompt.data)
        return schema.model_validate(await said if isinstance(said, Awaitable) else said)

    async def run(self, action_id: str, args: Mapping[str, Any] | None = None) -> Any:
        """Run an action until it does something else than to go on; the state goes through JSON, as it is stored."""
        known = registry.get(action_id)
        assert known is not None
        self.args = known.spec.args_model.model_validate(args or {})
        handler: Any = "main"
        for _ in range(30):
            outcome: Ask | Continue | Fail | Finish | Spawn = await getattr(known, handler)(self)
            self.state = json.loads(json.dumps(self.state))
            if not isinstance(outcome, Continue):
                return outcome
            handler = outcome.then if isinstance(outcome.then, str) else outcome.then.__name__
        raise AssertionError(f"{action_id} goes on and on")
