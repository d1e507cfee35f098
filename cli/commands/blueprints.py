"""`pgswarm blueprints`: what swarms can start from, listed, shown and made."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pgswarm.cli.options import Json
from pgswarm.cli.output import print_json, safe, short_time, styled

ACCOUNT = "select account_id from pgswarm.account where username_key = lower(%(name)s)"
HELP = """Blueprints: what swarms can start from, as settings and entries of their spaces.

\b
Examples:
  pgswarm blueprints list
  pgswarm blueprints make careful --settings '{"approve": "plan"}' --folder style
"""
group = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None)
OfAccount = Annotated[
    str | None, typer.Option("--account", metavar="NAME", help="Whose; left out: everybody's.", show_default=False)
]


@group.command("list")
def list_blueprints(
    *,
    every_version: Annotated[bool, typer.Option("--all", help="Earlier versions, too.")] = False,
    as_json: Json = False,
) -> None:
    r"""List the blueprints, the newest version of each.

    \b
    Example:
      pgswarm blueprints list --all
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.library.blueprints import LIST

    with connect(ready_url()) as connection:
        rows = [row for row in connection.execute(LIST).fetchall() if every_version or row["newest"]]
    for row in rows:
        if as_json:
            print_json(row)
            continue
        whose = safe(row["account"]) if row["account"] else "everybody's"
        head = f"{safe(row['name'])}@{row['version']}".ljust(24)
        told = f"{head} {whose}  {short_time(row['created_at'])}{'  in use' if row['used_at'] else ''}"
        typer.echo(f"{told}  {styled(safe(row['description'].partition(chr(10))[0][:80]), 'dim')}".rstrip())
    if not rows and not as_json:
        typer.echo("There is no blueprint yet: see pgswarm blueprints make --help.")


@group.command()
def show(
    blueprint: Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="Or an id.")],
    *,
    account: OfAccount = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many entries.")] = 200,
    as_json: Json = False,
) -> None:
    r"""Show a version of a blueprint: its settings, and the entries that a swarm would begin with.

    \b
    Example:
      pgswarm blueprints show careful@1
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.library.blueprints import ENTRIES, find_blueprint

    with connect(ready_url()) as connection:
        found = find_blueprint(connection, blueprint, _owner(connection, account))
        entries = connection.execute(ENTRIES, {"blueprint_id": found["blueprint_id"], "limit": limit}).fetchall()
    if as_json:
        print_json({**found, "entries": entries})
        return
    whose = safe(found["username"]) if found["username"] else "everybody's"
    typer.echo(styled(f"{safe(found['name'])}@{found['version']}  {whose}  {found['blueprint_id']}", "head"))
    for name, told in _told(found):
        typer.echo(f"{styled(name.ljust(12), 'dim')} {told}")
    for row in entries:
        older = "" if row["blueprint_id"] == found["blueprint_id"] else styled("  (earlier version)", "dim")
        typer.echo(f"  {row['space']}/{safe(row['path'])}  {row['kind']}{older}")
    if len(entries) == limit:
        typer.echo(styled("  … there may be more: --limit shows them", "dim"))


@group.command()
def make(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name that there is gets a new version.")],
    *,
    folder: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="Files for its memory; may be given again.")
    ] = None,
    into: Annotated[str, typer.Option(metavar="PATH", help="Where in memory the files go.")] = "references",
    swarm: Annotated[str | None, typer.Option(metavar="ID", help="A swarm whose memory it gets.")] = None,
    entry: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="What of that memory; left out: all but what is known of its user."),
    ] = None,
    settings: Annotated[
        str | None, typer.Option(metavar="JSON", help="Names as of run: budget, approve, priority, share, model.")
    ] = None,
    key: Annotated[list[str] | None, typer.Option(metavar="NAME", help="A key that it needs, by its name.")] = None,
    based_on: Annotated[
        str | None, typer.Option("--based-on", metavar="NAME[@VERSION]", help="The version that it stands on.")
    ] = None,
    description: Annotated[str, typer.Option(metavar="TEXT", help="What it is for.")] = "",
    account: OfAccount = None,
    as_json: Json = False,
) -> None:
    r"""Make a version of a blueprint: settings, files of a folder, what a swarm has in its memory.

    Actions that a swarm wrote get in by `pgswarm actions merge`, which shows their source first.

    \b
    Examples:
      pgswarm blueprints make careful --settings '{"approve": "plan"}' --folder style
      pgswarm blueprints make careful --based-on careful --swarm 019a2b3c4d5e --entry projects/bees
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.exits import BadInputError
    from pgswarm.cli.ids import find_id
    from pgswarm.cli.library import blueprints
    from pgswarm.schema.text import clean

    if entry and swarm is None:
        raise BadInputError("--entry without --swarm", "Name the swarm whose memory it is in.")
    wanted: dict[str, Any] = {
        "name": clean("NAME", name),
        "description": clean("--description", description),
        "settings": _settings(settings),
        "keys": None if key is None else [clean("--key", one) for one in key],
        "folders": folder or [],
        "into": clean("--into", into),
        "entries": entry or [],
    }
    with connect(ready_url()) as connection:
        owner = _owner(connection, account)
        wanted |= {
            "owner": owner,
            "swarm_id": None if swarm is None else find_id(connection, "swarm", swarm),
            "based_on": None
            if based_on is None
            else blueprints.find_blueprint(connection, based_on, owner)["blueprint_id"],
        }
        blueprint_id, left_out = blueprints.make(connection, wanted)
        made = blueprints.find_blueprint(connection, blueprint_id)
    for line in left_out:
        typer.echo(f"Left out: {safe(line)}", err=True)
    if as_json:
        print_json({"blueprint_id": blueprint_id, "name": name, "version": made["version"], "left_out": left_out})
    else:
        typer.echo(f"{safe(name)}@{made['version']} is made: pgswarm run GOAL --blueprint {blueprint_id}")


def _told(found: dict[str, Any]) -> list[tuple[str, str]]:
    import json

    told = [
        ("description", safe(found["description"])),
        ("settings", safe(json.dumps(found["settings"], ensure_ascii=False)) if found["settings"] else ""),
        ("keys", ", ".join(found["keys"])),
        ("made", f"{short_time(found['created_at'])} by {safe(found['author'])}"),
        ("in use", f"since {short_time(found['used_at'])}: it does not change any more" if found["used_at"] else ""),
    ]
    return [(name, text) for name, text in told if text]


def _settings(text: str | None) -> str | None:
    import json

    from pgswarm.cli.exits import BadInputError
    from pgswarm.schema.text import clean

    if text is None:
        return None
    try:
        found = json.loads(clean("--settings", text))
    except json.JSONDecodeError as error:
        raise BadInputError(f"--settings is not JSON: {error.msg}", """Write it as '{"approve": "plan"}'.""") from None
    return json.dumps(found)


def _owner(connection: Any, account: str | None) -> Any:
    from pgswarm.cli.exits import BadInputError
    from pgswarm.schema.text import clean

    if account is None:
        return None
    known = connection.execute(ACCOUNT, {"name": clean("--account", account)}).fetchone()
    if known is None:
        raise BadInputError(f"--account: there is no account {safe(account)}", "Correct the name.")
    return known["account_id"]


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(group, name="blueprints")
