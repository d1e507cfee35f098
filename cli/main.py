"""The `pgswarm` command: its groups, and the way out of every one of them.

Rule: a command's module is light to import; what it needs is imported when it runs. Errors end in `cli/failures.py`.
"""

import os
import sys
import traceback
from inspect import cleandoc
from typing import Annotated

import typer

from pgswarm.cli.commands import (
    actions,
    answer,
    api,
    bench,
    blueprints,
    correct,
    db,
    doctor,
    files,
    memory,
    migrate,
    models,
    outside,
    processor,
    profile,
    run,
    sandbox,
    show,
    steer,
    suggestions,
    swarms,
    time,
    up,
    watch,
)
from pgswarm.cli.exits import Exit
from pgswarm.cli.failures import describe

HELP = """Durable swarms of agents on PostgreSQL.

Works on the database of PGSWARM_DATABASE_URL; without it, on an embedded PostgreSQL that is started when it is needed.

\b
Examples:
  pgswarm run "Summarise the notes" --file notes.md
  pgswarm up
  pgswarm inbox
  pgswarm doctor

Exit codes: 0 succeeded, 1 failed, 2 bad arguments, files or ids, 3 stopped at a question, 4 database or model
unreachable or of a wrong version, 130 interrupted.
"""

app = typer.Typer(help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
for group in (
    *(run, up, swarms, show, watch, answer, steer, correct, time, memory, files, suggestions, profile, actions),
    *(blueprints, models, outside, processor, api, sandbox, doctor, bench, migrate, db),
):
    group.register(app)


def _keep_lines(group: typer.Typer) -> None:
    r"""Turn the "\b" of raw docstrings into the sign with which typer keeps a paragraph's lines, in every command."""
    for command in group.registered_commands:
        command.help = cleandoc(command.callback.__doc__ or "").replace("\\b\n", "\b\n") if command.callback else None
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            _keep_lines(inner.typer_instance)


_keep_lines(app)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer passes a callback's value by position
    if wanted:
        from pgswarm import __version__

        typer.echo(f"pgswarm {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def main() -> None:
    """Run the command and end the process with its exit code."""
    try:
        app(prog_name="pgswarm")
    except Exception as error:  # noqa: BLE001 - the one place where everything ends
        told = describe(error)
        if told is None:
            traceback.print_exc()
            typer.echo("This is a fault in pgswarm. Please report it with the lines above.", err=True)
            sys.exit(Exit.FAILED)
        if "PGSWARM_DEBUG" in os.environ:
            traceback.print_exc()
        typer.echo(f"Error: {told.message}" + (f"\n{told.remedy}" if told.remedy else ""), err=True)
        sys.exit(told.code)


if __name__ == "__main__":
    main()
