"""`pgswarm migrate`: brings the database to this version."""

from typing import Annotated

import typer

from pgswarm.cli.options import Json
from pgswarm.cli.output import print_json

Wait = Annotated[
    float,
    typer.Option("--wait", metavar="SECONDS", min=0, help="How long to wait for a database that does not answer yet."),
]


SingleRole = Annotated[
    bool,
    typer.Option("--single-role", help="Make no roles: everything belongs to this account, no row-level security."),
]


def migrate(*, wait_s: Wait = 0, single_role: SingleRole = False, as_json: Json = False) -> None:
    r"""Bring the database to this version of pgswarm.

    Makes or changes its tables, functions and views, and tells it which actions are installed here. Makes the extension
    pgvector where the server has it and the account may. Safe to repeat, and while others work.

    Uses PGSWARM_DATABASE_URL, else the embedded PostgreSQL. The account needs the right to make roles and a schema;
    where it may make no roles, --single-role. A database stays as it was first migrated.

    \b
    Example:
      PGSWARM_DATABASE_URL=postgresql://me@db.example/pgswarm pgswarm migrate
    """
    from pgswarm.cli.database import url_to_migrate, wait_for_database
    from pgswarm.cli.registration import register_actions, register_api

    url = url_to_migrate()
    from pgswarm.migrations.extension import COMMAND, enable_vectors
    from pgswarm.migrations.upgrade import upgrade

    wait_for_database(url, wait_s)
    changed = upgrade(url, single_role=single_role)
    vectors = enable_vectors(url)
    if vectors.offered and not vectors.installed:
        typer.echo(
            f"Note: pgvector {vectors.offered} is on this server, and this account may not make it. As a superuser, in "
            f"this database: `{COMMAND}`; then `pgswarm migrate` again.",
            err=True,
        )
    actions, left_out = register_actions(url)
    register_api(url)
    for line in left_out:
        typer.echo(f"Warning: {line}", err=True)
    if as_json:
        print_json({"changed": changed, "actions": actions})
    elif changed:
        typer.echo("Migrated.")
    else:
        told = f"{actions} actions are new or changed" if actions else "nothing to do"
        typer.echo(f"The database is at this version: {told}.")


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command()(migrate)
