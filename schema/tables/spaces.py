"""Long texts and files (`blob`), the spaces' entries with their searchable chunks, and blueprints."""

from sqlalchemy import BigInteger, Column, Computed, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, UUID

from pgswarm.schema.tables.base import metadata, moment, one_of

blob = Table(
    "blob",
    metadata,
    Column("blob", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    moment("created_at", default="now()"),
)

space_entry = Table(
    "space_entry",
    metadata,
    Column("swarm_id", UUID),
    Column("entry_id", UUID, primary_key=True),
    Column("owner_id", UUID),
    Column("author_node_id", UUID),
    Column("space", Text, nullable=False, server_default="memory"),
    Column("parent_id", UUID),
    Column("path", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("blob", Text),
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("status", Text, nullable=False, server_default="up_to_date"),
    Column("fields", JSONB, nullable=False, server_default=text("'{}'")),
    moment("created_at", required=True),
    moment("updated_at", required=True),
    one_of("space", "action", "memory", "util"),
    one_of("status", "up_to_date", "out_of_date"),
)
Index(
    "space_entry_path_key",
    space_entry.c.swarm_id,
    space_entry.c.space,
    space_entry.c.path,
    unique=True,
    postgresql_nulls_not_distinct=True,
)

entry_chunk = Table(
    "entry_chunk",
    metadata,
    Column("swarm_id", UUID),
    Column("entry_id", UUID, primary_key=True),
    Column("chunk_no", Integer, primary_key=True, autoincrement=False),
    Column("first_line", Integer, nullable=False),
    Column("last_line", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("tsv", TSVECTOR, Computed("to_tsvector('english'::regconfig, content)", persisted=True), nullable=False),
)
Index("entry_chunk_swarm_idx", entry_chunk.c.swarm_id)
Index("entry_chunk_tsv_idx", entry_chunk.c.tsv, postgresql_using="gin")

blueprint = Table(
    "blueprint",
    metadata,
    Column("blueprint_id", UUID, primary_key=True),
    Column("owner_id", UUID),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("settings", JSONB, nullable=False, server_default=text("'{}'")),
    moment("created_at", default="now()"),
)
