"""What is claimable, and who holds what: `lane`, `ready`, `claim` and `worker`.

Derived from the nodes, kept by the same verbs in the same transactions; nobody else reads or writes them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from pgswarm.schema.tables.base import metadata, moment, swarm_key

NO_UUID = "'00000000-0000-0000-0000-000000000000'"

lane = Table(
    "lane",
    metadata,
    swarm_key(),
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    Column("share", Double, nullable=False, server_default="1"),
    moment("deadline_at", default="'infinity'"),
    # Its nodes are told more than they were spawned with: messages of people, or what people must say yes to.
    Column("has_messages", Boolean, nullable=False, server_default=text("false")),
    # No ready row lies before the head: scans start here, past the dead.
    moment("head_at", default="'infinity'"),
    Column("head_id", UUID, nullable=False, server_default=text(NO_UUID)),
    # When this lane has something to claim. It only flips, so that its updates stay on their page.
    moment("next_at", default="'infinity'"),
    Column(
        "claim_at",
        DateTime(timezone=True),
        Computed("case when paused then 'infinity'::timestamptz else next_at end", persisted=True),
        nullable=False,
    ),
    postgresql_with={"fillfactor": "40", "autovacuum_vacuum_scale_factor": "0.05"},
)
Index("lane_claim_idx", lane.c.claim_at, postgresql_where=text("claim_at < 'infinity'"))
Index("lane_deadline_idx", lane.c.deadline_at, postgresql_where=text("deadline_at < 'infinity' and not paused"))

ready = Table(
    "ready",
    metadata,
    swarm_key(),
    Column("priority", Integer, primary_key=True, autoincrement=False),
    Column("available_at", DateTime(timezone=True), primary_key=True),
    Column("node_id", UUID, primary_key=True),
    Column("action", Text, nullable=False),
    postgresql_with={"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_vacuum_threshold": "2000"},
)

worker = Table(
    "worker",
    metadata,
    Column("worker_id", UUID, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", Text, nullable=False),
    moment("started_at", required=True),
    moment("heartbeat_at", required=True),
    moment("expires_at", required=True),
    Column("draining", Boolean, nullable=False, server_default=text("false")),
    Column("fenced_writes", BigInteger, nullable=False, server_default="0"),
    moment("stopped_at"),
    Column("stopped_reason", Text),
    postgresql_with={"fillfactor": "50"},
)

claim = Table(
    "claim",
    metadata,
    Column("claim_id", BigInteger, Identity(always=True), primary_key=True),
    Column("worker_id", UUID, nullable=False),
    moment("deadline_at", required=True),
    Column("swarm_ids", ARRAY(UUID), nullable=False),
    Column("node_ids", ARRAY(UUID), nullable=False),
    postgresql_with={"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_vacuum_threshold": "500"},
)
