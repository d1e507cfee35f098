"""`pgswarm up`: the database and processors, until they are told to stop."""

import time
from typing import TYPE_CHECKING, Any

import typer

from pgswarm.cli.options import Json, Processors
from pgswarm.cli.output import print_json

if TYPE_CHECKING:
    from pgswarm.cli.signals import Signals
    from pgswarm.cli.workers import Crew

LOOK_S = 0.25
UNFINISHED = """
select count(*) filter (where status = 'active') as active, count(*) filter (where status = 'paused') as paused,
       (select count(*) from pgswarm.question where closed_at is null) as questions
  from pgswarm.swarm
 where status <> 'terminated'
"""


def up(*, processors: Processors = 2, as_json: Json = False) -> None:
    r"""Start the database and processors, and keep them up until Ctrl-C or SIGTERM.

    Swarms that were left unfinished go on. A processor that dies is started again. The embedded PostgreSQL stays up
    afterwards (`pgswarm db stop` ends it).

    \b
    Examples:
      pgswarm up
      pgswarm up --processors 4
    """
    from pgswarm.cli.signals import Signals
    from pgswarm.cli.workers import Crew

    with Crew(processors) as crew:
        crew.warm_up()
        url = _ready(crew)
        with Signals() as signals:
            _say_up(url, crew, as_json=as_json)
            while not signals.received:
                for line in crew.tend():
                    typer.echo(line, err=True)
                signals.wait(LOOK_S)
            typer.echo("Ending; what runs is finished first (again: at once).", err=True)
            _end(crew, signals)
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


def _say_up(url: str, crew: "Crew", *, as_json: bool) -> None:
    from pgswarm.cli.database import connect, named_url
    from pgswarm.cli.failures import hidden

    with connect(url) as connection:
        left: dict[str, Any] = connection.execute(UNFINISHED).fetchall()[0]
    if as_json:
        print_json({"state": "up", "url": hidden(url), "processors": crew.pids, **left})
        return
    typer.echo(f"Database:   {hidden(url)}" + ("" if named_url() else " (embedded)"))
    typer.echo(f"Processors: {crew.wanted}")
    if left["active"] or left["paused"]:
        typer.echo(
            f"Unfinished: {left['active']} active, {left['paused']} paused, {left['questions']} open questions"
            " (`pgswarm swarms`, `pgswarm inbox`)"
        )
    typer.echo("Up. Start a swarm from another terminal (`pgswarm run GOAL --processors 0`). Ctrl-C ends it.")


def _end(crew: "Crew", signals: "Signals") -> None:
    """Let the processors end in order; a second signal ends them at once."""
    from pgswarm.cli.workers.crew import STOP_S

    asked = len(signals.received)
    end = time.monotonic() + STOP_S
    crew.hang_up()
    while not crew.ended() and time.monotonic() < end and len(signals.received) == asked:
        signals.wait(LOOK_S / 5)


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command()(up)
