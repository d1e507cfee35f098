"""`pgswarm outside`: sign-ins at servers that want OAuth, and the key under which their tokens are kept."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgswarm.cli.options import Json
from pgswarm.cli.output import print_json, safe, short_time

if TYPE_CHECKING:
    from mcp.shared.auth import AuthorizationCodeResult

    from pgswarm.actions.outside.oauth.login import SignedIn
    from pgswarm.actions.outside.settings import Connections, McpSettings

READ = "select version from pgswarm.read_sign_in(connection => %(title)s) where sealed is not null"
FORGET = "select pgswarm.forget_sign_in(connection => %(title)s) as forgotten"
PASTE_PORT = 8765
"""Of an address at which nobody listens: the browser shows it all the same."""
HELP = """Outside servers: sign in where they want it, see or forget what is kept of that.

\b
Examples:
  pgswarm outside list
  pgswarm outside login crm
"""
group = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="NAME", help="As in [mcp.NAME] of the connections file.")]


@group.command("list")
def list_connections(*, as_json: Json = False) -> None:
    r"""List the connections of the file that PGSWARM_CONNECTIONS names, and whether their tokens are kept.

    \b
    Example:
      pgswarm outside list
    """
    from pgswarm.actions.outside.loading import titles
    from pgswarm.cli.database import connect, ready_url

    found = _load()
    rows = [_row(title, found) for title in titles(found)]
    if any(row["signed_in"] is not None for row in rows):
        with connect(ready_url()) as connection:
            for row in rows:
                if row["signed_in"] is not None:
                    row["signed_in"] = bool(connection.execute(READ, {"title": row["connection"]}).fetchall())
    if as_json:
        print_json(rows)
        return
    for row in rows:
        kept = {None: "", True: "  signed in", False: "  not signed in"}[row["signed_in"]]
        typer.echo(f"{row['connection'].ljust(24)} {safe(row['address'])}{kept}")
    if not rows:
        typer.echo("No connection is configured: docs/outside.md describes the file.")


@group.command()
def login(
    name: Name,
    *,
    paste: Annotated[
        bool, typer.Option("--paste", help="Type in the address that the browser ends at: it is on another machine.")
    ] = False,
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65_535, help="Of the redirect address; 0: any that is free.")
    ] = 0,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, max=3_600, help="How long to wait for you.")
    ] = 300,
    as_json: Json = False,
) -> None:
    r"""Sign in at a server whose oauth.grant is authorization_code; all processors use what it gives.

    Prints an address to open in a browser, and waits on this machine until the browser comes back.

    \b
    Examples:
      pgswarm outside login crm
      pgswarm outside login crm --paste --port 8765
    """
    import asyncio

    from pgswarm.cli.exits import BadInputError

    settings = _server(name)
    if settings.oauth is None or settings.oauth.grant != "authorization_code":
        remedy = 'Where it wants one, give it oauth = { grant = "authorization_code" } in the connections file.'
        raise BadInputError(f"mcp.{name} has no sign-in", remedy)
    _need_packages()
    came = asyncio.run(_login(name, settings, port, timeout, paste=paste))
    ends = None if came.expires_at is None else datetime.fromtimestamp(came.expires_at, UTC)
    if as_json:
        print_json({"connection": f"mcp.{name}", "renewable": came.renewable, "expires_at": ends, "tools": came.tools})
        return
    typer.echo(f"Signed in: mcp.{name} offers {came.tools} tools. Processors find it within five minutes.")
    if ends is not None and not came.renewable:
        typer.echo(f"It gave no token to renew this with: sign in again before {short_time(ends)}.")


@group.command()
def forget(name: Name, *, as_json: Json = False) -> None:
    r"""Forget the tokens of a server. Withdraw them at the server, too, if nobody is to use them any more.

    \b
    Example:
      pgswarm outside forget crm
    """
    from pgswarm.cli.database import connect, ready_url
    from pgswarm.schema.text import clean

    with connect(ready_url()) as connection:
        (row,) = connection.execute(FORGET, {"title": f"mcp.{clean('NAME', name)}"}).fetchall()
    if as_json:
        print_json({"forgotten": row["forgotten"]})
    else:
        typer.echo("Forgotten." if row["forgotten"] else "Nothing was kept.")


@group.command()
def key() -> None:
    r"""Make a key for PGSWARM_TOKENS_KEY: tokens are kept sealed with it. Give all processors the same.

    \b
    Example:
      pgswarm outside key
    """
    _need_packages()
    from pgswarm.actions.outside.oauth.sealing import new_key

    typer.echo(new_key())


async def _login(name: str, settings: "McpSettings", port: int, within_s: float, *, paste: bool) -> "SignedIn":
    import asyncio
    import logging

    from pgswarm.actions.outside.errors import UnreachableError
    from pgswarm.actions.outside.oauth.errors import SignInError
    from pgswarm.actions.outside.oauth.login import Person, sign_in
    from pgswarm.actions.outside.settings import ConnectionsError
    from pgswarm.cli import exits
    from pgswarm.cli.database import ready_url
    from pgswarm.cli.sign_in.callback import PATH, Callback
    from pgswarm.processor.vault import DatabaseVault

    logging.getLogger("mcp").setLevel(logging.CRITICAL + 1)  # it would log what servers say of tokens
    title = f"mcp.{name}"
    vault, callback = DatabaseVault(ready_url()), Callback(title)

    async def show(address: str) -> None:
        callback.expect(address)
        typer.echo(f"Open this in a browser:\n\n  {safe(address)}\n", err=True)

    async def pasted() -> "AuthorizationCodeResult":
        return await asyncio.to_thread(_read_pasted, title)

    try:
        redirect = f"http://127.0.0.1:{port or PASTE_PORT}{PATH}" if paste else await callback.open(port)
        person = Person(redirect, show, pasted if paste else callback.hear)
        return await sign_in(name, settings, vault, person, within_s)
    except TimeoutError:
        raise exits.UnreachableError(f"nobody signed in within {within_s:g} s", "Give a longer --timeout.") from None
    except SignInError as error:
        raise exits.CommandError(f"{title}: {error.reason}", f"{error.remedy}.") from None
    except UnreachableError as error:
        raise exits.UnreachableError(str(error), "See that it runs, and that its url is right.") from None
    except ConnectionsError as error:
        raise exits.BadInputError(str(error)) from None
    except OSError as error:
        raise exits.BadInputError(f"--port {port} cannot be used: {error.strerror}", "Give another one.") from None
    finally:
        await callback.close()
        await vault.close()


def _read_pasted(title: str) -> "AuthorizationCodeResult":
    from pgswarm.actions.outside.oauth.errors import SignInError
    from pgswarm.cli.sign_in.callback import read

    typer.echo("Then paste the whole address that the browser ends at (it shows no page), and press Enter:", err=True)
    try:
        return read(sys.stdin.readline(), title)
    except ValueError:
        raise SignInError(title, "what was pasted has no code and state", "Paste the whole address") from None


def _need_packages() -> None:
    from importlib.util import find_spec

    from pgswarm.cli.exits import CommandError

    missing = [name for name in ("mcp", "cryptography") if find_spec(name) is None]
    if missing:
        raise CommandError(f"{' and '.join(missing)} not installed", "Run: pip install 'pgswarm[outside]'")


def _load() -> "Connections":
    from pgswarm.actions.outside.settings import ConnectionsError, load
    from pgswarm.cli.exits import BadInputError

    try:
        return load()
    except ConnectionsError as error:
        raise BadInputError(str(error), "docs/outside.md describes the file.") from None


def _server(name: str) -> "McpSettings":
    from pgswarm.cli.exits import BadInputError

    found = _load().mcp
    if name not in found:
        known = ", ".join(found) or "none"
        raise BadInputError(f"there is no [mcp.{safe(name)}]", f"The connections file has: {known}.")
    return found[name]


def _row(title: str, found: "Connections") -> dict[str, Any]:
    kind, _, name = title.partition(".")
    if kind == "a2a":
        return {"connection": title, "address": found.a2a[name].url, "signed_in": None}
    one = found.mcp[name]
    kept = one.oauth is not None and one.oauth.is_kept
    return {"connection": title, "address": one.url or " ".join(one.command), "signed_in": False if kept else None}


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(group, name="outside")
