"""The files that the nodes of a swarm work on (its workspace), version by version, and what each change came to.

Append-only: the newest version of a path is what lies there now, the newest up to an event what lay there then.
"""

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from pgswarm.schema.tables.base import metadata, moment, one_of, swarm_key

workspace_file = Table(
    "workspace_file",
    metadata,
    swarm_key(),
    Column("path", Text(collation="C"), primary_key=True),
    # Of the event that tells of the change.
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("blob", Text),
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("executable", Boolean, nullable=False, server_default=text("false")),
    Column("node_id", UUID),
    moment("at", required=True),
    one_of("kind", "file", "folder", "removed"),
)

# A change counts once: a node that is tried again takes what is recorded here and does not run the code again.
workspace_change = Table(
    "workspace_change",
    metadata,
    swarm_key(),
    Column("node_id", UUID, primary_key=True),
    Column("activation", Integer, primary_key=True, autoincrement=False),
    Column("change_no", Integer, primary_key=True, autoincrement=False),
    Column("request_hash", Text, primary_key=True),
    Column("result", JSONB),
    moment("finished_at", required=True),
)
