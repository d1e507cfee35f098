"""Long texts and files (`blob`), the spaces' entries with their versions and searchable chunks, and blueprints.

Rule: an entry belongs to one layer: a swarm's own, a blueprint's, or the built-in one that all share:
`scope_id` names it.
"""

from typing import Final

from sqlalchemy import (
    ARRAY,
    REAL,
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
    text,
)
from sqlalchemy.dialects.postgresql import BIT, JSONB, TSVECTOR, UUID

from pgswarm.schema.kinds import SPACES, Search
from pgswarm.schema.tables.base import metadata, moment, one_of

BUILT_IN: Final = "00000000-0000-0000-0000-000000000000"
"""The scope of what belongs to no swarm and no blueprint."""

blob = Table(
    "blob",
    metadata,
    Column("blob", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    moment("created_at", default="now()"),
)


def _state() -> list[Column[object]]:
    """Return the columns of an entry that a version keeps."""
    return [
        Column("parent_id", UUID),
        Column("path", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("description", Text, nullable=False, server_default=""),
        Column("blob", Text),
        Column("size", BigInteger, nullable=False, server_default="0"),
        Column("fields", JSONB, nullable=False, server_default=text("'{}'")),
        Column("search", Text),
        Column("target_id", UUID),
        Column("derived_from", ARRAY(UUID), nullable=False, server_default=text("'{}'")),
        Column("author_node_id", UUID),
        Column("author", Text),
    ]


space_entry = Table(
    "space_entry",
    metadata,
    Column("swarm_id", UUID),
    Column("blueprint_id", UUID),
    Column(
        "scope_id",
        UUID,
        Computed(f"coalesce(swarm_id, blueprint_id, '{BUILT_IN}'::uuid)", persisted=True),
        nullable=False,
    ),
    Column("entry_id", UUID, primary_key=True),
    Column("owner_id", UUID),
    Column("space", Text, nullable=False, server_default="memory"),
    *_state(),
    Column("portal", Boolean, nullable=False, server_default=text("false")),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("status", Text, nullable=False, server_default="up_to_date"),
    moment("outdated_at"),
    moment("created_at", required=True),
    moment("updated_at", required=True),
    one_of("space", *SPACES),
    one_of("search", *Search),
    one_of("status", "up_to_date", "out_of_date"),
    CheckConstraint("(status = 'out_of_date') = (outdated_at is not null)", name="out_of_date_since"),
    CheckConstraint("swarm_id is null or blueprint_id is null", name="one_layer"),
    CheckConstraint("(parent_id is null) = (path = '')", name="only_roots_have_no_parent"),
    CheckConstraint("(kind = 'pointer') = (target_id is not null)", name="pointers_have_targets"),
)
# One level of the tree, by name: the children of a folder in one layer.
Index("space_entry_place_key", space_entry.c.parent_id, space_entry.c.scope_id, space_entry.c.name, unique=True)
Index("space_entry_path_idx", space_entry.c.scope_id, space_entry.c.space, space_entry.c.path)
Index("space_entry_target_idx", space_entry.c.target_id, postgresql_where=text("target_id is not null"))
Index(
    "space_entry_derived_idx",
    space_entry.c.derived_from,
    postgresql_using="gin",
    postgresql_where=text("derived_from <> '{}'"),
)
# Actions that swarms made: those of a layer by their ids.
Index(
    "space_entry_created_idx",
    space_entry.c.scope_id,
    text("(fields ->> 'action_id')"),
    postgresql_where=text("fields ->> 'source' = 'created'"),
)

# What an entry was before it changed, and what it was when it was removed.
entry_version = Table(
    "entry_version",
    metadata,
    Column("swarm_id", UUID),
    Column("blueprint_id", UUID),
    Column("entry_id", UUID, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("owner_id", UUID),
    Column("space", Text, nullable=False),
    *_state(),
    Column("portal", Boolean, nullable=False, server_default=text("false")),
    moment("created_at", required=True),
    moment("at", required=True),
    moment("outdated_at"),
    moment("removed_at"),
    Column("removed_by", Text),
)
Index(
    "entry_version_swarm_idx",
    entry_version.c.swarm_id,
    postgresql_where=text("swarm_id is not null"),
)

entry_chunk = Table(
    "entry_chunk",
    metadata,
    Column("swarm_id", UUID),
    Column("scope_id", UUID, nullable=False),
    Column("entry_id", UUID, primary_key=True),
    Column("chunk_no", Integer, primary_key=True, autoincrement=False),
    Column("first_line", Integer, nullable=False),
    Column("last_line", Integer, nullable=False),
    # What it stands under: headings, the class and function, a table's first line.
    Column("title", Text, nullable=False, server_default=""),
    Column("content", Text, nullable=False),
    # Of title and content: what its vectors are kept under.
    Column("hash", LargeBinary, nullable=False),
    # The scope is a word of every passage: the index alone finds those of one swarm among all.
    Column(
        "tsv",
        TSVECTOR,
        Computed(
            "to_tsvector('english'::regconfig, content) || array_to_tsvector(array[scope_id::text])", persisted=True
        ),
        nullable=False,
    ),
)
Index("entry_chunk_tsv_idx", entry_chunk.c.tsv, postgresql_using="gin")
Index("entry_chunk_hash_idx", entry_chunk.c.hash)
Index("entry_chunk_scope_idx", entry_chunk.c.scope_id)

# The vectors of passages, by their text: the same text is turned into a vector once by each model, wherever it stands.
passage_vector = Table(
    "passage_vector",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("embedding", ARRAY(REAL), nullable=False),  # of length 1
    Column("signs", BIT(varying=True), nullable=False),  # a bit for each number: whether it is positive
    moment("created_at", required=True),
)

blueprint = Table(
    "blueprint",
    metadata,
    Column("blueprint_id", UUID, primary_key=True),
    Column("owner_id", UUID),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("description", Text, nullable=False, server_default=""),
    Column("settings", JSONB, nullable=False, server_default=text("'{}'")),
    Column("keys", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    # The versions that it stands on, the nearest first, and which of their entries it leaves out.
    Column("base_ids", ARRAY(UUID), nullable=False, server_default=text("'{}'")),
    Column("hidden_ids", ARRAY(UUID), nullable=False, server_default=text("'{}'")),
    Column("author", Text),
    moment("created_at", default="now()"),
    # From here on nothing of it changes.
    moment("used_at"),
)
Index(
    "blueprint_version_key",
    blueprint.c.owner_id,
    blueprint.c.name,
    blueprint.c.version,
    unique=True,
    postgresql_nulls_not_distinct=True,
)
