"""`pgswarm fork`, `copy` and `diff`: go on from any moment of a swarm, and see what came of it.

Rule: the original is only read; what is made is told by its whole id.
"""

from typing import Annotated, Any

import typer

from pgswarm.cli.ids import find_id
from pgswarm.cli.options import Json
from pgswarm.cli.output import print_json, short_time

Swarm = Annotated[str, typer.Argument(help="The swarm's id, or the beginning or the end of it.")]
VERBS = {
    "fork": "select pgswarm.fork_swarm(swarm_id => %(swarm_id)s, at_seq => %(seq)s) as swarm_id",
    "copy": "select pgswarm.copy_swarm(swarm_id => %(swarm_id)s) as swarm_id",
}
MADE = """
select s.swarm_id, s.status, s.outcome, s.forked_from, s.forked_at_seq, e.at as forked_at,
       (select count(*) from pgswarm.node n where n.swarm_id = s.swarm_id) as nodes,
       (select count(*) from pgswarm.inbox q where q.swarm_id = s.swarm_id) as open_questions
  from pgswarm.swarm s
  join pgswarm.event e on e.swarm_id = s.forked_from and e.seq = s.forked_at_seq
 where s.swarm_id = %s
"""
DIFF = "select pgswarm.diff_swarms(swarm_id => %s, other_id => %s, max_nodes => %s) as diff"


def fork(
    swarm: Swarm,
    *,
    at: Annotated[
        int | None, typer.Option(metavar="SEQ", min=1, help="The event after which it goes on; without: the newest.")
    ] = None,
    as_json: Json = False,
) -> None:
    r"""Make a swarm that goes on from a past event of another: the whole tree as it was then.

    The original stays as it is. What was running begins again; model calls that were finished are not paid again.

    \b
    Examples:
      pgswarm fork 019a2b3c4d5e --at 120
      pgswarm fork 019a2b3c4d5e --json
    """
    _make("copy" if at is None else "fork", swarm, at, as_json=as_json)


def copy(swarm: Swarm, *, as_json: Json = False) -> None:
    r"""Make a swarm that goes on from where another is now.

    \b
    Example:
      pgswarm copy 019a2b3c4d5e
    """
    _make("copy", swarm, None, as_json=as_json)


def diff(
    swarm: Swarm,
    other: Annotated[str, typer.Argument(help="The other swarm's id, or a part of it.")],
    *,
    limit: Annotated[int, typer.Option(min=0, max=100_000, help="How many of the nodes that differ.")] = 50,
    as_json: Json = False,
) -> None:
    r"""Compare two swarms node by node: the tree, how nodes ended, their reports and costs, and where they first part.

    \b
    Example:
      pgswarm diff 019a2b3c4d5e 019a2b3d6f70
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.differences import show_diff

    with connect(ready_url()) as connection:
        pair = [find_id(connection, "swarm", typed) for typed in (swarm, other)]
        found: dict[str, Any] = connection.execute(DIFF, (*pair, limit)).fetchall()[0]["diff"]
    if as_json:
        print_json(found)
    else:
        show_diff(found)


def _make(verb: str, swarm: str, seq: int | None, *, as_json: bool) -> None:
    from pgswarm.cli.database import connect, ready_url

    with connect(ready_url()) as connection:
        asked = {"swarm_id": find_id(connection, "swarm", swarm), "seq": seq}
        made = connection.execute(VERBS[verb].encode(), asked).fetchall()[0]["swarm_id"]
        row = connection.execute(MADE, (made,)).fetchall()[0]
    if as_json:
        print_json(row)
        return
    nodes = "1 node, as it was" if row["nodes"] == 1 else f"{row['nodes']} nodes, as they were"
    typer.echo(str(row["swarm_id"]))
    typer.echo(f"{nodes} after event {row['forked_at_seq']} ({short_time(row['forked_at'])}).")
    if row["status"] == "terminated":
        typer.echo(f"It has ended, as its original had by then: {row['outcome']}. Fork at an earlier event: --at SEQ")
    elif row["status"] == "paused":
        typer.echo(f"It is paused, as its original was then. Go on: pgswarm resume {row['swarm_id']}")
    elif row["open_questions"]:
        typer.echo(f"It asks: pgswarm inbox {row['swarm_id']}")


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    for command in (fork, copy, diff):
        parent.command()(command)
