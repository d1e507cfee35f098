"""Checks of what memory can reach: pgvector, stores of branches, tables of other databases; their names alone.

Rule: stores are asked as a search would ask them, tables for their columns; nothing is written anywhere.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg

from pgswarm.actions.models.settings import ModelSettings
from pgswarm.actions.outside.settings import Connections, ConnectionsError, load
from pgswarm.cli.checks.finding import Finding
from pgswarm.migrations.extension import COMMAND, state_of

KEPT = """
select model, length(signs) as numbers, count(*) as vectors,
       to_regclass('pgswarm.' || pgswarm.vector_index(model, length(signs))) is not null as indexed
  from pgswarm.passage_vector group by 1, 2 order by 3 desc limit 5
"""
MANY = 20_000
"""From so many passages on, the index matters (`search_vectors`)."""
MOST_INDEXED = 4_000
"""Numbers of a vector."""

Connection = psycopg.Connection[dict[str, Any]]


def vectors(connection: Connection) -> Iterator[Finding]:
    """Say which model makes vectors, whether pgvector is there, and what is kept."""
    model = ModelSettings.from_env().embedding_model
    made = f"made by {model}" if model else "none are made here (PGSWARM_EMBEDDING_MODEL is not set)"
    found = state_of(connection)
    if found.installed:
        yield Finding("vectors", "ok", f"{made}; pgvector {found.installed}")
    elif found.offered:
        told = f"{made}; pgvector {found.offered} is on the server, and not in this database"
        yield Finding("vectors", "note", told, f"As a superuser, in this database: {COMMAND}; then `pgswarm migrate`.")
    else:
        told = f"{made}; no pgvector on the server, so that of more than 1,000 passages the likeliest are compared"
        yield Finding("vectors", "ok", told)
    for row in connection.execute(KEPT).fetchall():
        told = f"{row['vectors']:,} of {row['model']}, {row['numbers']} numbers each"
        lacks = found.installed and not row["indexed"] and row["vectors"] > MANY
        remedy = "Run `pgswarm migrate`: it makes the index." if lacks and row["numbers"] <= MOST_INDEXED else ""
        yield Finding("vectors", "note" if remedy else "ok", told + (", without an index" if lacks else ""), remedy)


def stores() -> Iterator[Finding]:
    """Ask every store that branches of memory may name, and look at every table that memory may read."""
    try:
        found = load()
    except ConnectionsError:
        return  # said already
    names = [*found.retrievers, *found.uploaders, *found.tables]
    if not names:
        yield Finding("stores", "ok", "no branch of memory lives elsewhere, and no table is read")
        return
    for name, wrong in asyncio.run(_asked(found)):
        if wrong:
            remedy = "Correct it in the file of PGSWARM_CONNECTIONS, or see that it answers; the rest of memory works."
            yield Finding("stores", "fault", f"{name}: {wrong}", remedy)
        else:
            yield Finding("stores", "ok", f"{name} can be reached")


async def _asked(found: Connections) -> list[tuple[str, str]]:
    """Return the stores and tables by name, each with what keeps it from being reached."""
    from pgswarm.actions.spaces.branches.asking import probe
    from pgswarm.actions.spaces.modes.tables import Table, TableError

    async def table(name: str, one: str) -> tuple[str, str]:
        try:
            await Table(found.tables[name], one).columns(None)
        except TableError as error:
            return f"table {one} of tables.{name}", str(error)
        return f"table {one} of tables.{name}", ""

    groups = (("retrievers", found.retrievers), ("uploaders", found.uploaders))
    asked = [probe(group, name) for group, stores in groups for name in stores]
    asked += [table(name, one) for name, settings in found.tables.items() for one in settings.tables]
    return list(await asyncio.gather(*asked))
