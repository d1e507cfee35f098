"""What was done outside the database: calls of models and effects, each written before it is made."""

from sqlalchemy import BigInteger, Column, Integer, Numeric, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from pgswarm.schema.tables.base import metadata, moment, one_of, swarm_key

llm_call = Table(
    "llm_call",
    metadata,
    swarm_key(),
    Column("node_id", UUID, primary_key=True),
    Column("activation", Integer, primary_key=True, autoincrement=False),
    Column("call_no", Integer, primary_key=True, autoincrement=False),
    Column("request_hash", Text, primary_key=True),
    Column("model", Text, nullable=False),
    # Both null where a fork uses a call of its original again: the source has them (see the view llm_call_whole).
    Column("request", JSONB),
    Column("response", JSONB),
    Column("source_swarm_id", UUID),
    Column("source_node_id", UUID),
    Column("source_activation", Integer),
    Column("input_tokens", Integer, nullable=False, server_default="0"),
    Column("output_tokens", Integer, nullable=False, server_default="0"),
    Column("cost_usd", Numeric, nullable=False, server_default="0"),
    Column("reserved_tokens", BigInteger, nullable=False, server_default="0"),
    Column("reserved_cost_usd", Numeric, nullable=False, server_default="0"),
    # Tokens and money of sends whose answer was lost: counted as spent, for nobody knows.
    Column("lost_tokens", BigInteger, nullable=False, server_default="0"),
    Column("lost_cost_usd", Numeric, nullable=False, server_default="0"),
    Column("sends", Integer, nullable=False, server_default="1"),
    moment("started_at", required=True),
    moment("finished_at"),
)

effect = Table(
    "effect",
    metadata,
    swarm_key(),
    Column("node_id", UUID, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("state", Text, nullable=False, server_default="intended"),
    Column("lease_epoch", Integer, nullable=False),
    Column("result", JSONB),
    moment("started_at", required=True),
    moment("finished_at"),
    one_of("state", "intended", "done", "ambiguous"),
)
