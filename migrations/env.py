"""alembic's environment: runs the revisions in the transaction of `upgrade`, or makes one for `alembic revision`."""

import os

from alembic import context
from sqlalchemy import Connection, create_engine, pool

from pgswarm.schema.tables import SCHEMA, metadata


def run_on(connection: Connection) -> None:
    """Run within the caller's transaction: it commits, not alembic."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=lambda name, kind, _parents: kind != "schema" or name == SCHEMA,
        compare_server_default=True,
    )
    context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run_on(given)
else:
    url = os.environ["PGSWARM_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    with create_engine(url, poolclass=pool.NullPool).connect() as own:
        run_on(own)
