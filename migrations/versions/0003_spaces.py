"""Blueprints, the entries of spaces, and the files of workspaces.

Revision 0003, after 0002. Frozen: never edited once released.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blueprint",
        sa.Column("blueprint_id", sa.UUID(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("keys", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("base_ids", postgresql.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("hidden_ids", postgresql.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("blueprint_id", name=op.f("blueprint_pkey")),
        schema="pgswarm",
    )
    op.create_index(
        "blueprint_version_key",
        "blueprint",
        ["owner_id", "name", "version"],
        unique=True,
        schema="pgswarm",
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "entry_chunk",
        sa.Column("swarm_id", sa.UUID(), nullable=True),
        sa.Column("scope_id", sa.UUID(), nullable=False),
        sa.Column("entry_id", sa.UUID(), nullable=False),
        sa.Column("chunk_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=False),
        sa.Column("last_line", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "tsv",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('english'::regconfig, content) || array_to_tsvector(array[scope_id::text])",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("entry_id", "chunk_no", name=op.f("entry_chunk_pkey")),
        schema="pgswarm",
    )
    op.create_index(
        "entry_chunk_tsv_idx", "entry_chunk", ["tsv"], unique=False, schema="pgswarm", postgresql_using="gin"
    )
    op.create_index("entry_chunk_hash_idx", "entry_chunk", ["hash"], unique=False, schema="pgswarm")
    op.create_index("entry_chunk_scope_idx", "entry_chunk", ["scope_id"], unique=False, schema="pgswarm")
    op.create_table(
        "entry_version",
        sa.Column("swarm_id", sa.UUID(), nullable=True),
        sa.Column("blueprint_id", sa.UUID(), nullable=True),
        sa.Column("entry_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.UUID(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("blob", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("search", sa.Text(), nullable=True),
        sa.Column("target_id", sa.UUID(), nullable=True),
        sa.Column("derived_from", postgresql.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("author_node_id", sa.UUID(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("portal", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outdated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("entry_id", "version", name=op.f("entry_version_pkey")),
        schema="pgswarm",
    )
    op.create_index(
        "entry_version_swarm_idx",
        "entry_version",
        ["swarm_id"],
        unique=False,
        schema="pgswarm",
        postgresql_where=sa.text("swarm_id is not null"),
    )
    op.create_table(
        "passage_vector",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("embedding", postgresql.ARRAY(sa.REAL()), nullable=False),
        sa.Column("signs", postgresql.BIT(varying=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", "model", name=op.f("passage_vector_pkey")),
        schema="pgswarm",
    )
    op.create_table(
        "space_entry",
        sa.Column("swarm_id", sa.UUID(), nullable=True),
        sa.Column("blueprint_id", sa.UUID(), nullable=True),
        sa.Column(
            "scope_id",
            sa.UUID(),
            sa.Computed(
                "coalesce(swarm_id, blueprint_id, '00000000-0000-0000-0000-000000000000'::uuid)", persisted=True
            ),
            nullable=False,
        ),
        sa.Column("entry_id", sa.UUID(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("space", sa.Text(), server_default="memory", nullable=False),
        sa.Column("parent_id", sa.UUID(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("blob", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("search", sa.Text(), nullable=True),
        sa.Column("target_id", sa.UUID(), nullable=True),
        sa.Column("derived_from", postgresql.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("author_node_id", sa.UUID(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("portal", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("status", sa.Text(), server_default="up_to_date", nullable=False),
        sa.Column("outdated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("space in ('action', 'memory', 'util')", name=op.f("space_entry_space_check")),
        sa.CheckConstraint(
            "search in ('choice', 'text', 'vector', 'sql', 'code', 'none')", name=op.f("space_entry_search_check")
        ),
        sa.CheckConstraint("status in ('up_to_date', 'out_of_date')", name=op.f("space_entry_status_check")),
        sa.CheckConstraint(
            "(status = 'out_of_date') = (outdated_at is not null)", name=op.f("space_entry_out_of_date_since_check")
        ),
        sa.CheckConstraint("swarm_id is null or blueprint_id is null", name=op.f("space_entry_one_layer_check")),
        sa.CheckConstraint(
            "(parent_id is null) = (path = '')", name=op.f("space_entry_only_roots_have_no_parent_check")
        ),
        sa.CheckConstraint(
            "(kind = 'pointer') = (target_id is not null)", name=op.f("space_entry_pointers_have_targets_check")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("space_entry_pkey")),
        schema="pgswarm",
    )
    op.create_index(
        "space_entry_place_key", "space_entry", ["parent_id", "scope_id", "name"], unique=True, schema="pgswarm"
    )
    op.create_index(
        "space_entry_path_idx", "space_entry", ["scope_id", "space", "path"], unique=False, schema="pgswarm"
    )
    op.create_index(
        "space_entry_target_idx",
        "space_entry",
        ["target_id"],
        unique=False,
        schema="pgswarm",
        postgresql_where=sa.text("target_id is not null"),
    )
    op.create_index(
        "space_entry_derived_idx",
        "space_entry",
        ["derived_from"],
        unique=False,
        schema="pgswarm",
        postgresql_using="gin",
        postgresql_where=sa.text("derived_from <> '{}'"),
    )
    op.create_index(
        "space_entry_created_idx",
        "space_entry",
        ["scope_id", sa.literal_column("(fields ->> 'action_id')")],
        unique=False,
        schema="pgswarm",
        postgresql_where=sa.text("fields ->> 'source' = 'created'"),
    )
    op.create_table(
        "revoked_action",
        sa.Column("revocation_id", sa.UUID(), nullable=False),
        sa.Column("owner_id", sa.UUID(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("action_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("revoked_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("revocation_id", name=op.f("revoked_action_pkey")),
        schema="pgswarm",
    )
    op.create_index(
        "revoked_action_key",
        "revoked_action",
        ["hash", "owner_id"],
        unique=True,
        schema="pgswarm",
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        "node_created_action_idx",
        "node",
        ["action", "action_version"],
        unique=False,
        schema="pgswarm",
        postgresql_where=sa.text("action like 'created/%'"),
    )
    op.create_table(
        "workspace_change",
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("node_id", sa.UUID(), nullable=False),
        sa.Column("activation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("change_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "swarm_id", "node_id", "activation", "change_no", "request_hash", name=op.f("workspace_change_pkey")
        ),
        schema="pgswarm",
    )
    op.create_table(
        "workspace_file",
        sa.Column("swarm_id", sa.UUID(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("executable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("node_id", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('file', 'folder', 'removed')", name=op.f("workspace_file_kind_check")),
        sa.PrimaryKeyConstraint("swarm_id", "path", "seq", name=op.f("workspace_file_pkey")),
        schema="pgswarm",
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup, or drop the schema pgswarm")
