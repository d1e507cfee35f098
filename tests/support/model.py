"""What must become of nodes, said again without a database: for the state machine test to compare with.

Rule: a status changes by `states.move` alone, so that the table in `schema/states.py` is what the database is held to.
Times are seconds since the model was made.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from pgswarm.schema.states import Outcome, Status, Verb, move

GRACE_S = 2.0
CLOCK: Final = """
create table public.test_clock (at timestamptz not null);
insert into public.test_clock values (clock_timestamp());
grant select on public.test_clock to public;
create or replace function pgswarm.clock() returns timestamptz language sql volatile
as 'select at from public.test_clock';
"""
"""A clock that is a row: to set it is cheaper than to make the function again."""


@dataclass
class ModelQuestion:
    """An open or closed question."""

    node: "ModelNode"
    expires_at: float | None
    open: bool = True

    def is_due(self, now: float) -> bool:
        return self.expires_at is not None and self.expires_at <= now


@dataclass
class ModelNode:
    """A node; what is compared with its row is in `facts`."""

    swarm: "ModelSwarm"
    node_id: UUID
    parent: "ModelNode | None"
    max_attempts: int
    available_at: float
    spawn_round: int = 0
    retry_of: UUID | None = None
    status: Status = Status.PENDING
    outcome: Outcome | None = None
    handler: str = "main"
    attempt: int = 0
    activation: int = 0
    epoch: int = 0
    open_children: int = 0
    owner: UUID | None = None
    overdue_at: float = 0.0
    questions: list[ModelQuestion] = field(default_factory=list)

    def facts(self) -> dict[str, object]:
        """Return the columns that the model predicts."""
        return {
            "status": self.status,
            "outcome": self.outcome,
            "handler": self.handler,
            "attempt": self.attempt,
            "activation": self.activation,
            "lease_epoch": self.epoch,
            "lease_owner": self.owner,
            "open_children": self.open_children,
        }

    def children(self) -> Iterator["ModelNode"]:
        return (node for node in self.swarm.nodes.values() if node.parent is self)

    def below(self) -> Iterator["ModelNode"]:
        """Yield the node and all below it."""
        yield self
        for child in self.children():
            yield from child.below()

    def do(self, verb: Verb, now: float, *, delay_s: float = 0.0) -> None:
        """Make a move that is not an end."""
        self.status = move(self.status, verb)
        self.owner = None
        if verb in {Verb.ASK, Verb.SPAWN, Verb.CONTINUE}:
            self.attempt = 0
        if verb is Verb.RELEASE:
            self.activation -= self.attempt == 1
            self.attempt -= 1
        if self.status is Status.PENDING:
            self.available_at = now + delay_s

    def end(self, verb: Verb, now: float, *, wake: bool = True) -> None:
        """End the node; the last child to end wakes its parent, and the root's end is the swarm's."""
        self.status = move(self.status, verb)
        self.outcome = {Verb.FINISH: Outcome.SUCCEEDED, Verb.FAIL: Outcome.FAILED, Verb.CANCEL: Outcome.CANCELLED}[verb]
        self.owner = None
        self.open_children = 0
        for question in self.questions:
            question.open = False
        if self.parent is None:
            self.swarm.status, self.swarm.paused_reason = "terminated", None
        elif wake and self.parent.status is Status.AWAITING_CHILDREN:
            self.parent.open_children -= 1
            if self.parent.open_children == 0:
                self.parent.do(Verb.CHILDREN_DONE, now)

    def try_again(self, verb: Verb, now: float, *, delay_s: float = 0.0) -> None:
        """Retry or take over; without an attempt left the node fails."""
        if self.attempt >= self.max_attempts:
            self.end(Verb.FAIL, now)
        else:
            self.do(verb, now, delay_s=delay_s)

    def cancel(self, now: float) -> None:
        """End all that lives from here on down; only the top one wakes its parent."""
        for node in list(self.below()):
            if node.status is not Status.TERMINATED:
                node.end(Verb.CANCEL, now, wake=node is self)

    def wake_answered(self, verb: Verb, now: float) -> None:
        if self.status is Status.WAITING_USER and not any(question.open for question in self.questions):
            self.do(verb, now)


@dataclass
class ModelSwarm:
    """A swarm and its limit of nodes."""

    swarm_id: UUID
    max_nodes: int
    nodes: dict[UUID, ModelNode] = field(default_factory=dict)
    status: str = "active"
    paused_reason: str | None = None

    @property
    def root(self) -> ModelNode:
        return next(iter(self.nodes.values()))

    def claimable(self, now: float) -> list[ModelNode]:
        if self.status != "active":
            return []
        return [n for n in self.nodes.values() if n.status is Status.PENDING and n.available_at <= now]

    def exceed(self, now: float) -> None:
        """Pause for its budget; what runs is released."""
        self.status, self.paused_reason = "paused", "budget_exceeded"
        for node in self.nodes.values():
            if node.status is Status.RUNNING:
                node.do(Verb.RELEASE, now)

    def may_replace(self, node: ModelNode) -> bool:
        """Say whether `retry_node` must accept."""
        parent = node.parent
        return (
            node.status is Status.TERMINATED
            and parent is not None
            and parent.status is Status.AWAITING_CHILDREN
            and node.spawn_round == parent.activation
            and len(self.nodes) < self.max_nodes
            and all(other.retry_of != node.node_id for other in self.nodes.values())
        )


@dataclass
class ModelWorker:
    """A worker's lease."""

    worker_id: UUID
    expires_at: float
    stopped: bool = False


def running_of(swarms: Iterable[ModelSwarm], worker: ModelWorker) -> list[ModelNode]:
    """Return what a worker holds."""
    return [n for s in swarms for n in s.nodes.values() if n.status is Status.RUNNING and n.owner == worker.worker_id]
