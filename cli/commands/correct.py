"""`pgswarm tell`, `change`, `retry`, `budget` and `delete`: what a person sets right in a swarm.

Rule: the verbs decide; what they refuse is told with its remedy, and has changed nothing.
"""

import json
import sys
from typing import Annotated, Any

import typer

from pgswarm.cli.budget import parse_budget
from pgswarm.cli.exits import BadInputError
from pgswarm.cli.ids import find_id, id_end
from pgswarm.cli.options import Json
from pgswarm.cli.output import one_line, print_json

Swarm = Annotated[str, typer.Argument(help="The swarm's id, or the beginning or the end of it.")]
Node = Annotated[str, typer.Argument(help="The node's id, or the beginning or the end of it.")]
TELL = "select pgswarm.add_message(swarm_id => %(swarm_id)s, node_id => %(node_id)s, content => %(text)s) as message_id"
CHANGE = """
select pgswarm.change_directive(swarm_id => %(swarm_id)s, node_id => %(node_id)s, directive => %(text)s) as changed
"""
RETRY = "select pgswarm.retry_node(swarm_id => %(swarm_id)s, node_id => %(node_id)s) as node_id"
BUDGET = "select pgswarm.raise_budget(swarm_id => %(swarm_id)s, options => %(limits)s::jsonb)"
LIMITS = """
select max_nodes as nodes, max_depth as depth, max_children as children, max_activations as activations,
       max_llm_calls as llm_calls, max_tokens as tokens, max_cost_usd as cost_usd, max_duration_s as duration_s
  from pgswarm.swarm where swarm_id = %(swarm_id)s
"""
GOAL = """
select pgswarm.whole_text(s.goal, s.goal_blob) as goal,
       (select count(*) from pgswarm.node n where n.swarm_id = s.swarm_id) as nodes
  from pgswarm.swarm s where s.swarm_id = %(swarm_id)s
"""
DELETE = "select pgswarm.delete_swarm(swarm_id => %(swarm_id)s)"


def tell(
    swarm: Swarm,
    text: Annotated[str | None, typer.Argument(help="What to say. Left out: read from standard input.")] = None,
    *,
    node: Annotated[str | None, typer.Option(help="Say it to this node alone, not to the whole swarm.")] = None,
    as_json: Json = False,
) -> None:
    r"""Write to a swarm, or to one of its nodes, without being asked. It wakes nobody: the next activation reads it.

    \b
    Examples:
      pgswarm tell 019a2b3c4d5e "The budget is 500 euros, not 400."
      pgswarm tell 019a2b3c4d5e --node 7f2e91ab "Leave the tests as they are."
    """
    said = sys.stdin.read() if text is None else text
    found = _apply(TELL, swarm, node, text=said)
    if as_json:
        print_json(found)
    else:
        whose = "its next activation reads it" if node else "the next activation of every node reads it"
        typer.echo(f"Said: {whose}.")


def change(
    swarm: Swarm,
    node: Node,
    directive: Annotated[str, typer.Argument(help="What the node is to do instead.")],
    *,
    as_json: Json = False,
) -> None:
    r"""Give a node that does not run another directive; its next activation works on it.

    \b
    Example:
      pgswarm change 019a2b3c4d5e 7f2e91ab "Summarise chapters 1 to 3 only"
    """
    found = _apply(CHANGE, swarm, node, text=directive)
    if as_json:
        print_json(found)
    else:
        typer.echo("Changed." if found["changed"] else "Nothing to do: that is its directive already.")


def retry(swarm: Swarm, node: Node, *, as_json: Json = False) -> None:
    r"""Put a new node in the place of one that has ended, while its parent still waits for its children.

    \b
    Example:
      pgswarm retry 019a2b3c4d5e 7f2e91ab
    """
    found = _apply(RETRY, swarm, node)
    if as_json:
        print_json(found)
    else:
        typer.echo(f"Node {id_end(found['node_id'])} takes its place.")


def budget(
    swarm: Swarm,
    limits: Annotated[str, typer.Argument(help="For example nodes=500,tokens=100000. Left out: shows them.")] = "",
    *,
    as_json: Json = False,
) -> None:
    r"""Show the limits of a swarm, or set them anew. One that was paused at a limit goes on with `pgswarm resume`.

    \b
    Examples:
      pgswarm budget 019a2b3c4d5e
      pgswarm budget 019a2b3c4d5e cost_usd=2.5,duration_s=7200
    """
    wanted = parse_budget(limits)
    found = _apply(LIMITS, swarm, None, before=BUDGET if wanted else "", limits=json.dumps(wanted))
    if as_json:
        print_json(found)
        return
    for name in sorted(found.keys() - {"swarm_id"}):
        typer.echo(f"{name.ljust(12)} {'unlimited' if found[name] is None else found[name]}")


def delete(
    swarm: Swarm,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
    as_json: Json = False,
) -> None:
    r"""Delete a swarm that has ended, with its history, questions, files and memory. There is no way back.

    \b
    Example:
      pgswarm delete 019a2b3c4d5e --yes
    """
    if not yes and not sys.stdin.isatty():
        raise BadInputError("nobody is there to say yes", "Say it with --yes.")
    if not yes:
        found = _apply(GOAL, swarm, None)
        asked = f"Delete \u201c{one_line(found['goal'], 60)}\u201d and its {found['nodes']:,} nodes?"
        if not typer.confirm(asked, err=True):
            raise typer.Exit(1)
    found = _apply(DELETE, swarm, None)
    if as_json:
        print_json({"swarm_id": found["swarm_id"], "deleted": True})
    else:
        typer.echo("Deleted.")


def _apply(query: str, swarm: str, node: str | None, *, before: str = "", **values: Any) -> dict[str, Any]:
    """Run a query on the swarm and the node that were typed; return its row, and the ids."""
    from pgswarm.cli.database import connect, ready_url

    with connect(ready_url()) as connection:
        swarm_id = find_id(connection, "swarm", swarm)
        node_id = None if node is None else find_id(connection, "node", node, swarm_id)
        ids = {"swarm_id": swarm_id, "node_id": node_id}
        if before:
            connection.execute(before.encode(), {**ids, **values})
        (row,) = connection.execute(query.encode(), {**ids, **values}).fetchall()
    return {"swarm_id": swarm_id, **({} if node is None else {"node_id": node_id}), **row}


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    for command in (tell, change, retry, budget, delete):
        parent.command()(command)
