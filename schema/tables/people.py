"""Questions to people, what they write unasked, the files that they send, their conversations and their accounts."""

from sqlalchemy import (
    BigInteger,
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
    # The files that came with the answer: [{"entry_id", "name", "kind", "size"}], null where none did.
    Column("answer_files", JSONB),
    Column("answered_by", Text),
    moment("answered_at"),
    moment("closed_at"),
    Column("closed_reason", Text),
    one_of("closed_reason", "answered", "expired", "node_terminated"),
    CheckConstraint("(closed_at is null) = (closed_reason is null)", name="closed_has_reason"),
)
Index("question_node_idx", question.c.node_id)
Index("question_swarm_idx", question.c.swarm_id)
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
    Column("files", JSONB),
    Column("author", Text, nullable=False),
    moment("at", required=True),
)
Index("message_swarm_idx", message.c.swarm_id, message.c.at)

# A way to answer one question without an account: whoever has the token may, once, until it expires.
answer_link = Table(
    "answer_link",
    metadata,
    Column("link_id", UUID, primary_key=True),
    Column("swarm_id", UUID, nullable=False),
    Column("question_id", UUID, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("idempotency_key", Text),
    moment("created_at", required=True),
    moment("expires_at", required=True),
    moment("used_at"),
    moment("revoked_at"),
    UniqueConstraint("token_hash"),
)
Index("answer_link_question_idx", answer_link.c.question_id)

conversation = Table(
    "conversation",
    metadata,
    Column("conversation_id", UUID, primary_key=True),
    Column("owner_id", UUID),
    Column("title", Text, nullable=False, server_default=""),
    moment("created_at", required=True),
    moment("ended_at"),
    Column("ended_by", Text),
    CheckConstraint("(ended_at is null) = (ended_by is null)", name="ended_by_someone"),
)
Index("conversation_owner_idx", conversation.c.owner_id, conversation.c.created_at)

# A file that an account has sent; its content is in `blob`. The same name and content again is the same upload.
upload = Table(
    "upload",
    metadata,
    Column("upload_id", UUID, primary_key=True),
    Column("owner_id", UUID),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("media_type", Text, nullable=False, server_default=""),
    Column("encoding", Text),
    Column("blob", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    moment("created_at", required=True),
)
Index(
    "upload_once_key",
    upload.c.owner_id,
    upload.c.blob,
    upload.c.name,
    unique=True,
    postgresql_nulls_not_distinct=True,
)

# What a person said of themselves, for all swarms of theirs; of nobody: who works on the database without an account.
profile = Table(
    "profile",
    metadata,
    Column("owner_id", UUID),
    Column("profile", JSONB, nullable=False),
    # The swarm whose interview found it out; none: the person wrote it.
    Column("swarm_id", UUID),
    moment("updated_at", required=True),
)
Index("profile_owner_key", profile.c.owner_id, unique=True, postgresql_nulls_not_distinct=True)

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
