"""`pgswarm inbox` and `pgswarm answer`: what the swarms ask, and what they are told."""

import sys
from typing import Annotated

import typer

from pgswarm.cli.answers import parse_answer
from pgswarm.cli.ids import find_id
from pgswarm.cli.options import Json
from pgswarm.cli.output import print_json, safe, short_time, styled

INBOX = """
select question_id, swarm_id, node_id, goal, prompt, choices, schema, default_answer, asked_at, expires_at
  from pgswarm.inbox
 where %(swarm_id)s::uuid is null or swarm_id = %(swarm_id)s::uuid
 order by asked_at
 limit %(limit)s
"""
QUESTION = "select prompt, choices, schema, closed_reason from pgswarm.question where question_id = %s"
VERB = "select pgswarm.answer_question(question_id => %s, answer => %s::jsonb) as verdict"
TOLD = {
    "accepted": "Accepted.",
    "already_answered": "Somebody has answered it already; that answer stands.",
    "closed": "It is closed: it expired, or its node has ended.",
}


def inbox(
    swarm: Annotated[str | None, typer.Argument(help="Only the questions of this swarm.")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, oldest first.")] = 50,
    as_json: Json = False,
) -> None:
    r"""List the open questions, oldest first.

    \b
    Example:
      pgswarm inbox
    """
    from pgswarm.cli.database import connect, ready_url

    with connect(ready_url()) as connection:
        swarm_id = None if swarm is None else find_id(connection, "swarm", swarm)
        found = connection.execute(INBOX, {"swarm_id": swarm_id, "limit": limit}).fetchall()
    for row in found:
        if as_json:
            print_json(row)
            continue
        typer.echo(f"{styled(str(row['question_id']), 'waiting_user')}  asked {short_time(row['asked_at'])}")
        typer.echo(f"  {safe(row['prompt'])}")
        for number, choice in enumerate(row["choices"] or [], 1):
            typer.echo(f"    {number}. {safe(str(choice))}")
    if not found and not as_json:
        typer.echo("There are no open questions.")


def answer(
    question: Annotated[str, typer.Argument(help="The question's id, or the beginning or the end of it.")],
    text: Annotated[
        str | None,
        typer.Argument(help="The answer: a text, a choice or its number, JSON. Left out: read from standard input."),
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    r"""Answer a question. The last answer that its node needs wakes it.

    \b
    Examples:
      pgswarm answer 019a2b3c4d5e "the board of directors"
      pgswarm answer 019a2b3c4d5e 2
      echo yes | pgswarm answer 019a2b3c4d5e
    """
    import json

    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.exits import CommandError
    from pgswarm.schema.text import clean

    with connect(ready_url()) as connection:
        question_id = find_id(connection, "question", question)
        row = connection.execute(QUESTION, (question_id,)).fetchall()[0]
        if text is None:
            text = _read(row["prompt"])
        value = parse_answer(clean("answer", text), row["choices"], row["schema"])
        verdict = connection.execute(VERB, (question_id, json.dumps(value))).fetchall()[0]["verdict"]
    if as_json:
        print_json({"question_id": question_id, "verdict": verdict})
    if verdict != "accepted":
        raise CommandError(TOLD[verdict])
    if not as_json:
        typer.echo(TOLD[verdict])


def _read(prompt: str) -> str:
    """Return a line of standard input, asked for in a terminal."""
    if sys.stdin.isatty():
        typer.echo(f"{safe(prompt)}\n> ", nl=False, err=True)
    return sys.stdin.readline()


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.command()(inbox)
    parent.command()(answer)
