"""`pgswarm profile`: what swarms know of a person, seen, written and erased by them."""

from typing import Annotated, Any

import typer

from pgswarm.cli.options import Json
from pgswarm.cli.output import print_json, safe, short_time, styled

ACCOUNT = "select account_id from pgswarm.account where username_key = lower(%(name)s)"
READ = """
select profile, swarm_id::text as swarm_id, updated_at from pgswarm.profile
 where owner_id is not distinct from %(owner)s
"""
SET = "select pgswarm.set_profile(profile => %(profile)s::jsonb, owner => %(owner)s)"
ERASE = "select pgswarm.erase_profile(owner => %(owner)s) as erased"
WHEN = ("never", "important", "always")


def profile(
    *,
    account: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose; left out: yours, of the swarms that `run` starts.")
    ] = None,
    involvement: Annotated[
        str | None, typer.Option(metavar="WHEN", help="When to be asked: never, important or always.")
    ] = None,
    expertise: Annotated[str | None, typer.Option(metavar="TEXT", help="What is known well, and what is new.")] = None,
    notes: Annotated[str | None, typer.Option(metavar="TEXT", help="What else they should know.")] = None,
    erase: Annotated[bool, typer.Option("--erase", help="Forget it all, in living swarms too.")] = False,
    as_json: Json = False,
) -> None:
    r"""Show what swarms know of you, from an interview or your own words; say it anew, or let them forget it.

    Every swarm begins with it, and asks you as often as it says.

    \b
    Examples:
      pgswarm profile
      pgswarm profile --involvement important --expertise "contracts; new to tenancy law"
      pgswarm profile --erase
    """
    import json

    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.exits import BadInputError
    from pgswarm.schema.text import clean

    said = {"involvement": involvement, "expertise": expertise, "notes": notes}
    wanted = {name: clean(f"--{name}", value) for name, value in said.items() if value is not None}
    if involvement is not None and involvement not in WHEN:
        raise BadInputError(f"--involvement is {safe(involvement)}", f"Give one of {', '.join(WHEN)}.")
    if erase and wanted:
        raise BadInputError("both --erase and something to keep", "Do one after the other.")
    with connect(ready_url()) as connection:
        owner = None
        if account is not None:
            known = connection.execute(ACCOUNT, {"name": clean("--account", account)}).fetchone()
            if known is None:
                raise BadInputError(f"--account: there is no account {safe(account)}", "Correct the name.")
            owner = known["account_id"]
        if erase:
            erased = connection.execute(ERASE, {"owner": owner}).fetchall()[0]["erased"]
        found = connection.execute(READ, {"owner": owner}).fetchone()
        if wanted:
            whole = {**(found["profile"] if found else {}), **wanted}
            connection.execute(SET, {"profile": json.dumps(whole), "owner": owner})
            found = connection.execute(READ, {"owner": owner}).fetchone()
    if as_json:
        print_json(_row(found))
    elif erase:
        typer.echo("Forgotten." if erased else "Nothing was known.")
    elif found is None:
        typer.echo("Nothing is known: swarms ask you whenever nothing else answers.")
    else:
        _show(_row(found))


def _row(found: dict[str, Any] | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {**found["profile"], "swarm_id": found["swarm_id"], "updated_at": found["updated_at"]}


def _show(row: dict[str, Any]) -> None:
    for name in ("involvement", "expertise", "notes"):
        if row.get(name):
            typer.echo(f"{styled(name.ljust(12), 'dim')} {safe(row[name])}")
    whence = f"from swarm {row['swarm_id']}" if row["swarm_id"] else "in your words"
    typer.echo(styled(f"{whence}, {short_time(row['updated_at'])}", "dim"))


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command()(profile)
