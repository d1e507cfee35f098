"""What was done outside the database, written before it was done; and what models can do.

How their servers can be asked, how much they may be asked, and which answers may be used again.
"""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Identity, Index, Integer, Numeric, Table, Text, text
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
    # Which prompt asked: its name, version and hash.
    Column("prompt", Text),
    # Whether the answer is that of an earlier call which asked the same (`source_…`), at no cost.
    Column("memo", Boolean, nullable=False, server_default=text("false")),
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

model_ability = Table(
    "model_ability",
    metadata,
    Column("server", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    # Null where nobody has tried yet.
    Column("structured", Text),
    Column("newer_limit", Boolean),
    Column("streams", Boolean),
    Column("stream_usage", Boolean),
    Column("dimensions", Integer),
    moment("learned_at", required=True),
    one_of("structured", "json_schema", "tools", "prompt"),
)

model_limit = Table(
    "model_limit",
    metadata,
    Column("model", Text, primary_key=True),
    Column("concurrency", Integer),
    Column("tokens_per_minute", BigInteger),
    moment("set_at", required=True),
)

# One row for each call of a model that has a limit, until a minute after its end.
model_use = Table(
    "model_use",
    metadata,
    swarm_key(),
    Column("node_id", UUID, primary_key=True),
    Column("activation", Integer, primary_key=True, autoincrement=False),
    Column("call_no", Integer, primary_key=True, autoincrement=False),
    Column("request_hash", Text, primary_key=True),
    Column("use_id", BigInteger, Identity(always=True), primary_key=True),
    Column("model", Text, nullable=False),
    Column("lease_epoch", Integer, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    moment("began_at", required=True),
    Column("ended_at", DateTime(timezone=True), nullable=False, server_default=text("'infinity'")),
    postgresql_with={"fillfactor": "70", "autovacuum_vacuum_scale_factor": "0.05"},
)
Index("model_use_ended_idx", model_use.c.ended_at)

llm_memo = Table(
    "llm_memo",
    metadata,
    Column("owner_id", UUID, primary_key=True),
    Column("request_hash", Text, primary_key=True),
    Column("swarm_id", UUID, nullable=False),
    Column("node_id", UUID, nullable=False),
    Column("activation", Integer, nullable=False),
    Column("call_no", Integer, nullable=False),
    moment("kept_at", required=True),
)
Index("llm_memo_swarm_idx", llm_memo.c.swarm_id)

# What models are just saying. Unlogged, and gone with the end of the call: it is shown, never kept.
partial_answer = Table(
    "partial_answer",
    metadata,
    swarm_key(),
    Column("node_id", UUID, primary_key=True),
    Column("activation", Integer, primary_key=True, autoincrement=False),
    Column("call_no", Integer, primary_key=True, autoincrement=False),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("from_char", Integer, primary_key=True, autoincrement=False),
    Column("part", Text, nullable=False),
    moment("at", required=True),
    prefixes=["UNLOGGED"],
)
