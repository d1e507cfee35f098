"""`pgswarm db`: the embedded PostgreSQL, and backups of any database."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pgswarm.cli.options import Json
from pgswarm.cli.output import print_json

RESTORED = "select count(*) as swarms, count(*) filter (where status <> 'terminated') as unfinished from pgswarm.swarm"
HELP = """Start, stop, look at and upgrade the embedded PostgreSQL; back up and restore any database.

It serves every command that finds no PGSWARM_DATABASE_URL, is started when it is needed, and goes on running after the
command has ended. Its data lie in $PGSWARM_HOME (default: your data directory; for root /var/lib/pgswarm).

\b
Examples:
  pgswarm db start
  psql "$(pgswarm db url)"
  pgswarm db status --json
  pgswarm db backup
"""

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None)


@app.command()
def start(*, as_json: Json = False) -> None:
    r"""Start the embedded PostgreSQL, made at the first time. Does nothing where it runs.

    \b
    Examples:
      pgswarm db start
      PGSWARM_HOME=/srv/pgswarm pgswarm db start
    """
    from pgswarm.cli.embedded import ensure_running, find_home

    home = find_home()
    running = ensure_running(home, lambda line: typer.echo(line, err=True))
    if as_json:
        print_json({"running": True, "url": running.url, "pid": running.pid, "data": str(home.data)})
    else:
        typer.echo(f"PostgreSQL runs (process {running.pid}).\n{running.url}")


@app.command()
def stop(*, as_json: Json = False) -> None:
    r"""Stop the embedded PostgreSQL. What runs in it is rolled back and goes on after the next start.

    \b
    Example:
      pgswarm db stop
    """
    from pgswarm.cli.embedded import find_home, stop_server

    stopped = stop_server(find_home())
    if as_json:
        print_json({"running": False, "stopped": stopped})
    else:
        typer.echo("Stopped." if stopped else "It was not running.")


@app.command()
def status(*, as_json: Json = False) -> None:
    r"""Say whether it runs, and where its data lie. Starts nothing.

    \b
    Example:
      pgswarm db status --json
    """
    from pgswarm.cli.embedded import find_home, server_state

    home = find_home()
    running = server_state(home)
    if as_json:
        found = {"running": False} if running is None else {"running": True, "url": running.url, "pid": running.pid}
        print_json(found | {"data": str(home.data), "log": str(home.log)})
    elif running is None:
        typer.echo(f"Not running.\ndata  {home.data}{'' if home.data.exists() else ' (not made yet)'}")
    else:
        typer.echo(f"Running (process {running.pid}).\nurl   {running.url}\ndata  {home.data}\nlog   {home.log}")


@app.command()
def url(*, as_json: Json = False) -> None:
    r"""Print the URL of the database. Starts the embedded PostgreSQL unless PGSWARM_DATABASE_URL names another.

    \b
    Example:
      psql "$(pgswarm db url)"
    """
    from pgswarm.cli.database import database_url

    if as_json:
        print_json({"url": database_url()})
    else:
        typer.echo(database_url())


@app.command()
def backup(
    file: Annotated[
        Path | None, typer.Argument(help="Where to; left out: pgswarm-DATE.backup in this directory.")
    ] = None,
    *,
    whole: Annotated[bool, typer.Option(help="Every table of the database, not pgswarm's alone.")] = False,
    force: Annotated[bool, typer.Option(help="Overwrite the file.")] = False,
    as_json: Json = False,
) -> None:
    r"""Write a backup of the database to a file: one moment of it, while everybody works on.

    It holds all swarms with their history, accounts and files, and is in the custom format of PostgreSQL's pg_dump.
    Works on the database of PGSWARM_DATABASE_URL too. The file is made readable for its owner only.

    \b
    Examples:
      pgswarm db backup
      pgswarm db backup monday.backup --force
    """
    from pgswarm.cli.backup.dump import back_up
    from pgswarm.cli.database import ready_url

    target = file or Path(f"pgswarm-{datetime.now(UTC):%Y%m%d-%H%M%S}.backup")
    size = back_up(ready_url(), target, whole=whole, force=force)
    if as_json:
        print_json({"file": str(target), "bytes": size})
    else:
        typer.echo(f"Written: {target} ({size:,} bytes)")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `pgswarm db backup` wrote.")], *, as_json: Json = False
) -> None:
    r"""Restore a backup into a database that holds nothing of pgswarm's yet, and bring it to this version.

    Happens whole or not at all. The unfinished swarms of the backup go on as soon as a processor works there.

    \b
    Example:
      PGSWARM_HOME=/srv/pgswarm-new pgswarm db restore monday.backup
    """
    from pgswarm.cli.backup.restore import restore as restore_file
    from pgswarm.cli.database import connect, url_to_migrate

    where = url_to_migrate()
    restore_file(where, file)
    with connect(where) as connection:
        found = connection.execute(RESTORED).fetchall()[0]
    if as_json:
        print_json({"restored": True, **found})
    else:
        typer.echo(f"Restored: {found['swarms']} swarms, {found['unfinished']} of them unfinished.")


@app.command()
def upgrade(
    *,
    old_programs: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the programs of the older PostgreSQL are.")
    ] = None,
    as_json: Json = False,
) -> None:
    r"""Bring the data of an older pgswarm to this one: the embedded PostgreSQL's version, then the tables.

    Data of an older PostgreSQL are read by its own programs (those in pgswarm's package, those of the system, or those
    in --old-programs) and written anew; the old ones are kept beside them. Stop processors before it.

    \b
    Example:
      pgswarm db upgrade
    """
    from pgswarm.cli.database import named_url, url_to_migrate
    from pgswarm.cli.embedded import find_home
    from pgswarm.cli.embedded.home import MAJOR
    from pgswarm.cli.embedded.upgrade import upgrade_server
    from pgswarm.migrations.upgrade import upgrade as migrate

    kept = None
    if named_url() is None:
        kept = upgrade_server(find_home(), lambda line: typer.echo(line, err=True), old_programs)
    migrated = migrate(url_to_migrate())
    if as_json:
        print_json({"server": kept is not None, "old_data": None if kept is None else str(kept), "migrated": migrated})
        return
    if kept is not None:
        typer.echo(
            f"The data are now of PostgreSQL {MAJOR}.\nThe old ones are kept; remove them when all is well: {kept}"
        )
        typer.echo(f"Settings that were changed by hand stand in {kept / 'postgresql.conf'} and were not taken over.")
    typer.echo("Migrated." if migrated else "The tables are at this version.")


def register(parent: typer.Typer) -> None:
    """Add the group to the command."""
    parent.add_typer(app, name="db")
