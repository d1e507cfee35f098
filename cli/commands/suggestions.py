"""`pgswarm suggestions`: what nodes suggest for improving their swarm."""

from typing import Annotated

import typer

from pgswarm.cli.ids import find_id, id_end
from pgswarm.cli.options import Json
from pgswarm.cli.output import print_json, safe, short_time, styled

NEWEST = """
select e.swarm_id::text as swarm_id, e.author_node_id::text as node_id, e.entry_id::text as entry_id,
       e.description as about, e.created_at,
       convert_from(pgswarm.read_entry(swarm_id => e.swarm_id, entry_id => e.entry_id), 'UTF8') as content
  from (select e.* from pgswarm.space_entry e
         where e.space = 'memory' and e.kind = 'suggestion' and e.swarm_id is not null
           and (%(swarm_id)s::uuid is null or e.swarm_id = %(swarm_id)s::uuid)
         order by e.entry_id desc
         limit %(limit)s) e
 order by e.entry_id desc
"""


def suggestions(
    *,
    swarm: Annotated[str | None, typer.Option(metavar="ID", help="Only this swarm's; left out: all.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 20,
    as_json: Json = False,
) -> None:
    r"""List what nodes suggest: actions that were missing, and how swarm, actions or prompts could be better.

    \b
    Example:
      pgswarm suggestions --limit 50
    """
    from pgswarm.cli.database import connect, ready_url

    with connect(ready_url()) as connection:
        swarm_id = None if swarm is None else find_id(connection, "swarm", swarm)
        found = connection.execute(NEWEST, {"swarm_id": swarm_id, "limit": limit}).fetchall()
    for row in found:
        if as_json:
            print_json(row)
            continue
        head = f"{short_time(row['created_at'])}  {safe(row['about'])}"
        typer.echo(f"{styled(head, 'head')}  {styled(id_end(row['swarm_id']), 'dim')}")
        typer.echo("".join(f"  {line}\n" for line in safe(row["content"]).splitlines()))
    if not found and not as_json:
        typer.echo("No node has suggested anything.")


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command()(suggestions)
