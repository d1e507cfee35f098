"""What every table shares: the PostgreSQL schema, the naming of constraints, and short forms of common columns."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, DateTime, MetaData, Text, text
from sqlalchemy.dialects.postgresql import UUID

SCHEMA: Final = "pgswarm"

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    },
)


def swarm_key() -> Column[object]:
    """Return the column that every key leads with."""
    return Column("swarm_id", UUID, primary_key=True)


def moment(name: str, *, default: str | None = None, required: bool = False) -> Column[object]:
    """Return a timestamp column; `default` is an SQL expression."""
    server_default = text(default) if default else None
    return Column(name, DateTime(timezone=True), server_default=server_default, nullable=not (required or default))


def long_text(name: str, *, required: bool = False) -> list[Column[object]]:
    """Return a text column and the one that names the whole text where this is cut (see `schema/sql/helpers`)."""
    return [Column(name, Text, nullable=not required), Column(f"{name}_blob", Text)]


def one_of(column: str, *values: str) -> CheckConstraint:
    """Return a check that a column holds one of `values` (or null)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=column)
