"""Swarms and their nodes: started, looked at, steered."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict
from uuid import uuid4

from pgswarm.client.calls.parts import Id, listing, make, nothing, of_node, of_swarm, said, whole
from pgswarm.client.models import (
    Changed,
    LlmCall,
    Node,
    Raised,
    Replaced,
    Spend,
    Started,
    Steered,
    Supervised,
    Swarm,
    WorkspaceFile,
)
from pgswarm.client.wire import Call, Listing, encode, reader


class StartOptions(TypedDict, total=False):
    """What can be said of a swarm beside its goal; the API's documentation has what each is."""

    action: str
    args: Mapping[str, Any]
    budget: Mapping[str, float]
    priority: int
    share: float
    approve: str
    create: str
    model: str
    memo: bool
    stream: bool
    blueprint: Id
    """The id of a version, or a name: then its newest."""
    conversation_id: Id
    files: Sequence[Id]


def start(goal: str, options: StartOptions, key: str | None) -> Call[Started]:
    """Start a swarm."""
    return make("/v1/swarms", Started, {"goal": goal, **options}, key)


def swarm(swarm_id: Id) -> Call[Swarm]:
    """Open a swarm."""
    return Call("GET", of_swarm(swarm_id), reader(Swarm))


def swarms(status: str | None, conversation_id: Id | None) -> Listing[Swarm]:
    """List swarms."""
    return listing("/v1/swarms", Swarm, said(status=status, conversation_id=conversation_id))


def delete(swarm_id: Id) -> Call[None]:
    """Delete a swarm. Not repeated once it was sent: the second time it would not be known."""
    return Call("DELETE", of_swarm(swarm_id), nothing, idempotent=False)


def steer(swarm_id: Id, verb: str) -> Call[Steered]:
    """Pause a swarm, go on with it, or end it."""
    return Call("POST", of_swarm(swarm_id, f"/{verb}"), reader(Steered))


def supervise(swarm_id: Id, approve: str) -> Call[Supervised]:
    """Say what needs a person's yes."""
    return Call("PUT", of_swarm(swarm_id, "/approval"), reader(Supervised), body=encode({"approve": approve}))


def raise_budget(swarm_id: Id, budget: Mapping[str, float]) -> Call[Raised]:
    """Set limits anew and go on."""
    body = encode({"budget": budget, "resume": True})
    return Call("POST", of_swarm(swarm_id, "/budget"), reader(Raised), body=body)


def node(swarm_id: Id, node_id: Id) -> Call[Node]:
    """Open a node."""
    return Call("GET", of_node(swarm_id, node_id), reader(Node))


def nodes(
    swarm_id: Id, status: str | None, action: str | None, under: Id | None, parent_id: Id | None
) -> Listing[Node]:
    """List nodes."""
    wanted = said(status=status, action=action, under=under, parent_id=parent_id)
    return listing(of_swarm(swarm_id, "/nodes"), Node, wanted)


def spend(swarm_id: Id, node_id: Id) -> Call[Spend]:
    """See what a node and all below it cost."""
    return Call("GET", of_node(swarm_id, node_id, "/spend"), reader(Spend))


def llm_calls(swarm_id: Id, node_id: Id) -> Listing[LlmCall]:
    """List what a node asked of models."""
    return listing(of_node(swarm_id, node_id, "/llm-calls"), LlmCall, {})


def files(swarm_id: Id, folder: str | None) -> Listing[WorkspaceFile]:
    """List a swarm's files."""
    return listing(of_swarm(swarm_id, "/files"), WorkspaceFile, said(folder=folder))


def read_file(swarm_id: Id, path: str) -> Call[bytes]:
    """Read a file of a swarm's."""
    return Call("GET", of_swarm(swarm_id, "/files/content"), whole, {"path": path})


def cancel_node(swarm_id: Id, node_id: Id) -> Call[Changed]:
    """End a node and all below it."""
    return Call("POST", of_node(swarm_id, node_id, "/cancel"), reader(Changed))


def retry_node(swarm_id: Id, node_id: Id, key: str | None) -> Call[Replaced]:
    """Put a new node in the place of one that has terminated."""
    return Call("POST", of_node(swarm_id, node_id, "/retry"), reader(Replaced), key=key or str(uuid4()))


def change_directive(swarm_id: Id, node_id: Id, directive: str) -> Call[Changed]:
    """Change what a node is to do."""
    body = encode({"directive": directive})
    return Call("PUT", of_node(swarm_id, node_id, "/directive"), reader(Changed), body=body)
