"""`pgswarm up`: the database, processors and the API, until they are told to stop."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgswarm.cli.options import Json, Processors, Sandbox
from pgswarm.cli.output import print_json

if TYPE_CHECKING:
    from pgswarm.cli.signals import Signals
    from pgswarm.cli.workers import Crew
    from pgswarm.cli.workers.web import Web

LOOK_S = 0.25
UNFINISHED = """
select count(*) filter (where status = 'active') as active, count(*) filter (where status = 'paused') as paused,
       (select count(*) from pgswarm.question where closed_at is null) as questions
  from pgswarm.swarm
 where status <> 'terminated'
"""


Host = Annotated[str, typer.Option("--host", help="The address that the API listens on.")]
Port = Annotated[
    int | None,
    typer.Option(
        "--port", min=0, max=65_535, help="The API's port; 0: a free one.", show_default="8000, or a free one"
    ),
]


def up(
    *,
    processors: Processors = 2,
    host: Host = "127.0.0.1",
    port: Port = None,
    sandbox: Sandbox = None,
    as_json: Json = False,
) -> None:
    r"""Start the database, processors and the API, and keep them up until Ctrl-C or SIGTERM.

    Swarms that were left unfinished go on. A process that dies is started again. The embedded PostgreSQL stays up
    afterwards (`pgswarm db stop` ends it).

    \b
    Examples:
      pgswarm up
      pgswarm up --processors 4 --port 8080
    """
    from pgswarm.cli.signals import Signals
    from pgswarm.cli.workers import Crew
    from pgswarm.cli.workers.web import Web

    del sandbox  # its callback has set it
    with Web(host, port) as web, Crew(processors) as crew:
        web.crew.warm_up()
        crew.warm_up()
        url = _ready(crew)
        web.begin(url)
        with Signals() as signals:
            _say_up(url, crew, web, as_json=as_json)
            while not signals.received:
                for line in [*crew.tend(), *web.crew.tend()]:
                    typer.echo(line, err=True)
                signals.wait(LOOK_S)
            typer.echo("Ending; what runs is finished first (again: at once).", err=True)
            _end((crew, web.crew), signals)
    if as_json:
        print_json({"state": "down"})


def _ready(crew: "Crew") -> str:
    """Return the URL of the database once it is migrated and a processor works on it."""
    from pgswarm.cli.database import bring_up, connect, url_to_migrate
    from pgswarm.cli.exits import CommandError, Exit
    from pgswarm.cli.run.start import wait_until_registered

    try:
        url = url_to_migrate()
        bring_up(url, processors=crew.wanted)
        crew.begin(url)
        with connect(url) as connection:
            for line in wait_until_registered(connection, crew):
                typer.echo(line, err=True)
        crew.tend()
    except KeyboardInterrupt:
        raise CommandError("interrupted before it was up", code=Exit.INTERRUPTED) from None
    return url


def _say_up(url: str, crew: "Crew", web: "Web", *, as_json: bool) -> None:
    from pgswarm.cli.database import connect, named_url
    from pgswarm.cli.failures import hidden

    with connect(url) as connection:
        left: dict[str, Any] = connection.execute(UNFINISHED).fetchall()[0]
    token = _token(url, web.host)
    if as_json:
        said = {"state": "up", "url": hidden(url), "processors": crew.pids, "api": web.address, "api_token_file": token}
        print_json({**said, **left})
        return
    typer.echo(f"Database:   {hidden(url)}" + ("" if named_url() else " (embedded)"))
    typer.echo(f"Processors: {crew.wanted}")
    typer.echo(f"API:        {web.address} ({web.address}/docs)")
    if token is not None:
        typer.echo(f"Token:      in {token} (the account is `local`, an administrator)")
    if left["active"] or left["paused"]:
        typer.echo(
            f"Unfinished: {left['active']} active, {left['paused']} paused, {left['questions']} open questions"
            " (`pgswarm swarms`, `pgswarm inbox`)"
        )
    typer.echo("Up. Start a swarm from another terminal (`pgswarm run GOAL --processors 0`). Ctrl-C ends it.")


def _token(url: str, host: str) -> str | None:
    """Return the path of the file with a token for this machine; say so where it cannot be kept."""
    from pgswarm.cli.local_token import keep_local_token

    try:
        path = keep_local_token(url, host)
    except OSError as error:
        typer.echo(f"No token is kept for this machine: {error.strerror} ({error.filename}). Sign up.", err=True)
        return None
    return None if path is None else str(path)


def _end(crews: "Sequence[Crew]", signals: "Signals") -> None:
    """Let the child processes end in order; a second signal ends them at once."""
    from pgswarm.cli.workers.crew import STOP_S

    asked = len(signals.received)
    end = time.monotonic() + STOP_S
    for crew in crews:
        crew.hang_up()
    while not all(crew.ended() for crew in crews) and time.monotonic() < end and len(signals.received) == asked:
        signals.wait(LOOK_S / 5)


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command()(up)
