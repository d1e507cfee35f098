"""The swarm, its nodes and its events: the state machine's own tables."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from pgswarm.schema.states import Outcome
from pgswarm.schema.tables.base import long_text, metadata, moment, one_of, swarm_key

swarm = Table(
    "swarm",
    metadata,
    swarm_key(),
    Column("owner_id", UUID),
    Column("blueprint_id", UUID),
    Column("conversation_id", UUID),
    *long_text("goal", required=True),
    Column("status", Text, nullable=False, server_default="active"),
    Column("paused_reason", Text),
    Column("outcome", Text),
    Column("root_node_id", UUID, nullable=False),
    *long_text("report"),
    Column("priority", SmallInteger, nullable=False, server_default="1"),
    Column("share", Double, nullable=False, server_default="1"),
    Column("options", JSONB, nullable=False, server_default=text("'{}'")),
    Column("max_nodes", Integer, nullable=False),
    Column("max_depth", Integer, nullable=False),
    Column("max_children", Integer, nullable=False),
    Column("max_activations", Integer, nullable=False),
    Column("max_llm_calls", BigInteger, nullable=False),
    Column("max_tokens", BigInteger, nullable=False),
    Column("max_cost_usd", Numeric, nullable=False),
    Column("max_duration_s", Double, nullable=False),
    Column("spent_llm_calls", BigInteger, nullable=False, server_default="0"),
    Column("spent_input_tokens", BigInteger, nullable=False, server_default="0"),
    Column("spent_output_tokens", BigInteger, nullable=False, server_default="0"),
    Column("spent_cost_usd", Numeric, nullable=False, server_default="0"),
    Column("reserved_tokens", BigInteger, nullable=False, server_default="0"),
    Column("reserved_cost_usd", Numeric, nullable=False, server_default="0"),
    Column("forked_from", UUID),
    Column("forked_at_seq", BigInteger),
    Column("history_from_seq", BigInteger, nullable=False, server_default="1"),
    Column("idempotency_key", Text),
    Column("request_hash", Text),
    moment("created_at", required=True),
    moment("terminated_at"),
    one_of("status", "active", "paused", "terminated"),
    one_of("outcome", *Outcome),
    CheckConstraint("priority between 0 and 2", name="priority"),
    CheckConstraint("share > 0 and share <= 1000", name="share"),
    CheckConstraint(
        "(status = 'terminated') = (terminated_at is not null) and (status = 'terminated') = (outcome is not null)",
        name="terminated_has_outcome",
    ),
    postgresql_with={"fillfactor": "70"},
)
# Starts without a key are never equal; a null owner is one owner like any other.
Index(
    "swarm_start_once_key",
    swarm.c.owner_id,
    swarm.c.idempotency_key,
    unique=True,
    postgresql_nulls_not_distinct=True,
    postgresql_where=text("idempotency_key is not null"),
)
Index("swarm_forked_from_idx", swarm.c.forked_from, postgresql_where=text("forked_from is not null"))
Index("swarm_owner_idx", swarm.c.owner_id, swarm.c.swarm_id)
Index(
    "swarm_conversation_idx",
    swarm.c.conversation_id,
    postgresql_where=text("conversation_id is not null"),
)

node = Table(
    "node",
    metadata,
    swarm_key(),
    Column("node_id", UUID, primary_key=True),
    Column("parent_id", UUID),
    Column("depth", Integer, nullable=False, server_default="0"),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("action", Text, nullable=False),
    Column("action_version", Integer, nullable=False, server_default="1"),
    *long_text("directive", required=True),
    # Set once a person has changed the directive: from then on the node's events carry it.
    moment("directive_changed_at"),
    Column("args", JSONB, nullable=False, server_default=text("'{}'")),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("outcome", Text),
    *long_text("report"),
    Column("error", JSONB),
    Column("handler", Text, nullable=False, server_default="main"),
    Column("state", JSONB),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("activation", Integer, nullable=False, server_default="0"),
    Column("max_attempts", Integer, nullable=False, server_default="5"),
    Column("timeout_s", Integer, nullable=False, server_default="600"),
    Column("lease_epoch", Integer, nullable=False, server_default="0"),
    Column("lease_owner", UUID),
    moment("lease_expires_at"),
    Column("priority", SmallInteger, nullable=False, server_default="1"),
    moment("available_at", required=True),
    Column("open_children", Integer, nullable=False, server_default="0"),
    # The activation of the parent that spawned it: tells one set of children from the next.
    Column("spawn_round", Integer, nullable=False, server_default="0"),
    Column("retry_of", UUID),
    # In a fork: the node of the original that this one repeats.
    Column("copied_from", UUID),
    moment("created_at", required=True),
    moment("updated_at", required=True),
    moment("terminated_at"),
    # What a status can be, and what can follow it, the guards see to (schema/guards.py). Each statement reads the
    # constraints' text anew, so these are few and short.
    CheckConstraint("(status = 'running') = (lease_owner is not null)", name="running_has_owner"),
    CheckConstraint(
        "num_nonnulls(outcome, terminated_at) = case when status = 'terminated' then 2 else 0 end",
        name="terminated_has_outcome",
    ),
    CheckConstraint("open_children = 0 or status = 'awaiting_children'", name="open_children_while_awaiting"),
    postgresql_with={"fillfactor": "50", "autovacuum_vacuum_scale_factor": "0.05"},
)
# Never leads with swarm_id: one index only may serve a lookup by (swarm_id, node_id).
Index("node_parent_idx", node.c.parent_id, postgresql_where=text("parent_id is not null"))
# The nodes that ran a version of an action that a swarm made: few, and looked for when one was bad.
Index(
    "node_created_action_idx",
    node.c.action,
    node.c.action_version,
    postgresql_where=text("action like 'created/%'"),
)

event = Table(
    "event",
    metadata,
    swarm_key(),
    Column("seq", BigInteger, primary_key=True),
    Column("node_id", UUID),
    Column("kind", Text, nullable=False),
    Column("verb", Text),
    Column("actor", Text, nullable=False),
    moment("at", required=True),
    Column("nodes", Integer, nullable=False),
    Column("data", JSONB, nullable=False),
    postgresql_partition_by="RANGE (swarm_id)",
)
