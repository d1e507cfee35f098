"""`pgswarm pause`, `resume`, `cancel` and `approve`: the verbs that a person uses on a swarm.

Rule: to ask for what is so already is no error: the command says so and ends with 0.
"""

import json
from typing import Annotated

import typer

from pgswarm.cli.approve import SUPERVISED, check_approve
from pgswarm.cli.budget import parse_budget
from pgswarm.cli.ids import find_id
from pgswarm.cli.options import Json
from pgswarm.cli.output import print_json

Swarm = Annotated[str, typer.Argument(help="The swarm's id, or the beginning or the end of it.")]
VERBS = {
    "pause": "select pgswarm.pause_swarm(swarm_id => %(swarm_id)s) as changed",
    "resume": "select pgswarm.resume_swarm(swarm_id => %(swarm_id)s) as changed",
    "cancel": "select pgswarm.cancel_swarm(swarm_id => %(swarm_id)s) as changed",
    "cancel_node": "select pgswarm.cancel_node(swarm_id => %(swarm_id)s, node_id => %(node_id)s) as changed",
    "approve": "select pgswarm.set_approval(swarm_id => %(swarm_id)s, approve => %(approve)s) as changed",
}
RAISE = "select pgswarm.raise_budget(swarm_id => %s, options => %s::jsonb)"
STATUS = "select status, coalesce(outcome, status) as state, paused_reason from pgswarm.swarm where swarm_id = %s"


def pause(swarm: Swarm, *, as_json: Json = False) -> None:
    r"""Pause a swarm. What runs is finished and kept, nothing new begins, questions stay open.

    \b
    Example:
      pgswarm pause 019a2b3c4d5e
    """
    _apply("pause", swarm, "Paused.", as_json=as_json)


def resume(
    swarm: Swarm,
    *,
    budget: Annotated[str, typer.Option(help="Raise limits first: nodes=500,tokens=100000,cost_usd=2.5")] = "",
    as_json: Json = False,
) -> None:
    r"""Go on with a paused swarm. One that stopped at a limit needs that limit raised.

    \b
    Example:
      pgswarm resume 019a2b3c4d5e --budget llm_calls=500
    """
    _apply("resume", swarm, "Goes on.", limits=parse_budget(budget), as_json=as_json)


def cancel(
    swarm: Swarm,
    *,
    node: Annotated[str | None, typer.Option(help="Cancel only this node and all below it.")] = None,
    as_json: Json = False,
) -> None:
    r"""Cancel a swarm, or one node with all below it. What runs is cut off: nothing of it is written any more.

    \b
    Examples:
      pgswarm cancel 019a2b3c4d5e
      pgswarm cancel 019a2b3c4d5e --node 7f8e9dacbdce
    """
    _apply("cancel" if node is None else "cancel_node", swarm, "Cancelled.", node=node, as_json=as_json)


def approve(
    swarm: Swarm,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="none, plan or every_step.")],
    *,
    as_json: Json = False,
) -> None:
    r"""Say what needs a person's yes before it is done: nothing, plans, or every step. What is under way goes on.

    The nodes then ask like any other question: `pgswarm inbox` shows it, `pgswarm answer` takes yes, no, or what should
    be different.

    \b
    Example:
      pgswarm approve 019a2b3c4d5e plan
    """
    done = f"From now on a person says yes to {SUPERVISED[check_approve('WHAT', what)]}."
    _apply("approve", swarm, done, approve=what, as_json=as_json)


def _apply(
    verb: str,
    swarm: str,
    done: str,
    *,
    node: str | None = None,
    limits: dict[str, float] | None = None,
    approve: str | None = None,
    as_json: bool,
) -> None:
    from pgswarm.cli.database import connect, ready_url

    with connect(ready_url()) as connection:
        swarm_id = find_id(connection, "swarm", swarm)
        node_id = None if node is None else find_id(connection, "node", node, swarm_id)
        if limits:
            connection.execute(RAISE, (swarm_id, json.dumps(limits)))
        ids = {"swarm_id": swarm_id, "node_id": node_id, "approve": approve}
        changed = connection.execute(VERBS[verb].encode(), ids).fetchall()[0]["changed"]
        now = connection.execute(STATUS, (swarm_id,)).fetchall()[0]
    if as_json:
        print_json({"swarm_id": swarm_id, "node_id": node_id, "changed": changed, "status": now["status"]})
    elif changed:
        typer.echo(done)
    elif approve is not None:
        typer.echo("Nothing to do: it is so already.")
    else:
        thing = "The node has ended already" if node else f"Nothing to do: the swarm is {now['state']}"
        typer.echo(thing + (f" ({now['paused_reason']})." if now["paused_reason"] else "."))


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    for command in (pause, resume, cancel, approve):
        parent.command()(command)
