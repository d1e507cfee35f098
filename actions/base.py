"""`Action`, `@action` and the registry: adding an action is one class in one file.

An action is stateless: one instance serves every node. The handlers are its public coroutine methods; `main` runs
first. Its id, description and schema are what routers and people see.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ConfigDict

from pgswarm.actions.node import ArgsT, Node
from pgswarm.actions.outcomes import ActionOutcome

ActionT = TypeVar("ActionT", bound="Action[Any]")


class NoArgs(BaseModel):
    """The arguments of an action that takes none."""

    model_config = ConfigDict(extra="forbid")


class ActionError(Exception):
    """A handler cannot go on, for a reason that trying again will not change: the node fails with this code."""

    def __init__(self, code: str, message: str) -> None:
        """Take a stable `code` (snake case) and a sentence that says what to do."""
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """What the engine must know of an action.

    `timeout_s` bounds one activation; `max_attempts` the claims of one activation; `max_backoff_s` the pause before
    another attempt after an exception; `routable` says whether routers may choose it; `source` who brought it, where
    that is not the module of its class; `output_schema` is what its report is, as JSON, where it is that.
    """

    action_id: str
    description: str
    version: int
    timeout_s: int
    max_attempts: int
    max_backoff_s: float
    routable: bool
    args_model: type[BaseModel]
    handlers: tuple[str, ...]
    source: str = ""
    output_schema: Mapping[str, Any] | None = None
    off: str = ""


class Action(Generic[ArgsT]):
    """Base of every action; `ArgsT` is a pydantic model that its arguments must fit."""

    spec: ActionSpec

    async def main(self, node: Node[ArgsT]) -> ActionOutcome:
        """Run first."""
        raise NotImplementedError


class Registry:
    """The actions of one process, by id."""

    def __init__(self) -> None:
        """Start empty."""
        self._actions: dict[str, Action[Any]] = {}

    def add(self, cls: type[Action[Any]]) -> None:
        """Add an action; an id that is taken by another class is an error."""
        known = self._actions.get(cls.spec.action_id)
        if known is not None and type(known) is not cls:
            raise ValueError(f"two actions are called {cls.spec.action_id!r}: {type(known)!r} and {cls!r}")
        self._actions[cls.spec.action_id] = cls()

    def put(self, made: Action[Any]) -> None:
        """Take an action that came while the process runs, in the place of one of the same id and class."""
        known = self._actions.get(made.spec.action_id)
        if known is not None and type(known) is not type(made):
            raise ValueError(f"two actions are called {made.spec.action_id!r}: {type(known)!r} and {type(made)!r}")
        self._actions[made.spec.action_id] = made

    def get(self, action_id: str) -> Action[Any] | None:
        """Return the action, or None where this process does not have it."""
        return self._actions.get(action_id)

    def __iter__(self) -> Iterator[Action[Any]]:
        return iter(self._actions.values())


registry = Registry()


def action(
    action_id: str,
    *,
    description: str,
    version: int = 1,
    timeout_s: int = 600,
    max_attempts: int = 5,
    max_backoff_s: float = 30.0,
    routable: bool = True,
    output: type[BaseModel] | None = None,
    off: str = "",
) -> Callable[[type[ActionT]], type[ActionT]]:
    """Register a class as the action `folder/name`; `timeout_s` in seconds for one activation.

    `output`: what its report is, or ends with, as JSON: other actions whose arguments that fits can be chained to it.
    `off`: a sentence that says what would switch it on, where it is off in this process: routers do not choose it then,
    and where it is what was wanted, people are told that sentence.
    """

    def register(cls: type[ActionT]) -> type[ActionT]:
        cls.spec = ActionSpec(
            action_id=action_id,
            description=description,
            version=version,
            timeout_s=timeout_s,
            max_attempts=max_attempts,
            max_backoff_s=max_backoff_s,
            routable=routable and not off,
            args_model=_args_model(cls),
            handlers=tuple(
                name for name, fn in inspect.getmembers(cls, inspect.iscoroutinefunction) if not name.startswith("_")
            ),
            output_schema=output.model_json_schema() if output else None,
            off=off,
        )
        registry.add(cls)
        return cls

    return register


def _args_model(cls: type[Action[Any]]) -> type[BaseModel]:
    for base in getattr(cls, "__orig_bases__", ()):
        for arg in get_args(base):
            if isinstance(arg, type) and issubclass(arg, BaseModel):
                return arg
    return NoArgs
