"""An activation: one run of one handler on a claimed node, as the database handed it over.

One rule: every activation that was claimed is closed exactly once, by an act that was taken for the next commit or by
dropping it because it is no longer ours; `open` says which of the two has not happened yet.
"""

from typing import Any, TypeAlias

Row: TypeAlias = tuple[Any, ...]

COLUMNS = (
    "what", "swarm_id", "node_id", "claim_id", "parent_id", "depth", "action", "directive", "args", "handler", "state",
    "attempt", "activation", "lease_epoch", "timeout_s", "max_attempts", "context", "waited_ms", "from_seq", "to_seq",
    "next_in_s",
)  # fmt: skip
"""The columns of `pgswarm.advanced`, in the order in which `Activation` takes them."""


class Activation:
    """A claimed node. Ids are 16 bytes and JSON is its text: what nobody reads is never decoded."""

    __slots__ = (
        "action",
        "activation",
        "args",
        "attempt",
        "claim_id",
        "context",
        "deadline",
        "depth",
        "directive",
        "handler",
        "lease_epoch",
        "max_attempts",
        "node_key",
        "open",
        "parent_key",
        "queued_at",
        "state",
        "swarm_key",
        "timeout_s",
    )

    def __init__(self, row: Row, now: float) -> None:
        """Take a `claimed` row; `now` is the loop's time in seconds."""
        (
            _,
            self.swarm_key,
            self.node_key,
            self.claim_id,
            self.parent_key,
            self.depth,
            self.action,
            self.directive,
            self.args,
            self.handler,
            self.state,
            self.attempt,
            self.activation,
            self.lease_epoch,
            self.timeout_s,
            self.max_attempts,
            self.context,
            _,
            _,
            _,
            _,
        ) = row
        self.queued_at = now
        self.deadline = now + self.timeout_s
        self.open = True
