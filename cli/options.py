"""Options that several commands share, with one wording."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one document a line, for other programs.")]
Processors = Annotated[
    int, typer.Option(metavar="N", min=0, max=64, help="Processors to start; 0: others work on this database.")
]
