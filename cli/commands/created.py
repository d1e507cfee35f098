"""`pgswarm actions show`, `revoke`, `merge`, `rerun`: the actions that swarms made themselves.

Rule: an action gets into a blueprint only after somebody was shown its source, and only as it was shown.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgswarm.cli.options import Json
from pgswarm.cli.output import print_json, safe, short_time, styled

if TYPE_CHECKING:
    import psycopg

REVOKE = """
select pgswarm.revoke_action(swarm_id => %(swarm_id)s, action_id => %(action_id)s, version => %(version)s,
                             why => %(why)s, blueprint_id => %(blueprint_id)s, everybody => %(everybody)s) as done
"""
NEW_VERSION = """
select pgswarm.create_blueprint(name => %(name)s, based_on => %(based_on)s, owner => %(owner)s)::text as blueprint_id
"""
MERGE = """
select pgswarm.merge_action(blueprint_id => %(blueprint_id)s, swarm_id => %(swarm_id)s, action_id => %(action_id)s,
                            version => %(version)s, hash => %(hash)s) as version
"""
TOUCHED = """
select t.swarm_id::text as swarm_id, t.nodes, s.status, c.hash
  from (select n.swarm_id, count(*) as nodes
          from pgswarm.node n
         where n.action = %(action_id)s and n.action_version = %(version)s
           and (%(swarm_id)s::uuid is null or n.swarm_id = %(swarm_id)s::uuid)
         group by n.swarm_id) t
  join pgswarm.swarm s using (swarm_id)
  left join lateral pgswarm.created_actions(t.swarm_id, %(action_id)s, %(version)s) c on true
 order by t.swarm_id
"""
RERUN = """
select pgswarm.rerun_action(
  swarm_id => %(swarm_id)s, action_id => %(action_id)s, version => %(version)s,
  blueprint_id => %(blueprint_id)s)::text as goes_on
"""
Created = Annotated[str, typer.Argument(metavar="ID[@VERSION]", help="As in created/count_words@2.")]
OfSwarm = Annotated[str | None, typer.Option("--swarm", metavar="ID", help="The swarm that made it.")]
OfBlueprint = Annotated[str | None, typer.Option("--blueprint", metavar="NAME", help="The blueprint that has it.")]


def show(action: Created, *, swarm: OfSwarm = None, blueprint: OfBlueprint = None, as_json: Json = False) -> None:
    r"""Show an action that a swarm made: its source, who wrote and approved it, its tests, its versions.

    \b
    Example:
      pgswarm actions show created/count_words --swarm 019a2b3c4d5e
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.library.created import find, parse, place, versions

    named = parse(action)
    with connect(ready_url()) as connection:
        where = place(connection, swarm, blueprint)
        row = find(connection, where, named)
        others = versions(connection, where, named.action_id)
    if as_json:
        print_json(row)
        return
    for line in _described(row):
        typer.echo(line)
    for other in others:
        state = "revoked" if other["revoked_at"] else "newest" if other["newest"] else "earlier"
        typer.echo(f"{styled('version', 'dim')}   {other['version']}  {state}  {short_time(other['at'])}")


def revoke(
    action: Created,
    *,
    why: Annotated[str, typer.Option(metavar="TEXT", help="What is wrong: nodes that wait for it fail with this.")],
    swarm: OfSwarm = None,
    blueprint: OfBlueprint = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="For all accounts, not only its owner's.")] = False,
    as_json: Json = False,
) -> None:
    r"""Stop the use of one version: no node runs this content any more, in no swarm of its owner.

    \b
    Example:
      pgswarm actions revoke created/count_words@1 --swarm 019a2b3c4d5e --why "counts hyphens as words"
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.library.created import find, parse, place
    from pgswarm.schema.text import clean

    named = parse(action, needs_version=True)
    with connect(ready_url()) as connection:
        where = place(connection, swarm, blueprint)
        find(connection, where, named)
        asked = {**where.ids, "action_id": named.action_id, "version": named.version, "everybody": everybody}
        done = connection.execute(REVOKE, {**asked, "why": clean("--why", why)}).fetchall()[0]["done"]
    told = "revoked" if done else "was revoked already"
    _say({"revoked": True, "changed": done}, f"{named.action_id}@{named.version} {told}.", as_json=as_json)


def merge(
    action: Created,
    *,
    swarm: Annotated[str, typer.Option("--swarm", metavar="ID", help="The swarm that made it.")],
    into: Annotated[str, typer.Option("--into", metavar="NAME", help="The blueprint that gets it.")],
    yes: Annotated[bool, typer.Option("--yes", help="It was reviewed: ask nothing.")] = False,
    as_json: Json = False,
) -> None:
    r"""Put an action that a swarm made into a blueprint, after you have seen its source (and what changes there).

    A blueprint that swarms have started from does not change: a new version of it is made.

    \b
    Example:
      pgswarm actions merge created/count_words --swarm 019a2b3c4d5e --into crew
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.exits import BadInputError
    from pgswarm.cli.library.blueprints import find_blueprint
    from pgswarm.cli.library.created import Place, find, parse, place

    named = parse(action)
    with connect(ready_url()) as connection:
        row = find(connection, place(connection, swarm, None), named)
        target = find_blueprint(connection, into)
        if not yes:
            if not sys.stdin.isatty():
                raise BadInputError("nobody is here to review it", "Look at it by `actions show`, then give --yes.")
            there = _there(connection, Place(None, target["blueprint_id"]), row["action_id"])
            for line in (*_described(row), *_changes(there, row)):
                typer.echo(line, err=True)
            if not typer.confirm(f"Merge it into {target['name']}, version {target['version']}?", err=True):
                raise typer.Exit(1)
        with connection.transaction():
            blueprint_id = target["blueprint_id"]
            if target["used_at"] is not None:
                wanted = {"name": target["name"], "based_on": blueprint_id, "owner": target["owner_id"]}
                blueprint_id = connection.execute(NEW_VERSION, wanted).fetchall()[0]["blueprint_id"]
            asked = {name: row[name] for name in ("action_id", "version", "hash")}
            asked |= {"blueprint_id": blueprint_id, "swarm_id": place(connection, swarm, None).swarm_id}
            version = connection.execute(MERGE, asked).fetchall()[0]["version"]
    told = f"{row['action_id']}@{version} is in {target['name']} ({blueprint_id})."
    _say({"blueprint_id": blueprint_id, "action_id": row["action_id"], "version": version}, told, as_json=as_json)


def rerun(
    action: Created,
    *,
    swarm: Annotated[str | None, typer.Option("--swarm", metavar="ID", help="Only this one; left out: all.")] = None,
    better: Annotated[
        str | None,
        typer.Option("--with", metavar="BLUEPRINT", help="With the version that it has; a swarm that ended needs one."),
    ] = None,
    as_json: Json = False,
) -> None:
    r"""Run again, with the newest version, what a bad version of an action did, and nothing else.

    Where the parent still waits, in the swarm itself. Else in a fork: the subtrees that ran it begin anew, what waited
    for them waits again, everything else keeps its results. The original stays as it is.

    \b
    Example:
      pgswarm actions rerun created/count_words@1
      pgswarm actions rerun created/count_words@1 --swarm 019a2b3c4d5e --with crew
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.cli.exits import BadInputError
    from pgswarm.cli.ids import find_id
    from pgswarm.cli.library.blueprints import find_blueprint
    from pgswarm.cli.library.created import parse

    named = parse(action, needs_version=True)
    with connect(ready_url()) as connection:
        crew = None if better is None else find_blueprint(connection, better)["blueprint_id"]
        asked = {"action_id": named.action_id, "version": named.version, "blueprint_id": crew}
        only = None if swarm is None else find_id(connection, "swarm", swarm)
        touched = connection.execute(TOUCHED, {**asked, "swarm_id": only}).fetchall()
        if not touched:
            raise BadInputError(
                f"no node has run {named.action_id}@{named.version}", "See `pgswarm actions --swarm ID`."
            )
        if len({row["hash"] for row in touched}) > 1:  # one name, made by several swarms, each for itself
            raise BadInputError(
                f"{named.action_id}@{named.version} is not the same in every swarm",
                f"Say which one is meant by --swarm: {', '.join(row['swarm_id'] for row in touched[:10])}.",
            )
        refused = [row for row in touched if not _rerun(connection, row, asked, as_json=as_json)]
    if refused:
        raise typer.Exit(1)


def _rerun(
    connection: "psycopg.Connection[dict[str, Any]]", row: Mapping[str, Any], asked: dict[str, Any], *, as_json: bool
) -> bool:
    """Run it again in one swarm and say where; what one swarm does not allow keeps nothing from the others."""
    import psycopg

    from pgswarm.schema.errors import ConflictError, translate

    told = {name: row[name] for name in ("swarm_id", "nodes", "status")}
    try:
        goes_on = connection.execute(RERUN, {**asked, "swarm_id": row["swarm_id"]}).fetchall()[0]["goes_on"]
    except psycopg.Error as error:
        why = translate(error)
        if not isinstance(why, ConflictError):
            raise
        _say({**told, "goes_on": None, "refused": str(why)}, f"{row['swarm_id']}: {why}", as_json=as_json)
        return False
    in_place = goes_on == row["swarm_id"]
    said = f"{row['swarm_id']}: {row['nodes']} nodes, again {'in place' if in_place else f'in {goes_on}'}"
    if row["status"] == "paused":
        said += " (paused, as it was: `pgswarm resume` it)"
    elif not in_place and row["status"] != "terminated":
        said += " (this one still runs: `pgswarm cancel` it if it is of no more use)"
    _say({**told, "goes_on": goes_on}, said, as_json=as_json)
    return True


def _there(connection: "psycopg.Connection[dict[str, Any]]", where: Any, action_id: str) -> dict[str, Any] | None:
    from pgswarm.cli.library.created import Named, find, versions

    return find(connection, where, Named(action_id, None)) if versions(connection, where, action_id) else None


def _described(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a reviewer must know: provenance, tests and the source."""
    fields = row["fields"]
    approval = fields.get("approval") or {}
    yield f"{styled(row['action_id'], 'head')}  version {row['version']}, SHA-256 {row['hash']}"
    yield f"\n{safe(row['description'])}\n"
    yield f"{styled('wrote', 'dim')}     node {row['author_node_id']}, {safe(str(fields.get('model', 'no model')))}"
    approved = f"{approval.get('by')} {approval.get('at') or approval.get('rule', '')}"
    yield f"{styled('approved', 'dim')}  {safe(approved)}"
    yield f"{styled('takes', 'dim')}     {', '.join(fields['input_schema'].get('properties', {})) or 'its directive'}"
    yield f"{styled('needs', 'dim')}     {', '.join(fields.get('dependencies') or ()) or 'no packages'}"
    for case in fields.get("tests") or ():
        how = "passed" if case.get("passed") else "failed"
        yield f"{styled('test', 'dim')}      {safe(str(case.get('name')))}: {how}"
    if row["revoked_at"]:
        yield f"{styled('revoked', 'dim')}   {short_time(row['revoked_at'])}: {safe(row['revoked_why'])}"
    yield "\n" + safe(_source(row))


def _source(row: Mapping[str, Any]) -> str:
    """All code of a version: its own, and that of the functions that it imports."""
    utils = (row["fields"].get("utils") or {}).items()
    return "\n".join([row["code"], *(f"# {name}, util {util['of']}\n{util['code']}" for name, util in utils)])


def _changes(there: Mapping[str, Any] | None, row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the difference to the version that the blueprint has."""
    from difflib import unified_diff

    if there is None:
        yield "The blueprint does not have it yet."
        return
    yield f"The blueprint has version {there['version']}. What changes:"
    before, after = (safe(_source(each)).splitlines() for each in (there, row))
    yield from unified_diff(before, after, "there", "new", lineterm="")


def _say(value: dict[str, Any], told: str, *, as_json: bool) -> None:
    if as_json:
        print_json(value)
    else:
        typer.echo(told)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    for command in (show, revoke, merge, rerun):
        parent.command()(command)
