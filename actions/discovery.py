"""Discovery: which actions this process has. Importing a module is what registers its actions.

One rule: an action that cannot be imported is reported by name and reason, and never takes the others with it.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from types import ModuleType
from typing import Final

import pgswarm.actions
from pgswarm.actions.base import registry

ENTRY_POINTS: Final = "pgswarm.actions"
"""The entry-point group under which another package names the modules (or packages) that hold its actions."""

LIBRARIES: Final = (
    "pgswarm.actions.documentation",
    "pgswarm.actions.intake",
    "pgswarm.actions.models",
    "pgswarm.actions.outside",
    "pgswarm.actions.sandbox",
    "pgswarm.actions.spaces",
)
"""Packages below `actions/` that hold no actions: importing them would only cost time at start."""


@dataclass(frozen=True, slots=True)
class Undiscovered:
    """A module of actions that could not be imported: what it was called, who brought it, and why."""

    name: str
    source: str
    reason: str


def discover() -> list[Undiscovered]:
    """Import every module of actions, built in and of other packages; return those that could not be imported."""
    failures = list(_import_below(pgswarm.actions, "pgswarm"))
    for entry in entry_points(group=ENTRY_POINTS):
        source = entry.dist.name if entry.dist is not None else "an unknown package"
        try:
            found = entry.load()
        except Exception as error:  # noqa: BLE001 - a module of others may raise anything at import; all of it is reported
            failures.append(Undiscovered(entry.value, source, _reason(error)))
            continue
        if isinstance(found, ModuleType):
            failures.extend(_import_below(found, source))
    return failures


def action_ids() -> list[str]:
    """Return the ids of the actions of this process, sorted."""
    return sorted(action.spec.action_id for action in registry)


def _import_below(package: ModuleType, source: str) -> Iterator[Undiscovered]:
    for found in pkgutil.iter_modules(getattr(package, "__path__", ()), f"{package.__name__}."):
        if found.name in LIBRARIES:
            continue
        try:
            module = importlib.import_module(found.name)
        except Exception as error:  # noqa: BLE001 - as above
            yield Undiscovered(found.name, source, _reason(error))
            continue
        if found.ispkg:
            yield from _import_below(module, source)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
