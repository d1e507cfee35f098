"""What the API was asked before: the answers that it gave to requests with an `Idempotency-Key`."""

from sqlalchemy import Column, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from pgswarm.schema.tables.base import metadata, moment

api_request = Table(
    "api_request",
    metadata,
    Column("account_id", UUID, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("response", Text, nullable=False),
    moment("created_at", required=True),
)
Index("api_request_created_idx", api_request.c.created_at)
