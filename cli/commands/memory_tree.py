"""`pgswarm memory move`, `merge`, `rm`, `history`, `verify`: the tree of a swarm's memory, kept in order by people."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgswarm.cli.ids import find_id
from pgswarm.cli.options import Json
from pgswarm.cli.output import print_json, print_table, safe, short_time, styled

if TYPE_CHECKING:
    pass

MOVE = """
select pgswarm.move_entry(swarm_id => %(swarm_id)s, entry_id => %(entry_id)s, parent_id => %(parent_id)s,
                          name => %(name)s) as version
"""
MERGE = "select pgswarm.merge_entry(swarm_id => %(swarm_id)s, entry_id => %(entry_id)s, into_id => %(into_id)s) as gone"
REMOVE = "select pgswarm.remove_entry(swarm_id => %(swarm_id)s, entry_id => %(entry_id)s) as gone"
HISTORY = """
select version, path, kind, size, author_node_id::text as author_node_id, author, at
  from pgswarm.entry_history(swarm_id => %(swarm_id)s, entry_id => %(entry_id)s)
"""
OneSwarm = Annotated[str, typer.Option("--swarm", metavar="ID", help="Whose memory: the swarm's id, or a part of it.")]
APath = Annotated[str, typer.Argument(metavar="PATH", help="The entry, as `memory list` shows it.")]


def move(
    path: APath,
    to: Annotated[str, typer.Argument(metavar="TO", help="A folder to put it in, or its new path.")],
    *,
    swarm: OneSwarm,
    as_json: Json = False,
) -> None:
    r"""Move an entry, or rename it. All below it goes along, and pointers to it stay right.

    \b
    Examples:
      pgswarm memory move notes.md projects --swarm 019a2b3c4d5e
      pgswarm memory move projects/notes.md projects/plan.md --swarm 019a2b3c4d5e
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.library.entries import find_entry, get_entry, look_up

    with connect(ready_url()) as connection:
        swarm_id = find_id(connection, "swarm", swarm)
        entry = get_entry(connection, swarm_id, path)
        folder, name = look_up(connection, swarm_id, to), None
        if folder is None or not folder["holds"]:
            above, _, name = to.strip("/").rpartition("/")
            parent_id = find_entry(connection, swarm_id, above)
        else:
            parent_id = folder["entry_id"]
        asked = {"swarm_id": swarm_id, "entry_id": entry["entry_id"], "parent_id": parent_id, "name": name}
        version = connection.execute(MOVE, asked).fetchall()[0]["version"]
    _say({"entry_id": entry["entry_id"], "version": version}, "Moved.", as_json=as_json)


def merge(
    path: APath,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The folder that gets all, or the entry's twin.")],
    *,
    swarm: OneSwarm,
    as_json: Json = False,
) -> None:
    r"""Merge a folder into another, level by level. Of equal files one stays; others get a number behind their name.

    \b
    Example:
      pgswarm memory merge drafts projects --swarm 019a2b3c4d5e
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.library.entries import find_entry

    with connect(ready_url()) as connection:
        swarm_id = find_id(connection, "swarm", swarm)
        ids = {"entry_id": find_entry(connection, swarm_id, path), "into_id": find_entry(connection, swarm_id, into)}
        gone = connection.execute(MERGE, {"swarm_id": swarm_id, **ids}).fetchall()[0]["gone"]
    _say({"removed": gone}, "Merged.", as_json=as_json)


def remove(
    path: APath,
    *,
    swarm: OneSwarm,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="A folder with all that is in it.")] = False,
    as_json: Json = False,
) -> None:
    r"""Remove an entry and the pointers to it. What it held can still be read in its history.

    \b
    Example:
      pgswarm memory rm projects/old --recursive --swarm 019a2b3c4d5e
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.exits import BadInputError
    from pgswarm.cli.library.entries import get_entry

    with connect(ready_url()) as connection:
        swarm_id = find_id(connection, "swarm", swarm)
        entry = get_entry(connection, swarm_id, path)
        if entry["below"] and not recursive:
            raise BadInputError(f"{safe(path)} is not empty", "Give --recursive to remove all that is in it.")
        asked = {"swarm_id": swarm_id, "entry_id": entry["entry_id"]}
        gone = connection.execute(REMOVE, asked).fetchall()[0]["gone"]
    _say({"removed": gone}, f"{gone:,} removed.", as_json=as_json)


def history(path: APath, *, swarm: OneSwarm, as_json: Json = False) -> None:
    r"""Show what an entry was: each version, who made it, when, and from which node.

    \b
    Example:
      pgswarm memory history notes.md --swarm 019a2b3c4d5e
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.library.entries import find_entry

    with connect(ready_url()) as connection:
        swarm_id = find_id(connection, "swarm", swarm)
        asked = {"swarm_id": swarm_id, "entry_id": find_entry(connection, swarm_id, path)}
        found = connection.execute(HISTORY, asked).fetchall()
    if as_json:
        for row in found:
            print_json(row)
        return
    rows = [
        (str(r["version"]), short_time(r["at"]), f"{r['size']:,}", r["author_node_id"] or r["author"] or "-", r["path"])
        for r in found
    ]
    print_table(("VERSION", "AT", "BYTES", "BY", "PATH"), rows)


def verify(*, swarm: OneSwarm, as_json: Json = False) -> None:
    r"""Check the spaces of a swarm: kinds, fields, folders, pointers, schemas, code that loads, keys that are there.

    Keys and imports are those of this machine and this environment, which should be a processor's.

    \b
    Example:
      pgswarm memory verify --swarm 019a2b3c4d5e
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.exits import CommandError
    from pgswarm.cli.library.verify import flaws

    with connect(ready_url()) as connection:
        found = flaws(connection, find_id(connection, "swarm", swarm))
    for one in found:
        if as_json:
            print_json(one)
        else:
            typer.echo(
                f"{styled(one['rule'], 'failed')}  {safe(one['in_space'])}/{safe(one['path'])}: {safe(one['detail'])}"
            )
    if found:
        raise CommandError(f"{len(found)} rules do not hold", "Each line names the entry and what is wrong with it.")
    if not as_json:
        typer.echo("All is well.")


def _say(found: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        typer.echo(text)


def register(app: typer.Typer) -> None:
    """Add the commands to the group."""
    app.command()(move)
    app.command()(merge)
    app.command("rm")(remove)
    app.command()(history)
    app.command()(verify)
