"""`pgswarm actions`: what nodes can do, and which arguments each action takes."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from pgswarm.cli.commands import created
from pgswarm.cli.options import Json
from pgswarm.cli.output import one_line, print_json, print_table, safe, styled

if TYPE_CHECKING:
    import psycopg

ALL = """
select action_id, version, description, input_schema, timeout_s, max_attempts, routable, source, updated_at
  from pgswarm.action
 where %(action_id)s::text is null or action_id = %(action_id)s
 order by action_id
"""
HELP = """What nodes can do, and the actions that swarms made themselves.

`actions [ACTION]` lists what the database knows, or shows one with its arguments.

\b
Examples:
  pgswarm actions
  pgswarm actions text/summarise
  pgswarm actions show created/count_words --swarm 019a2b3c4d5e
"""
NEAR = 3
CUTOFF = 0.5


def actions(
    action: Annotated[str | None, typer.Argument(metavar="[ACTION]", help="Show this one whole.")] = None,
    *,
    swarm: Annotated[
        str | None, typer.Option("--swarm", metavar="ID", help="As this swarm sees them, its own among them.")
    ] = None,
    as_json: Json = False,
) -> None:
    r"""List the actions that the database knows, or show one with its arguments.

    `pgswarm migrate` and every processor tell the database of theirs when they start.

    \b
    Examples:
      pgswarm actions
      pgswarm actions bench/fan_out
      pgswarm actions text/summarise --json
      pgswarm actions --swarm 019a2b3c4d5e
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.schema.text import clean

    asked = None if action is None else clean("action", action)
    with connect(ready_url()) as connection:
        if swarm is not None:
            _of_swarm(connection, swarm, asked, as_json=as_json)
            return
        found = connection.execute(ALL, {"action_id": asked}).fetchall()
        if action is not None and not found:
            known = [row["action_id"] for row in connection.execute(ALL, {"action_id": None}).fetchall()]
            raise _unknown(action, known)
    if as_json:
        for row in found:
            print_json(row)
    elif action is not None:
        _show(found[0])
    elif not found:
        typer.echo("No action is known yet: start a processor (`pgswarm processor`).")
    else:
        print_table(
            ("ACTION", "BY ITSELF", "DESCRIPTION"),
            [(row["action_id"], "yes" if row["routable"] else "-", row["description"]) for row in found],
        )
        typer.echo("\nBY ITSELF: a swarm may choose it. `pgswarm actions ACTION` shows the arguments of one.")


def _of_swarm(
    connection: "psycopg.Connection[dict[str, Any]]", swarm: str, asked: str | None, *, as_json: bool
) -> None:
    from pgswarm.cli.ids import find_id
    from pgswarm.cli.library.actions import seen_actions

    swarm_id = find_id(connection, "swarm", swarm)
    found = seen_actions(connection, swarm_id, asked)
    if asked is not None and not found:
        raise _unknown(asked, [row["action_id"] for row in seen_actions(connection, swarm_id)])
    if as_json:
        for row in found:
            print_json(row)
        return
    rows = [(r["path"], r["layer"], r["source"], str(r["version"]), r["description"]) for r in found]
    print_table(("ACTION", "WHOSE", "SOURCE", "VERSION", "DESCRIPTION"), rows)


def _show(row: Mapping[str, Any]) -> None:
    typer.echo(f"{styled(row['action_id'], 'head')}  version {row['version']}, {row['source']}")
    typer.echo(f"\n{safe(row['description'])}\n")
    typer.echo(f"{styled('time', 'dim')}      at most {row['timeout_s']} s an activation")
    typer.echo(f"{styled('attempts', 'dim')}  {row['max_attempts']}")
    typer.echo(f"{styled('chosen', 'dim')}    {'by swarms and people' if row['routable'] else 'by people only'}\n")
    lines = list(argument_lines(row["input_schema"]))
    if lines:
        print_table(("ARGUMENT", "TYPE", "DEFAULT", "DESCRIPTION"), lines)
    else:
        typer.echo("It takes no arguments.")
    typer.echo(f"\n  pgswarm run GOAL --action {row['action_id']} --args '{_example(row['input_schema'])}'")


def argument_lines(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, type, default and description of each property of a JSON schema's object."""
    required = set(schema.get("required") or ())
    for name, raw in (schema.get("properties") or {}).items():
        part = _resolved(raw, schema)
        default = json.dumps(part["default"], ensure_ascii=False) if "default" in part else "-"
        yield (
            name,
            _type(part, schema),
            "required" if name in required else default,
            one_line(str(part.get("description") or "")),
        )


def _type(part: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return a type as people read it: `integer 1 to 50`, `list of string`, `string or nothing`."""
    part = _resolved(part, schema)
    if "enum" in part:
        return " or ".join(json.dumps(value, ensure_ascii=False) for value in part["enum"])
    options = part.get("anyOf") or part.get("oneOf")
    if options:
        return " or ".join(_type(option, schema) for option in options)
    kind = part.get("type", "anything")
    kinds = kind if isinstance(kind, list) else [kind]
    told = " or ".join("nothing" if one == "null" else str(one) for one in kinds)
    if kind == "array":
        return f"list of {_type(part.get('items') or {}, schema)}"
    low, high = part.get("minimum", part.get("exclusiveMinimum")), part.get("maximum", part.get("exclusiveMaximum"))
    if low is not None and high is not None:
        return f"{told} {low} to {high}"
    return told + (f" from {low}" if low is not None else f" up to {high}" if high is not None else "")


def _resolved(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference into the schema's definitions; what is said beside it stays."""
    name = str(part.get("$ref", "")).removeprefix("#/$defs/")
    found = (schema.get("$defs") or {}).get(name)
    return part if found is None else {**found, **part}


def _example(schema: Mapping[str, Any]) -> str:
    properties = schema.get("properties") or {}
    wanted = schema.get("required") or list(properties)[:1]
    return json.dumps({name: _value(_resolved(properties.get(name, {}), schema)) for name in wanted})


def _value(part: Mapping[str, Any]) -> Any:
    if part.get("default") is not None:
        return part["default"]
    if part.get("enum"):
        return part["enum"][0]
    return {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}.get(str(part.get("type")), "…")


def _unknown(action: str, known: list[str]) -> Exception:
    from difflib import get_close_matches

    from pgswarm.cli.exits import BadInputError

    near = get_close_matches(action, known, NEAR, CUTOFF)
    hint = f"Did you mean {' or '.join(near)}?" if near else "See `pgswarm actions`."
    return BadInputError(f"there is no action {one_line(action)!r}", hint)


class _OrList(TyperGroup):
    """What is no command of the group is an action to show: `pgswarm actions text/summarise`."""

    default = "list"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command in front of what does not begin with one."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = [self.default, *args]
        return super().parse_args(ctx, args)


def register(parent: typer.Typer) -> None:
    """Add the command, and those on actions that swarms made."""
    app = typer.Typer(
        help=HELP,
        cls=_OrList,
        no_args_is_help=False,
        rich_markup_mode=None,
    )
    app.command(_OrList.default)(actions)
    created.register(app)
    parent.add_typer(app, name="actions")
