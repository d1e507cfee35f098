"""Accounts, and what people say, send and ask for.

Revision 0002, after 0001. Frozen: never edited once released.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("username_key", sa.Text(), sa.Computed("lower(username)", persisted=True), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), server_default="user", nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role in ('admin', 'user')", name=op.f("account_role_check")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("account_pkey")),
        sa.UniqueConstraint("username_key", name=op.f("account_username_key_key")),
        schema="pgswarm",
    )
    op.create_table(
        "answer_link",
        sa.Column("link_id", sa.UUID(), nullable=False),
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("question_id", sa.UUID(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("link_id", name=op.f("answer_link_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("answer_link_token_hash_key")),
        schema="pgswarm",
    )
    op.create_index("answer_link_question_idx", "answer_link", ["question_id"], unique=False, schema="pgswarm")
    op.create_table(
        "api_request",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("api_request_pkey")),
        schema="pgswarm",
    )
    op.create_index("api_request_created_idx", "api_request", ["created_at"], unique=False, schema="pgswarm")
    op.create_table(
        "api_token",
        sa.Column("token_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_id", name=op.f("api_token_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("api_token_token_hash_key")),
        schema="pgswarm",
    )
    op.create_index("api_token_account_idx", "api_token", ["account_id"], unique=False, schema="pgswarm")
    op.create_table(
        "conversation",
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(ended_at is null) = (ended_by is null)", name=op.f("conversation_ended_by_someone_check")),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("conversation_pkey")),
        schema="pgswarm",
    )
    op.create_index(
        "conversation_owner_idx", "conversation", ["owner_id", "created_at"], unique=False, schema="pgswarm"
    )
    op.create_table(
        "login_throttle",
        sa.Column("throttle_key", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("throttle_key", name=op.f("login_throttle_pkey")),
        schema="pgswarm",
    )
    op.create_index("login_throttle_age_idx", "login_throttle", ["failed_at"], unique=False, schema="pgswarm")
    op.create_table(
        "profile",
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("profile", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("swarm_id", sa.UUID(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        schema="pgswarm",
    )
    op.create_index(
        "profile_owner_key",
        "profile",
        ["owner_id"],
        unique=True,
        schema="pgswarm",
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "upload",
        sa.Column("upload_id", sa.UUID(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), server_default="", nullable=False),
        sa.Column("encoding", sa.Text(), nullable=True),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("upload_pkey")),
        schema="pgswarm",
    )
    op.create_index(
        "upload_once_key",
        "upload",
        ["owner_id", "blob", "name"],
        unique=True,
        schema="pgswarm",
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup, or drop the schema pgswarm")
