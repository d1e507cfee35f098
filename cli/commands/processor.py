"""`pgswarm processor`: one worker process."""

import os
from typing import Annotated, Literal

import typer

from pgswarm.cli.options import Sandbox

Concurrency = Annotated[int, typer.Option("--concurrency", min=1, max=10_000, help="Activations at the same time.")]
Actions = Annotated[
    list[str] | None,
    typer.Option(
        "--actions", metavar="PATTERN", help="Only these actions, as in 'code/*'; may be given several times."
    ),
]
Lease = Annotated[
    float, typer.Option("--lease", metavar="SECONDS", min=0.5, max=3600, help="Silence after which others take over.")
]
Grace = Annotated[
    float, typer.Option("--grace", metavar="SECONDS", min=0, max=3600, help="What actions have to end after SIGTERM.")
]
Once = Annotated[bool, typer.Option("--once", help="End when nothing is claimable: for cron and serverless.")]
Log = Annotated[
    Literal["debug", "info", "warning", "error"], typer.Option("--log", help="What is said on standard error.")
]


def processor(
    *,
    concurrency: Concurrency = 64,
    actions: Actions = None,
    lease_s: Lease = 15.0,
    grace_s: Grace = 10.0,
    once: Once = False,
    sandbox: Sandbox = None,
    log: Log = "warning",
) -> None:
    r"""Claim nodes, run their actions and commit what these decide. Start as many as you like.

    SIGTERM and Ctrl-C end it in order: it claims nothing more, lets actions end, and gives the rest back. A second
    signal ends it at once; others then take over when its lease ends.

    PGSWARM_NOTIFY_PAYLOAD=none tells nobody which swarm has news, for databases shared with others.

    \b
    Examples:
      pgswarm processor
      pgswarm processor --concurrency 8 --actions 'code/*'
      pgswarm processor --once
    """
    del sandbox  # its callback has set it
    from pgswarm.cli.database import ready_url
    from pgswarm.processor.logs import set_up
    from pgswarm.processor.main import work
    from pgswarm.processor.settings import Settings

    set_up(log)
    settings = Settings(
        database_url=ready_url(),
        concurrency=concurrency,
        actions=tuple(actions or ()),
        lease_s=lease_s,
        grace_s=grace_s,
        once=once,
        notify=os.environ.get("PGSWARM_NOTIFY_PAYLOAD") != "none",
    )
    raise typer.Exit(work(settings))


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command()(processor)
