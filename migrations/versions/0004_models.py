"""What models can and may do, the memo of their answers; sign-ins at outside connections.

Revision 0004, after 0003. Frozen: never edited once released.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_ability",
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("structured", sa.Text(), nullable=True),
        sa.Column("newer_limit", sa.Boolean(), nullable=True),
        sa.Column("streams", sa.Boolean(), nullable=True),
        sa.Column("stream_usage", sa.Boolean(), nullable=True),
        sa.Column("dimensions", sa.Integer(), nullable=True),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "structured in ('json_schema', 'tools', 'prompt')", name=op.f("model_ability_structured_check")
        ),
        sa.PrimaryKeyConstraint("server", "model", name=op.f("model_ability_pkey")),
        schema="pgswarm",
    )
    op.create_table(
        "model_limit",
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=True),
        sa.Column("tokens_per_minute", sa.BigInteger(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model", name=op.f("model_limit_pkey")),
        schema="pgswarm",
    )
    op.create_table(
        "model_use",
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("node_id", sa.UUID(), nullable=False),
        sa.Column("activation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("call_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("use_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("lease_epoch", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), server_default=sa.text("'infinity'"), nullable=False),
        sa.PrimaryKeyConstraint(
            "swarm_id", "node_id", "activation", "call_no", "request_hash", "use_id", name=op.f("model_use_pkey")
        ),
        schema="pgswarm",
        postgresql_with={"fillfactor": "70", "autovacuum_vacuum_scale_factor": "0.05"},
    )
    op.create_index("model_use_ended_idx", "model_use", ["ended_at"], unique=False, schema="pgswarm")
    op.create_table(
        "partial_answer",
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("node_id", sa.UUID(), nullable=False),
        sa.Column("activation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("call_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("from_char", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "swarm_id", "node_id", "activation", "call_no", "round", "from_char", name=op.f("partial_answer_pkey")
        ),
        schema="pgswarm",
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "llm_memo",
        sa.Column("owner_id", sa.UUID(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("node_id", sa.UUID(), nullable=False),
        sa.Column("activation", sa.Integer(), nullable=False),
        sa.Column("call_no", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "request_hash", name=op.f("llm_memo_pkey")),
        schema="pgswarm",
    )
    op.create_index("llm_memo_swarm_idx", "llm_memo", ["swarm_id"], unique=False, schema="pgswarm")
    op.create_table(
        "sign_in",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.UUID(), nullable=True),
        sa.Column("renewal", sa.UUID(), nullable=True),
        sa.Column("renewal_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connection", name=op.f("sign_in_pkey")),
        schema="pgswarm",
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup, or drop the schema pgswarm")
