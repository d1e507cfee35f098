"""Options that several commands share, with one wording."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one document a line, for other programs.")]
