"""Blueprints: what swarms can start from."""

from collections.abc import Mapping, Sequence
from typing import Any, Required, TypedDict

from pgswarm.client.calls.parts import Id, ident, listing, make
from pgswarm.client.calls.spaces import Space
from pgswarm.client.models import Blueprint
from pgswarm.client.wire import Call, Listing, reader


class NewEntry(TypedDict, total=False):
    """An entry of a blueprint; without `space` it goes into the memory."""

    name: Required[str]
    kind: Required[str]
    space: Space
    description: str
    folder: str
    content: str
    fields: Mapping[str, Any]
    search: str
    portal: bool


class Contribution(TypedDict):
    """What a swarm made that a blueprint takes over."""

    swarm_id: Id
    entry_ids: Sequence[Id]


class MergedAction(TypedDict):
    """A version of an action that a swarm made, as it was reviewed."""

    swarm_id: Id
    action_id: str
    version: int
    hash: str


class BlueprintOptions(TypedDict, total=False):
    """What can be said of a version beside its name; settings and keys that are left out are those of `based_on`."""

    description: str
    settings: Mapping[str, Any]
    keys: Sequence[str]
    based_on: Id
    leave_out: Sequence[Id]
    contribution: Contribution
    actions: Sequence[MergedAction]
    entries: Sequence[NewEntry]
    shared: bool


def blueprints() -> Listing[Blueprint]:
    """List blueprints."""
    return listing("/v1/blueprints", Blueprint, {})


def blueprint(blueprint_id: Id) -> Call[Blueprint]:
    """Open a version of a blueprint."""
    return Call("GET", f"/v1/blueprints/{ident('blueprint_id', blueprint_id)}", reader(Blueprint))


def create_blueprint(name: str, options: BlueprintOptions, key: str | None) -> Call[Blueprint]:
    """Make a version of a blueprint."""
    return make("/v1/blueprints", Blueprint, {"name": name, **options}, key)
