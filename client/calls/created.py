"""Actions that swarms made: their versions, what one touched, revoking one, running again what it did."""

from typing import Any
from uuid import uuid4

from pgswarm.client.calls.parts import Id, ident, inner, listing, make, of_swarm, said
from pgswarm.client.models import CreatedVersion, RunsAgain, TouchedNode
from pgswarm.client.wire import Call, Listing, encode


def created_actions(swarm_id: Id, action: str | None) -> Listing[CreatedVersion]:
    """List versions."""
    return listing(of_swarm(swarm_id, "/actions"), CreatedVersion, said(action=action))


def touched_nodes(swarm_id: Id, action: str, version: int) -> Listing[TouchedNode]:
    """List what a version touched."""
    return listing(of_swarm(swarm_id, "/actions/touched"), TouchedNode, said(action=action, version=version))


def revoke_action(swarm_id: Id, wanted: dict[str, Any], key: str | None) -> Call[bool]:
    """Revoke a version that a swarm has."""
    return _revoke(of_swarm(swarm_id), wanted, key)


def revoke_blueprint_action(blueprint_id: Id, wanted: dict[str, Any], key: str | None) -> Call[bool]:
    """Revoke a version that a blueprint has."""
    return _revoke(f"/v1/blueprints/{ident('blueprint_id', blueprint_id)}", wanted, key)


def rerun_action(swarm_id: Id, wanted: dict[str, Any], key: str | None) -> Call[RunsAgain]:
    """Run again what a version did."""
    body = {name: value for name, value in wanted.items() if value is not None}
    return make(of_swarm(swarm_id, "/actions/rerun"), RunsAgain, body, key)


def _revoke(whose: str, wanted: dict[str, Any], key: str | None) -> Call[bool]:
    return Call("POST", f"{whose}/actions/revoke", inner("changed", bool), body=encode(wanted), key=key or str(uuid4()))
