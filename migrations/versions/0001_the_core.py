"""The core: swarms, nodes and what they do, workers and what they claim.

Revision 0001, the first. Frozen: never edited once released.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "action",
        sa.Column("action_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "input_schema", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("timeout_s", sa.Integer(), server_default="600", nullable=False),
        sa.Column("max_attempts", sa.Integer(), server_default="5", nullable=False),
        sa.Column("routable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("source", sa.Text(), server_default="built_in", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("action_id", name=op.f("action_pkey")),
        schema="pgswarm",
    )
    op.create_table(
        "blob",
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("blob", name=op.f("blob_pkey")),
        schema="pgswarm",
    )
    op.create_table(
        "claim",
        sa.Column("claim_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("worker_id", sa.UUID(), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("swarm_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("node_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("claim_pkey")),
        schema="pgswarm",
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_vacuum_threshold": "500"},
    )
    op.create_table(
        "effect",
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("node_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="intended", nullable=False),
        sa.Column("lease_epoch", sa.Integer(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('intended', 'done', 'ambiguous')", name=op.f("effect_state_check")),
        sa.PrimaryKeyConstraint("swarm_id", "node_id", "key", name=op.f("effect_pkey")),
        schema="pgswarm",
    )
    op.create_table(
        "event",
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("node_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("nodes", sa.Integer(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("swarm_id", "seq", name=op.f("event_pkey")),
        schema="pgswarm",
        postgresql_partition_by="RANGE (swarm_id)",
    )
    op.create_table(
        "lane",
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("share", sa.Double(), server_default="1", nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), server_default=sa.text("'infinity'"), nullable=False),
        sa.Column("has_messages", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("head_at", sa.DateTime(timezone=True), server_default=sa.text("'infinity'"), nullable=False),
        sa.Column(
            "head_id", sa.UUID(), server_default=sa.text("'00000000-0000-0000-0000-000000000000'"), nullable=False
        ),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("'infinity'"), nullable=False),
        sa.Column(
            "claim_at",
            sa.DateTime(timezone=True),
            sa.Computed("case when paused then 'infinity'::timestamptz else next_at end", persisted=True),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("swarm_id", name=op.f("lane_pkey")),
        schema="pgswarm",
        postgresql_with={"fillfactor": "40", "autovacuum_vacuum_scale_factor": "0.05"},
    )
    op.create_index(
        "lane_claim_idx",
        "lane",
        ["claim_at"],
        unique=False,
        schema="pgswarm",
        postgresql_where=sa.text("claim_at < 'infinity'"),
    )
    op.create_index(
        "lane_deadline_idx",
        "lane",
        ["deadline_at"],
        unique=False,
        schema="pgswarm",
        postgresql_where=sa.text("deadline_at < 'infinity' and not paused"),
    )
    op.create_table(
        "llm_call",
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("node_id", sa.UUID(), nullable=False),
        sa.Column("activation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("call_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("response", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("source_swarm_id", sa.UUID(), nullable=True),
        sa.Column("source_node_id", sa.UUID(), nullable=True),
        sa.Column("source_activation", sa.Integer(), nullable=True),
        sa.Column("input_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("output_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cost_usd", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("reserved_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved_cost_usd", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("lost_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lost_cost_usd", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("sends", sa.Integer(), server_default="1", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("prompt", sa.Text(), nullable=True),
        sa.Column("memo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint(
            "swarm_id", "node_id", "activation", "call_no", "request_hash", name=op.f("llm_call_pkey")
        ),
        schema="pgswarm",
    )
    op.create_table(
        "message",
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("node_id", sa.UUID(), nullable=True),
        sa.Column("role", sa.Text(), server_default="user", nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_blob", sa.Text(), nullable=True),
        sa.Column("files", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("message_pkey")),
        schema="pgswarm",
    )
    op.create_index("message_swarm_idx", "message", ["swarm_id", "at"], unique=False, schema="pgswarm")
    op.create_table(
        "node",
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("node_id", sa.UUID(), nullable=False),
        sa.Column("parent_id", sa.UUID(), nullable=True),
        sa.Column("depth", sa.Integer(), server_default="0", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("action_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("directive", sa.Text(), nullable=False),
        sa.Column("directive_blob", sa.Text(), nullable=True),
        sa.Column("directive_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("args", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("report_blob", sa.Text(), nullable=True),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("handler", sa.Text(), server_default="main", nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("activation", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max_attempts", sa.Integer(), server_default="5", nullable=False),
        sa.Column("timeout_s", sa.Integer(), server_default="600", nullable=False),
        sa.Column("lease_epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_owner", sa.UUID(), nullable=True),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("priority", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("open_children", sa.Integer(), server_default="0", nullable=False),
        sa.Column("spawn_round", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_of", sa.UUID(), nullable=True),
        sa.Column("copied_from", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terminated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'running') = (lease_owner is not null)", name=op.f("node_running_has_owner_check")
        ),
        sa.CheckConstraint(
            "num_nonnulls(outcome, terminated_at) = case when status = 'terminated' then 2 else 0 end",
            name=op.f("node_terminated_has_outcome_check"),
        ),
        sa.CheckConstraint(
            "open_children = 0 or status = 'awaiting_children'", name=op.f("node_open_children_while_awaiting_check")
        ),
        sa.PrimaryKeyConstraint("swarm_id", "node_id", name=op.f("node_pkey")),
        schema="pgswarm",
        postgresql_with={"fillfactor": "50", "autovacuum_vacuum_scale_factor": "0.05"},
    )
    op.create_index(
        "node_parent_idx",
        "node",
        ["parent_id"],
        unique=False,
        schema="pgswarm",
        postgresql_where=sa.text("parent_id is not null"),
    )
    op.create_table(
        "question",
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("question_id", sa.UUID(), nullable=False),
        sa.Column("node_id", sa.UUID(), nullable=False),
        sa.Column("activation", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("prompt_blob", sa.Text(), nullable=True),
        sa.Column("schema", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("default_answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("answer_files", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "closed_reason in ('answered', 'expired', 'node_terminated')", name=op.f("question_closed_reason_check")
        ),
        sa.CheckConstraint(
            "(closed_at is null) = (closed_reason is null)", name=op.f("question_closed_has_reason_check")
        ),
        sa.PrimaryKeyConstraint("question_id", name=op.f("question_pkey")),
        schema="pgswarm",
    )
    op.create_index(
        "question_expiry_idx",
        "question",
        ["expires_at"],
        unique=False,
        schema="pgswarm",
        postgresql_where=sa.text("closed_at is null and expires_at is not null"),
    )
    op.create_index("question_node_idx", "question", ["node_id"], unique=False, schema="pgswarm")
    op.create_index(
        "question_open_idx",
        "question",
        ["asked_at"],
        unique=False,
        schema="pgswarm",
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index("question_swarm_idx", "question", ["swarm_id"], unique=False, schema="pgswarm")
    op.create_table(
        "ready",
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("priority", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("node_id", sa.UUID(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("swarm_id", "priority", "available_at", "node_id", name=op.f("ready_pkey")),
        schema="pgswarm",
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_vacuum_threshold": "2000"},
    )
    op.create_table(
        "swarm",
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("blueprint_id", sa.UUID(), nullable=True),
        sa.Column("conversation_id", sa.UUID(), nullable=True),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("goal_blob", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("root_node_id", sa.UUID(), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("report_blob", sa.Text(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("share", sa.Double(), server_default="1", nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("max_nodes", sa.Integer(), nullable=False),
        sa.Column("max_depth", sa.Integer(), nullable=False),
        sa.Column("max_children", sa.Integer(), nullable=False),
        sa.Column("max_activations", sa.Integer(), nullable=False),
        sa.Column("max_llm_calls", sa.BigInteger(), nullable=False),
        sa.Column("max_tokens", sa.BigInteger(), nullable=False),
        sa.Column("max_cost_usd", sa.Numeric(), nullable=False),
        sa.Column("max_duration_s", sa.Double(), nullable=False),
        sa.Column("spent_llm_calls", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("spent_input_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("spent_output_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("spent_cost_usd", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("reserved_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved_cost_usd", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("forked_from", sa.UUID(), nullable=True),
        sa.Column("forked_at_seq", sa.BigInteger(), nullable=True),
        sa.Column("history_from_seq", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("request_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terminated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'terminated') = (terminated_at is not null) and (status = 'terminated') = (outcome is not null)",
            name=op.f("swarm_terminated_has_outcome_check"),
        ),
        sa.CheckConstraint("outcome in ('succeeded', 'failed', 'cancelled')", name=op.f("swarm_outcome_check")),
        sa.CheckConstraint("status in ('active', 'paused', 'terminated')", name=op.f("swarm_status_check")),
        sa.CheckConstraint("priority between 0 and 2", name=op.f("swarm_priority_check")),
        sa.CheckConstraint("share > 0 and share <= 1000", name=op.f("swarm_share_check")),
        sa.PrimaryKeyConstraint("swarm_id", name=op.f("swarm_pkey")),
        schema="pgswarm",
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "swarm_conversation_idx",
        "swarm",
        ["conversation_id"],
        unique=False,
        schema="pgswarm",
        postgresql_where=sa.text("conversation_id is not null"),
    )
    op.create_index(
        "swarm_forked_from_idx",
        "swarm",
        ["forked_from"],
        unique=False,
        schema="pgswarm",
        postgresql_where=sa.text("forked_from is not null"),
    )
    op.create_index("swarm_owner_idx", "swarm", ["owner_id", "swarm_id"], unique=False, schema="pgswarm")
    op.create_index(
        "swarm_start_once_key",
        "swarm",
        ["owner_id", "idempotency_key"],
        unique=True,
        schema="pgswarm",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("idempotency_key is not null"),
    )
    op.create_table(
        "worker",
        sa.Column("worker_id", sa.UUID(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("draining", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("fenced_writes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("worker_pkey")),
        schema="pgswarm",
        postgresql_with={"fillfactor": "50"},
    )
    op.execute("create table pgswarm.event_default partition of pgswarm.event default")


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup, or drop the schema pgswarm")
