"""`pgswarm files`: the workspace of a swarm, listed and read.

Rule: what is read came from a model's code. A terminal gets text that cannot steer it; a file that is there already
stays as it is.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgswarm.cli.ids import find_id
from pgswarm.cli.options import Json
from pgswarm.cli.output import one_line, print_json, print_table, safe, short_time

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[dict[str, Any]]

PIECE_BYTES = 4_000_000
LARGEST_SHOWN = 2_000_000
LIST = """
select path, kind, size, executable, blob, node_id::text as node_id, at
  from pgswarm.workspace
 where swarm_id = %(swarm_id)s and (%(path)s = '' or path = %(path)s or starts_with(path, %(path)s || '/'))
 order by path
"""
PIECE = """
select pgswarm.read_file_part(swarm_id => %(swarm_id)s, path => %(path)s, blob => %(blob)s, first_byte => %(first)s,
                              bytes => %(bytes)s) as content
"""


def files(
    swarm: Annotated[str, typer.Argument(help="The swarm's id, or the beginning or the end of it.")],
    path: Annotated[str, typer.Argument(help="A file to read, or a folder to list.")] = "",
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to put it; it must not be there yet.")
    ] = None,
    as_json: Json = False,
) -> None:
    r"""List the files that a swarm's nodes work on, or print one of them.

    \b
    Examples:
      pgswarm files 019a2b3c4d5e
      pgswarm files 019a2b3c4d5e src/game.py
      pgswarm files 019a2b3c4d5e results.csv --output results.csv
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.exits import BadInputError
    from pgswarm.schema.text import clean

    wanted = clean("PATH", path).strip("/")
    with connect(ready_url()) as connection:
        swarm_id = find_id(connection, "swarm", swarm)
        found = connection.execute(LIST, {"swarm_id": swarm_id, "path": wanted}).fetchall()
        if wanted and not found:
            raise BadInputError(f"{one_line(wanted)}: there is no such file", f"See them: pgswarm files {swarm}")
        file = next((row for row in found if row["path"] == wanted and row["kind"] == "file"), None)
        if file is not None and not as_json:
            _read(connection, swarm_id, file, output)
            return
    if output is not None:
        raise BadInputError("--output is for one file", "Name the file.")
    _list(found, as_json=as_json)


def _list(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        for row in found:
            print_json(row)
    elif not found:
        typer.echo("No node has written a file. What a swarm keeps is in its memory: pgswarm memory list")
    else:
        rows = [
            (short_time(row["at"]), f"{row['size']:,}" if row["kind"] == "file" else "-", _shown(row)) for row in found
        ]
        print_table(("AT", "BYTES", "PATH"), rows)


def _shown(row: dict[str, Any]) -> str:
    return f"{row['path']}{'/' if row['kind'] == 'folder' else '*' if row['executable'] else ''}"


def _read(connection: "Connection", swarm_id: str, file: dict[str, Any], output: Path | None) -> None:
    from pgswarm.cli.exits import BadInputError

    pieces = _pieces(connection, swarm_id, file)
    if output is not None:
        try:
            with output.open("xb") as sink:
                for piece in pieces:
                    sink.write(piece)
        except FileExistsError:
            raise BadInputError(f"--output: {output} is there already", "Name another file, or remove it.") from None
        except OSError as error:
            raise BadInputError(f"--output: {output}: {error.strerror}", "Name a file that can be written.") from error
        typer.echo(f"{file['size']:,} bytes: {safe(str(output))}", err=True)
    elif sys.stdout.isatty():
        content = b"".join(pieces) if file["size"] <= LARGEST_SHOWN else b"\0"
        try:
            text = content.decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            raise BadInputError("this is no text for a terminal", "Put it in a file: --output FILE")
        typer.echo(safe(text), nl=False)
    else:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


def _pieces(connection: "Connection", swarm_id: str, file: dict[str, Any]) -> Iterator[bytes]:
    asked = {"swarm_id": swarm_id, "path": file["path"], "blob": file["blob"], "bytes": PIECE_BYTES}
    for first in range(1, file["size"] + 1, PIECE_BYTES):
        (row,) = connection.execute(PIECE, {**asked, "first": first}).fetchall()
        yield bytes(row["content"] or b"")


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command()(files)
