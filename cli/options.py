"""Options that several commands share, with one wording."""

import os
from typing import Annotated

import typer


def _use_sandbox(value: str | None) -> str | None:
    """Hand the choice on to this process and to the processors that it starts."""
    if value is not None:
        os.environ["PGSWARM_SANDBOX"] = value
        if value == "unsafe":
            typer.secho(
                "UNSAFE: code that models write runs unconfined on this machine.", fg="red", bold=True, err=True
            )
    return value


Json = Annotated[bool, typer.Option("--json", help="Print JSON, one document a line, for other programs.")]
Processors = Annotated[
    int, typer.Option(metavar="N", min=0, max=64, help="Processors to start; 0: others work on this database.")
]
Sandbox = Annotated[
    str | None,
    typer.Option(
        "--sandbox",
        metavar="LEVEL",
        callback=_use_sandbox,
        help="What keeps code of models in: auto, bwrap, landlock, a runner's http:// address, or unsafe (nothing).",
        show_default="PGSWARM_SANDBOX, or auto",
    ),
]
