"""`pgswarm memory`: what swarms remember, added to and searched by people."""

import sys
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgswarm.cli.commands.memory_tree import register as register_changes
from pgswarm.cli.ids import find_id, id_end
from pgswarm.cli.options import Json
from pgswarm.cli.output import one_line, print_json, print_table, safe, styled

if TYPE_CHECKING:
    import psycopg

HELP = """Add files and texts to the memory of a swarm, search it, and keep its tree in order.

\b
Examples:
  pgswarm memory add notes.md reports/ --swarm 019a2b3c4d5e
  pgswarm memory search "delivery dates" --swarm 019a2b3c4d5e
"""
LONGEST_INPUT = 50_000_000
SHOWN_CHARS = 1_200
SEARCH = """
with asked as (
  select nullif(replace(plainto_tsquery('english', %(query)s)::text, ' & ', ' | '), '')::tsquery as words
)
select s.swarm_id::text as swarm_id, f.entry_id::text as entry_id, f.path, f.first_line, f.last_line, f.score, f.content
  from (select %(swarm_id)s::uuid as swarm_id where %(swarm_id)s::uuid is not null
        union
        select c.swarm_id from pgswarm.entry_chunk c, asked
         where %(swarm_id)s::uuid is null and c.swarm_id is not null and c.tsv @@ asked.words) s
 cross join lateral pgswarm.search_memory(s.swarm_id, %(query)s, %(limit)s) f
 order by f.score desc, s.swarm_id desc, f.path, f.first_line
 limit %(limit)s
"""
LEVEL = """
select name, path, kind, layer, portal, search, below, status, version, size, entry_id::text as entry_id, description
  from pgswarm.list_level(%(swarm_id)s, folder_id => %(folder_id)s, max_entries => least(%(limit)s, 1000))
"""
LIST = """
select swarm_id::text as swarm_id, entry_id::text as entry_id, path, kind, size, version, updated_at
  from pgswarm.space_entry
 where space = 'memory' and blob is not null and (%(swarm_id)s::uuid is null or swarm_id = %(swarm_id)s::uuid)
 order by swarm_id desc, path
 limit %(limit)s
"""
app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None)
OneSwarm = Annotated[str, typer.Option("--swarm", metavar="ID", help="Whose memory: the swarm's id, or a part of it.")]
AnySwarm = Annotated[str | None, typer.Option("--swarm", metavar="ID", help="Only this swarm's; left out: all.")]


@app.command()
def add(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH|URL...", help="Files, folders, repositories, addresses; `-` is standard input."),
    ] = None,
    *,
    swarm: OneSwarm,
    folder: Annotated[
        str, typer.Option("--into", "--folder", metavar="FOLDER", help="The folder of the memory to put them in.")
    ] = "",
    text: Annotated[str | None, typer.Option(help="A text to keep, in the place of files.")] = None,
    name: Annotated[str, typer.Option(help="What to call a text or standard input.")] = "note.md",
    description: Annotated[str, typer.Option(help="What it is about: shown to nodes that look for something.")] = "",
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove what an earlier import of a folder brought and is gone.")
    ] = False,
    as_json: Json = False,
) -> None:
    r"""Put files, folders, repositories, web pages or a text into a swarm's memory, where its nodes find them.

    The same content again changes nothing, other content makes a new version: the command can be repeated, also after
    it was interrupted. Of a PDF its text is kept beside it. In folders, hidden files, links and what .gitignore names
    are passed over; what is no text, or looks like a secret, is left out and named.

    \b
    Examples:
      pgswarm memory add contract.txt --swarm 019a2b3c4d5e
      pgswarm memory add reports/ --into references --swarm 019a2b3c4d5e
      pgswarm memory add https://www.postgresql.org/docs/18/mvcc.html --into references --swarm 019a2b3c4d5e
      pgswarm memory add git+https://github.com/psycopg/psycopg --into references --swarm 019a2b3c4d5e
      pgswarm memory add --text "We ship on Fridays." --name shipping.md --swarm 019a2b3c4d5e
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.exits import BadInputError
    from pgswarm.cli.library.add import keep, remove_gone
    from pgswarm.cli.library.sources import Walk, find_items, text_item
    from pgswarm.schema.text import clean

    folder, description = clean("--into", folder).strip("/"), clean("--description", description)
    if (text is None) == (not paths):
        raise BadInputError("nothing to add" if text is None else "both files and --text", "Give files, or --text.")
    if paths == ["-"]:
        text = sys.stdin.buffer.read(LONGEST_INPUT).decode(errors="surrogateescape")
    single = None if text is None else text_item(clean("--name", name), clean("the text", text), folder)
    counts: Counter[str] = Counter()
    with connect(ready_url()) as connection:
        swarm_id = find_id(connection, "swarm", swarm)
        walk = Walk()
        items = find_items(paths or (), folder, walk) if single is None else iter([single])
        kept_paths: set[str] = set()
        for kept in chain(
            keep(connection, swarm_id, items, description),
            (
                gone
                for base in (walk.bases if prune and not walk.troubles else ())
                for gone in remove_gone(connection, swarm_id, base, kept_paths)
            ),
        ):
            counts[kept.state] += 1
            if kept.state in {"added", "unchanged"}:
                kept_paths.add(kept.path)
            _progress(sum(counts.values()), walk.total, kept.path)
            if as_json:
                print_json({"path": kept.path, "state": kept.state, "entry_id": kept.entry_id, "note": kept.note})
            elif kept.note:
                what = "Left out: " if kept.state == "left_out" else ""
                typer.echo(f"{what}{safe(kept.note)}", err=True)
    _progress_end()
    if counts and not as_json:
        typer.echo(", ".join(f"{counts[state]:,} {state.replace('_', ' ')}" for state in counts) + ".")
    if walk.troubles:
        raise BadInputError("; ".join(walk.troubles), "Correct what was named, or give a file or a folder.")


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Words to look for.")],
    *,
    swarm: AnySwarm = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many passages, best first.")] = 5,
    as_json: Json = False,
) -> None:
    r"""Search by words (full text, English stems): passages that hold all of them first, then any.

    \b
    Examples:
      pgswarm memory search "termination clause"
      pgswarm memory search deadline --swarm 019a2b3c4d5e --limit 20 --json
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.schema.text import clean

    with connect(ready_url()) as connection:
        swarm_id = None if swarm is None else find_id(connection, "swarm", swarm)
        asked = {"query": clean("query", query), "swarm_id": swarm_id, "limit": limit}
        found = connection.execute(SEARCH, asked).fetchall()
    for row in found:
        if as_json:
            print_json(row)
            continue
        place = f"{row['path']}, lines {row['first_line']} to {row['last_line']}"
        typer.echo(f"{styled(safe(place), 'head')}  {styled(id_end(row['swarm_id']), 'dim')}")
        shown = row["content"] if len(row["content"]) <= SHOWN_CHARS else row["content"][:SHOWN_CHARS] + "…"
        typer.echo("".join(f"  {line}\n" for line in safe(shown).splitlines()))
    if not found and not as_json:
        typer.echo("Nothing found. The search goes by words, not by meaning: try others.")


@app.command("list")
def list_entries(
    folder: Annotated[
        str | None, typer.Argument(metavar="[FOLDER]", help="Show the level below this folder; `/` is the top.")
    ] = None,
    *,
    swarm: AnySwarm = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 100,
    as_json: Json = False,
) -> None:
    r"""List what is in memory: every file, or one level of the tree with what is shared in it.

    \b
    Examples:
      pgswarm memory list --swarm 019a2b3c4d5e
      pgswarm memory list projects --swarm 019a2b3c4d5e
    """
    from pgswarm.cli.database import connect, ready_url

    with connect(ready_url()) as connection:
        if folder is not None:
            _show_level(connection, folder, swarm, limit, as_json=as_json)
            return
        swarm_id = None if swarm is None else find_id(connection, "swarm", swarm)
        found = connection.execute(LIST, {"swarm_id": swarm_id, "limit": limit}).fetchall()
    if as_json:
        for row in found:
            print_json(row)
    elif not found:
        typer.echo("Nothing is in memory.")
    else:
        rows = [(id_end(r["swarm_id"]), r["kind"], f"{r['size']:,}", str(r["version"]), r["path"]) for r in found]
        print_table(("SWARM", "KIND", "BYTES", "VERSION", "PATH"), rows)


def _show_level(
    connection: "psycopg.Connection[dict[str, Any]]", folder: str, swarm: str | None, limit: int, *, as_json: bool
) -> None:
    from pgswarm.cli.exits import BadInputError
    from pgswarm.cli.library.entries import find_entry

    if swarm is None:
        raise BadInputError("a folder is one swarm's", "Say whose with --swarm.")
    swarm_id = find_id(connection, "swarm", swarm)
    folder_id = find_entry(connection, swarm_id, folder)
    found = connection.execute(LEVEL, {"swarm_id": swarm_id, "folder_id": folder_id, "limit": limit}).fetchall()
    if as_json:
        for row in found:
            print_json(row)
    elif not found:
        typer.echo("Nothing is below it.")
    else:
        rows = [(r["name"], r["kind"], r["layer"], str(r["below"]), r["search"], r["description"]) for r in found]
        print_table(("NAME", "KIND", "WHOSE", "BELOW", "SEARCH", "DESCRIPTION"), rows)


def _progress(done: int, of: int, path: str) -> None:
    """Show how far it is, in one line of a terminal; in a pipe the sum at the end is enough. Of 0: it is not known."""
    if of != 1 and sys.stderr.isatty():
        typer.echo(f"\r\x1b[K{done:,}{f'/{of:,}' if of else ''}  {one_line(path, 60)}", nl=False, err=True)


def _progress_end() -> None:
    """Take the line away: what it came to is said below."""
    if sys.stderr.isatty():
        typer.echo("\r\x1b[K", nl=False, err=True)


def register(parent: typer.Typer) -> None:
    """Add the group to the command, with the commands that change a tree."""
    register_changes(app)
    parent.add_typer(app, name="memory")
