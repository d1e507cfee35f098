"""`pgswarm swarms`: the newest swarms, a line each."""

from typing import Annotated

import typer

from pgswarm.cli.options import Json
from pgswarm.cli.output import money, print_json, print_table, short_time

NEWEST = """
select swarm_id, goal, status, outcome, paused_reason, nodes, pending, running, waiting_user, awaiting_children,
       terminated, open_questions, input_tokens, output_tokens, cost_usd, created_at, last_event_at
  from pgswarm.swarm_overview
 where %(status)s::text is null or status = %(status)s
 order by swarm_id desc
 limit %(limit)s
"""
STATUSES = ("active", "paused", "terminated")


def swarms(
    *,
    status: Annotated[str | None, typer.Option(help="Only those that are active, paused or terminated.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 20,
    as_json: Json = False,
) -> None:
    r"""List the swarms, newest first.

    \b
    Examples:
      pgswarm swarms
      pgswarm swarms --status active --json
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.exits import BadInputError

    if status is not None and status not in STATUSES:
        raise BadInputError(f"there is no status {status!r}", f"Give one of {', '.join(STATUSES)}.")
    with connect(ready_url()) as connection:
        found = connection.execute(NEWEST, {"status": status, "limit": limit}).fetchall()
    if as_json:
        for row in found:
            print_json(row)
        return
    if not found:
        typer.echo("There are no swarms" + (f" that are {status}." if status else " yet. Start one: pgswarm run GOAL"))
        return
    print_table(
        ("SWARM", "STATE", "ENDED", "ASKS", "COST", "STARTED", "GOAL"),
        [
            (
                *(str(row["swarm_id"]), row["outcome"] or row["status"], f"{row['terminated']}/{row['nodes']}"),
                *(
                    str(row["open_questions"] or "-"),
                    money(row["cost_usd"]),
                    short_time(row["created_at"]),
                    row["goal"],
                ),
            )
            for row in found
        ],
        [row["outcome"] or row["status"] for row in found],
    )


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command()(swarms)
