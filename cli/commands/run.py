"""`pgswarm run`: everything in one command, from the goal to the report."""

import sys
from typing import Annotated

import typer

from pgswarm.cli.options import Processors, Sandbox

LONGEST_INPUT = 10_000_000


def run(
    goal: Annotated[str, typer.Argument(help="What is to be done, in your words; `-` reads it from standard input.")],
    *,
    files: Annotated[
        list[str] | None, typer.Option("--file", metavar="PATH", help="A text or CSV it is about; repeat for more.")
    ] = None,
    action: Annotated[str, typer.Option(metavar="ID", help="The action that works the goal.")] = "swarm/route_action",
    args: Annotated[str, typer.Option(metavar="JSON", help="The action's arguments, a JSON object.")] = "{}",
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="The model: a name, offline/rules, or recorded:FILE.")
    ] = None,
    processors: Processors = 2,
    budget: Annotated[
        str | None, typer.Option(metavar="LIMITS", help="Limits, as in nodes=300,tokens=50000,cost_usd=2.5.")
    ] = None,
    approve: Annotated[
        str | None, typer.Option(metavar="WHAT", help="What needs your yes before it is done: plan or every_step.")
    ] = None,
    create: Annotated[
        str | None, typer.Option(metavar="HOW", help="New actions: off, ask (you approve each), or auto.")
    ] = None,
    blueprint: Annotated[
        str | None,
        typer.Option(metavar="NAME|ID", help="The blueprint to start from: its newest version, or one by id."),
    ] = None,
    sandbox: Sandbox = None,
    memo: Annotated[bool, typer.Option("--memo", help="Use answers of models again that other such runs had.")] = False,
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Ask nothing: stop at a question (exit code 3).")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print every event as a line of JSON, and nothing else.")
    ] = False,
) -> None:
    r"""Run a goal: it becomes a tree of nodes, works in parallel, asks you here, and ends in a report.

    Starts what is missing: the embedded PostgreSQL (unless PGSWARM_DATABASE_URL names one), its tables, processors.
    Killed or interrupted, the same command goes on where it was.

    Without a terminal it prints a line for each change, and reads answers from standard input, a line a question.

    Budget: nodes, depth, children, activations, llm_calls, tokens, cost_usd, duration_s.

    \b
    Examples:
      pgswarm run "Summarise this contract and list its deadlines" --file contract.txt
      pgswarm run "Which region sold most?" --file sales.csv --no-input
      echo "the board" | pgswarm run "Write a one-page report (ask me for whom)" --file notes.md
      pgswarm run "Plan the launch" --blueprint careful
      pgswarm run "load" --action bench/fan_out --args '{"width": 50}' --json
    """
    del sandbox  # its callback has set it
    from pgswarm.cli.run.main import Manner, run_goal
    from pgswarm.cli.run.request import make_request

    if goal == "-":
        goal = sys.stdin.buffer.read(LONGEST_INPUT).decode(errors="surrogateescape").strip()
        no_input = True  # what was there has been read
    request = make_request(
        goal,
        action=action,
        args=args,
        files=files or (),
        model=model,
        budget=budget,
        approve=approve,
        create=create,
        blueprint=blueprint,
        memo=memo,
    )
    raise typer.Exit(run_goal(request, Manner(processors, as_json=as_json, no_input=no_input)))


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command()(run)
