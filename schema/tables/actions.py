"""The actions that processors can run; filled by `migrate` and by every processor at its start."""

from sqlalchemy import Boolean, Column, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

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
