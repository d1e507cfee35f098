"""`pgswarm doctor`: looks at everything, and says what to do."""

from dataclasses import asdict

import typer

from pgswarm.cli.options import Json
from pgswarm.cli.output import one_line, print_json, styled

COLOURS = {"ok": "succeeded", "note": "paused", "fault": "failed"}


def doctor(*, as_json: Json = False) -> None:
    r"""Check the database, the model, the processors and the data, and say what to do.

    Looks at the disk and the embedded home, the model's server, the connections, the stores and tables that memory may
    reach, the database's version, roles, revision and settings, pgvector, notifications, clocks, open transactions, who
    works, what is stuck, and all that must hold of the data.

    Starts the embedded PostgreSQL where no other is named; changes nothing. Exit code 0: no fault; 1: at least one.

    \b
    Example:
      pgswarm doctor
    """
    from pgswarm.cli.checks import all_findings
    from pgswarm.cli.exits import Exit

    faults = 0
    for finding in all_findings():
        faults += finding.state == "fault"
        if as_json:
            print_json(asdict(finding))
            continue
        state = styled(finding.state.ljust(5), COLOURS[finding.state])
        typer.echo(f"{state}  {finding.check.ljust(10)}  {one_line(finding.detail)}")
        if finding.remedy:
            typer.echo(f"{'':19}{finding.remedy}")
    if faults:
        raise typer.Exit(Exit.FAILED)


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command()(doctor)
