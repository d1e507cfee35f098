"""`pgswarm watch`: one swarm or all of them, live."""

from typing import Annotated

import typer

from pgswarm.cli.ids import find_id
from pgswarm.cli.options import Json

GOAL = "select pgswarm.whole_text(goal, goal_blob) as goal from pgswarm.swarm where swarm_id = %s"


def watch(
    swarm: Annotated[
        str | None, typer.Argument(help="The swarm's id, or a part of it; left out: all swarms that are at work.")
    ] = None,
    *,
    after: Annotated[int, typer.Option(metavar="SEQ", min=0, help="Leave out the events up to this one.")] = 0,
    as_json: Json = False,
) -> None:
    r"""Watch a swarm, or all of them, as they change. Changes nothing; Ctrl-C ends it.

    In a terminal the tree is drawn as it grows. In a pipe it prints a line for each change: those of one swarm from
    its beginning to its end, of all swarms from now on. With --json each line is an event, as in `pgswarm run --json`;
    --after goes on where an earlier watch stopped.

    The exit code of one swarm is that of its outcome: 0 succeeded, 1 failed or cancelled.

    \b
    Examples:
      pgswarm watch
      pgswarm watch 019a2b3c4d5e
      pgswarm watch 019a2b3c4d5e --json --after 120
    """
    from pgswarm.cli.database import connect, database_url, ready_url
    from pgswarm.cli.exits import BadInputError
    from pgswarm.cli.run.follow import Follower
    from pgswarm.cli.watch.every import watch_every
    from pgswarm.cli.watch.one import drawn, watch_swarm

    url = ready_url()
    if swarm is not None:
        with connect(url) as connection:
            swarm_id = find_id(connection, "swarm", swarm)
            goal = str(connection.execute(GOAL, (swarm_id,)).fetchall()[0]["goal"])
        follower = Follower(database_url, swarm_id, _note, fat=as_json)
        raise typer.Exit(watch_swarm(follower, goal, after, as_json=as_json))
    if after:
        raise BadInputError("--after is a place in the history of one swarm", "Name the swarm.")
    if drawn(as_json=as_json):
        from pgswarm.cli.watch.board import watch_board

        raise typer.Exit(watch_board(database_url, _note))
    raise typer.Exit(watch_every(database_url, as_json=as_json, note=_note))


def _note(text: str) -> None:
    typer.echo(text, err=True)


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command()(watch)
