"""What a processor knows of actions: its own, ready to run, and the ids and schemas of all that are registered."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol, TypeAlias

from pydantic import BaseModel

from pgswarm.actions.base import Action, Registry
from pgswarm.actions.created.library import PREFIX, RUN
from pgswarm.actions.documentation import as_json, pages
from pgswarm.actions.node import ActionChoice
from pgswarm.actions.registration import specs
from pgswarm.processor.settings import like

FRESH_S: Final = 5.0
"""How long the list of actions is taken from memory."""

_CHOICES: Final = "select action_id, description, input_schema, routable from pgswarm.action order by action_id"


class Reader(Protocol):
    """What the catalogue needs of the database."""

    async def rows(self, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""


Handler: TypeAlias = Callable[[Any], Awaitable[object]]


class Runnable:
    """An action, taken apart for the hot path."""

    __slots__ = ("action", "handlers", "max_backoff_s", "validate")

    def __init__(self, action: Action[Any]) -> None:
        """Look up everything once."""
        self.action = action
        self.handlers: dict[str, Handler] = {name: getattr(action, name) for name in action.spec.handlers}
        self.max_backoff_s = action.spec.max_backoff_s
        self.validate: Callable[[bytes], BaseModel] = action.spec.args_model.model_validate_json


class Catalogue:
    """The actions of this process and, for routing and spawning, of the whole installation."""

    def __init__(self, registry: Registry) -> None:
        """Take the actions that discovery found."""
        self.runnables = {action.spec.action_id: Runnable(action) for action in registry}
        self._choices: list[ActionChoice] = []
        self._elsewhere: frozenset[str] = frozenset()
        self._read_at = -FRESH_S
        self._own: list[str] | None = None

    def learn(self, action: Action[Any]) -> None:
        """Take an action that came while the process runs."""
        self.runnables[action.spec.action_id] = Runnable(action)
        self._own = None
        self._read_at = -FRESH_S

    def find(self, action_id: str) -> Runnable | None:
        """Return what runs an action here; what swarms made themselves is all run by `action/run`."""
        return self.runnables.get(RUN if action_id.startswith(PREFIX) else action_id)

    def known(self, action_id: str) -> bool:
        """Say whether any worker ever registered the action, as far as was read, or a swarm may have made it."""
        return action_id in self.runnables or action_id in self._elsewhere or action_id.startswith(PREFIX)

    def routable(self, action_id: str) -> bool:
        """Say whether routers may choose the action; one that nobody here knows counts as one of those."""
        own = self.runnables.get(action_id)
        return own is None or own.action.spec.routable

    def own_patterns(self) -> list[str]:
        """Return LIKE patterns that fit exactly this process's actions."""
        if self._own is None:
            self._own = [like(action_id.replace("*", "").replace("?", "")) for action_id in self.runnables]
            self._own += [like(f"{PREFIX}*")] if RUN in self.runnables else []
        return self._own

    async def refresh(self, reader: Reader) -> None:
        """Read the table of actions."""
        rows = await reader.rows(_CHOICES)
        self._elsewhere = frozenset(row[0] for row in rows)
        self._choices = [ActionChoice(row[0], row[1], row[2]) for row in rows if row[3]]
        self._read_at = time.monotonic()

    async def choices(self, reader: Reader) -> list[ActionChoice]:
        """Return the actions that a router may choose; read at most every `FRESH_S` seconds."""
        if time.monotonic() - self._read_at >= FRESH_S:
            await self.refresh(reader)
        return self._choices

    def specs(self) -> str:
        """Return this process's actions as the JSON array that `register_actions` takes."""
        return specs(runnable.action for runnable in self.runnables.values())

    def pages(self) -> str:
        """Return the documentation of this process's actions as the JSON array that `register_documentation` takes."""
        return as_json(pages(runnable.action for runnable in self.runnables.values()))
