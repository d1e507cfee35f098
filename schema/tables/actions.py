"""The actions that processors can run, and the contents of actions of swarms that may not be run any more.

`action` is filled by `migrate` and by every processor at its start.
"""

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from pgswarm.schema.tables.base import metadata, moment

action = Table(
    "action",
    metadata,
    Column("action_id", Text, primary_key=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("description", Text, nullable=False, server_default=""),
    Column("input_schema", JSONB, nullable=False, server_default=text("'{}'")),
    Column("timeout_s", Integer, nullable=False, server_default="600"),
    Column("max_attempts", Integer, nullable=False, server_default="5"),
    Column("routable", Boolean, nullable=False, server_default=text("true")),
    Column("source", Text, nullable=False, server_default="built_in"),
    moment("updated_at", default="now()"),
)

# By the hash of what was approved, so that it counts wherever the content is kept. A null owner: for everybody.
revoked_action = Table(
    "revoked_action",
    metadata,
    Column("revocation_id", UUID, primary_key=True),
    Column("owner_id", UUID),
    Column("hash", Text, nullable=False),
    Column("action_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("revoked_by", Text, nullable=False),
    moment("revoked_at", required=True),
)
Index(
    "revoked_action_key",
    revoked_action.c.hash,
    revoked_action.c.owner_id,
    unique=True,
    postgresql_nulls_not_distinct=True,
)
