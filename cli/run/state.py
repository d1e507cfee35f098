"""What is known of the swarm while it is watched: its events, folded.

Rule: pure, and it goes by events alone. Of a swarm with very many nodes those that ended are only counted.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_DRAWN = 20_000
DIRECTIVE_CHARS = 300
LIVING = ("pending", "running", "waiting_user", "awaiting_children")


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the event table."""

    swarm_id: str
    seq: int
    kind: str
    verb: str | None
    at: str
    node_id: str | None
    data: Mapping[str, Any]


@dataclass(slots=True)
class SwarmState:
    """The swarm's row, its nodes in the order in which they came, its open questions, and counts."""

    swarm: dict[str, Any] = field(default_factory=dict)
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    questions: dict[str, dict[str, Any]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    created: int = 0
    activations: int = 0
    seq: int = 0

    @property
    def root(self) -> Mapping[str, Any] | None:
        """The root node, once it is known."""
        return self.nodes.get(str(self.swarm.get("root_node_id")))

    @property
    def at_rest(self) -> bool:
        """Whether no node runs or could: what is left waits for people, or for those that do."""
        return self.counts["running"] == 0 and self.counts["pending"] == 0

    def open_questions(self) -> list[dict[str, Any]]:
        """Return the open questions in the order in which they were asked."""
        return sorted(self.questions.values(), key=lambda q: (str(q["asked_at"]), q["position"]))

    def directive(self, node: Mapping[str, Any]) -> str:
        """Return a node's directive as it is shown: nothing where it is that of its parent."""
        parent = self.nodes.get(node["parent_id"] or "")
        directive: str = node["directive"]
        return "" if parent is not None and parent["directive"] == directive else directive

    def apply(self, event: Event) -> None:
        """Fold one event."""
        self.seq = event.seq
        family, _, what = event.kind.partition(".")
        if family == "swarm":
            self.swarm.update(event.data)
        elif family == "question" and "question_id" in event.data:
            self._question(event.data)
        elif event.kind == "node.created":
            self._created(event.data)
        elif family == "node" and event.node_id is not None and what in {*LIVING, "terminated"}:
            self._moved(event.node_id, event.data)

    def _created(self, row: Mapping[str, Any]) -> None:
        self.created += 1
        self.counts[row["status"]] += 1
        self.nodes[row["node_id"]] = {
            **{name: row[name] for name in ("node_id", "parent_id", "depth", "action", "status", "outcome", "error")},
            "directive": row["directive"][:DIRECTIVE_CHARS],
        }

    def _moved(self, node_id: str, change: Mapping[str, Any]) -> None:
        node = self.nodes.get(node_id)
        if node is None:
            return
        self.counts[node["status"]] -= 1
        self.counts[change["status"]] += 1
        node.update({name: change[name] for name in ("status", "outcome", "error")})
        if change["status"] == "running":
            self.activations += 1
        elif change["status"] == "terminated":
            self.counts[change["outcome"]] += 1
            for question_id in [q for q, row in self.questions.items() if row["node_id"] == node_id]:
                del self.questions[question_id]  # closed with its node, without an event of its own
            if len(self.nodes) > MOST_DRAWN and node["parent_id"] is not None and change["outcome"] == "succeeded":
                del self.nodes[node_id]

    def _question(self, row: Mapping[str, Any]) -> None:
        if row.get("closed_at") is None:
            self.questions[row["question_id"]] = dict(row)
        else:
            self.questions.pop(row["question_id"], None)
