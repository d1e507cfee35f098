"""`pgswarm inbox` and `pgswarm answer`: what the swarms ask, and what they are told."""

import sys
from typing import Annotated

import typer

from pgswarm.cli.answers import parse_answer
from pgswarm.cli.ids import find_id, id_end
from pgswarm.cli.options import Json
from pgswarm.cli.output import one_line, print_json, safe, short_time, styled

GOAL_CHARS = 100
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
    r"""List the open questions of all swarms (or of one), oldest first, with what form the answer takes.

    \b
    Examples:
      pgswarm inbox
      pgswarm inbox 019a2b3c4d5e --json
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.run.questions import question_lines

    with connect(ready_url()) as connection:
        swarm_id = None if swarm is None else find_id(connection, "swarm", swarm)
        found = connection.execute(INBOX, {"swarm_id": swarm_id, "limit": limit}).fetchall()
    for row in found:
        if as_json:
            print_json(row)
            continue
        expiry = f", expires {short_time(row['expires_at'])}" if row["expires_at"] else ""
        asked = f"asked {short_time(row['asked_at'])}{expiry}"
        typer.echo(f"{styled(str(row['question_id']), 'waiting_user')}  {asked}")
        typer.echo("".join(f"  {line}\n" for line in question_lines(row)), nl=False)
        told = f"{id_end(row['swarm_id'])}  {one_line(row['goal'], GOAL_CHARS)}"
        typer.echo(f"  {styled(f'for swarm {told}', 'dim')}\n")
    if not found and not as_json:
        typer.echo("There are no open questions.")
    elif not as_json:
        more = f" The oldest {limit} are shown (--limit)." if len(found) == limit else ""
        typer.echo(f"Answer one: pgswarm answer {id_end(found[0]['question_id'])} TEXT.{more}")


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
