"""What connections to the outside need, beside what their actions are."""

from sqlalchemy import Column, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import UUID

from pgswarm.schema.tables.base import metadata, moment

# The tokens of a connection, sealed by the processors: their key is not in the database. Of whom may renew them now.
sign_in = Table(
    "sign_in",
    metadata,
    Column("connection", Text, primary_key=True),
    # Both null while the first tokens are fetched.
    Column("sealed", LargeBinary),
    Column("version", UUID),
    Column("renewal", UUID),
    moment("renewal_until"),
    moment("changed_at", required=True),
)
