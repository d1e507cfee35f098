"""Questions to people, what they write unasked, and their accounts."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from pgswarm.schema.tables.base import long_text, metadata, moment, one_of

question = Table(
    "question",
    metadata,
    Column("swarm_id", UUID, nullable=False),
    Column("question_id", UUID, primary_key=True),
    Column("node_id", UUID, nullable=False),
    Column("activation", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    *long_text("prompt", required=True),
    Column("schema", JSONB),
    Column("choices", JSONB),
    Column("default_answer", JSONB),
    moment("expires_at"),
    moment("asked_at", required=True),
    Column("answer", JSONB),
    Column("answered_by", Text),
    moment("answered_at"),
    moment("closed_at"),
    Column("closed_reason", Text),
    one_of("closed_reason", "answered", "expired", "node_terminated"),
    CheckConstraint("(closed_at is null) = (closed_reason is null)", name="closed_has_reason"),
)
Index("question_node_idx", question.c.node_id)
Index("question_open_idx", question.c.asked_at, postgresql_where=text("closed_at is null"))
Index(
    "question_expiry_idx",
    question.c.expires_at,
    postgresql_where=text("closed_at is null and expires_at is not null"),
)

message = Table(
    "message",
    metadata,
    Column("swarm_id", UUID, nullable=False),
    Column("message_id", UUID, primary_key=True),
    Column("node_id", UUID),
    Column("role", Text, nullable=False, server_default="user"),
    *long_text("content", required=True),
    Column("author", Text, nullable=False),
    moment("at", required=True),
)
Index("message_swarm_idx", message.c.swarm_id, message.c.at)

account = Table(
    "account",
    metadata,
    Column("account_id", UUID, primary_key=True),
    Column("username", Text, nullable=False),
    Column("username_key", Text, Computed("lower(username)", persisted=True), nullable=False),
    Column("password_hash", Text),
    Column("role", Text, nullable=False, server_default="user"),
    Column("disabled", Boolean, nullable=False, server_default=text("false")),
    moment("created_at", default="now()"),
    one_of("role", "admin", "user"),
    UniqueConstraint("username_key"),
)

api_token = Table(
    "api_token",
    metadata,
    Column("token_id", UUID, primary_key=True),
    Column("account_id", UUID, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("label", Text, nullable=False, server_default=""),
    moment("created_at", default="now()"),
    moment("expires_at"),
    moment("revoked_at"),
    UniqueConstraint("token_hash"),
)
Index("api_token_account_idx", api_token.c.account_id)

# Failed logins. The key is a hash: what was typed as a name may be a password.
login_throttle = Table(
    "login_throttle",
    metadata,
    Column("throttle_key", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    moment("failed_at", required=True),
    moment("blocked_until", required=True),
)
Index("login_throttle_age_idx", login_throttle.c.failed_at)
