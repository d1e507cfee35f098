"""`pgswarm sandbox`: what keeps code in on this machine, and a runner for others."""

import asyncio
import os
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pgswarm.actions.sandbox.choose import Chosen

HELP = """Where code that models write is run, and a runner for other machines.

\b
Examples:
  pgswarm sandbox check
  pgswarm sandbox serve --port 8100
"""
app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None)

Host = Annotated[str, typer.Option("--host", help="The address to listen on; 0.0.0.0: every one.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65_535, help="0: a free one.")]
Level = Annotated[
    str | None,
    typer.Option("--sandbox", metavar="LEVEL", help="auto, bwrap, landlock, or unsafe.", show_default="auto"),
]


@app.command()
def check(*, sandbox: Level = None) -> None:
    r"""Try to break out of the sandbox in every way, and say which level holds.

    Exit code 0: code can be run confined; 1: it cannot.

    \b
    Example:
      pgswarm sandbox check
    """
    from pgswarm.cli.checks.sandbox import findings
    from pgswarm.cli.exits import Exit
    from pgswarm.cli.output import styled

    last = ""
    for finding in findings(sandbox, every_probe=True):
        last = finding.state  # levels are tried until one holds
        typer.echo(f"{styled(finding.state.ljust(5), COLOURS[finding.state])}  {finding.detail}")
        if finding.remedy:
            typer.echo(f"{'':7}{finding.remedy}")
    if last != "ok":
        raise typer.Exit(Exit.FAILED)


@app.command()
def serve(*, host: Host = "127.0.0.1", port: Port = 8100, sandbox: Level = None) -> None:
    r"""Run code for processors on other machines, with the token of PGSWARM_SANDBOX_TOKEN.

    Processors find it by PGSWARM_SANDBOX=http://HOST:PORT and the same token. Speaks HTTP: put a proxy with TLS before
    it where the network is not yours. Its address is the first line of its output.

    \b
    Example:
      PGSWARM_SANDBOX_TOKEN=$(openssl rand -hex 32) pgswarm sandbox serve --host 0.0.0.0
    """
    from pgswarm.cli.exits import BadInputError

    token = os.environ.get("PGSWARM_SANDBOX_TOKEN", "")
    if len(token) < SHORTEST_TOKEN:
        told = f"PGSWARM_SANDBOX_TOKEN must hold a secret of at least {SHORTEST_TOKEN} characters"
        raise BadInputError(told, "Make one: openssl rand -hex 32. Processors need the same.")
    asyncio.run(_serve(host, port, token, sandbox))


async def _serve(host: str, port: int, token: str, setting: str | None) -> None:
    import uvicorn

    from pgswarm.actions.sandbox.server import application
    from pgswarm.cli.commands.api import bound_to

    chosen = await _confined(setting)
    with bound_to(host, port) as bound:
        number = bound.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        typer.echo(f"http://{shown}:{number} ({chosen.sandbox.described})")
        config = uvicorn.Config(application(chosen.sandbox, token), log_level="warning", lifespan="off")
        await uvicorn.Server(config).serve(sockets=[bound])


async def _confined(setting: str | None) -> "Chosen":
    from pgswarm.actions.sandbox.choose import NoSandbox, choose
    from pgswarm.actions.sandbox.remote import RemoteSandbox
    from pgswarm.actions.sandbox.types import SandboxError
    from pgswarm.cli.exits import BadInputError, CommandError

    try:
        chosen = await choose(setting)
    except SandboxError as error:
        raise BadInputError(str(error)) from None
    if isinstance(chosen.sandbox, RemoteSandbox):
        raise BadInputError("a runner cannot hand its runs on to another", "Unset PGSWARM_SANDBOX, or name a level.")
    if isinstance(chosen.sandbox, NoSandbox):
        raise CommandError(f"no level of the sandbox holds here. {chosen.sandbox.why}", "See: pgswarm sandbox check")
    return chosen


SHORTEST_TOKEN = 16
COLOURS = {"ok": "succeeded", "note": "paused", "fault": "failed"}


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="sandbox")
