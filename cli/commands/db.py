"""`pgswarm db`: the embedded PostgreSQL."""

import typer

from pgswarm.cli.options import Json
from pgswarm.cli.output import print_json

HELP = """Start, stop and look at the embedded PostgreSQL.

It serves every command that finds no PGSWARM_DATABASE_URL, is started when it is needed, and goes on running after the
command has ended. Its data lie in $PGSWARM_HOME (default: your data directory; for root /var/lib/pgswarm).

\b
Examples:
  pgswarm db start
  psql "$(pgswarm db url)"
  pgswarm db status --json
"""

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None)


@app.command()
def start(*, as_json: Json = False) -> None:
    """Start the embedded PostgreSQL, made at the first time. Does nothing where it runs."""
    from pgswarm.cli.embedded import ensure_running, find_home

    home = find_home()
    running = ensure_running(home, lambda line: typer.echo(line, err=True))
    if as_json:
        print_json({"running": True, "url": running.url, "pid": running.pid, "data": str(home.data)})
    else:
        typer.echo(f"PostgreSQL runs (process {running.pid}).\n{running.url}")


@app.command()
def stop(*, as_json: Json = False) -> None:
    """Stop the embedded PostgreSQL. What runs in it is rolled back and goes on after the next start."""
    from pgswarm.cli.embedded import find_home, stop_server

    stopped = stop_server(find_home())
    if as_json:
        print_json({"running": False, "stopped": stopped})
    else:
        typer.echo("Stopped." if stopped else "It was not running.")


@app.command()
def status(*, as_json: Json = False) -> None:
    """Say whether it runs, and where its data lie. Starts nothing."""
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
    """Print the URL of the database. Starts the embedded PostgreSQL unless PGSWARM_DATABASE_URL names another."""
    from pgswarm.cli.database import database_url

    if as_json:
        print_json({"url": database_url()})
    else:
        typer.echo(database_url())


def register(parent: typer.Typer) -> None:
    """Add the group to the command."""
    parent.add_typer(app, name="db")
