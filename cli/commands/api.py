"""`pgswarm api`: the HTTP API."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    import socket

    from pgswarm.api.settings import ApiSettings

Host = Annotated[
    str | None, typer.Option("--host", help="The address to listen on; 0.0.0.0: every one.", show_default="127.0.0.1")
]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65_535, help="0: a free one.", show_default="8000")]
ClosedSignup = Annotated[bool, typer.Option("--closed-signup", help="Nobody can make an account of their own.")]
Log = Annotated[
    Literal["debug", "info", "warning", "error"], typer.Option("--log", help="What is said on standard error.")
]


def api(*, host: Host = None, port: Port = None, closed_signup: ClosedSignup = False, log: Log = "warning") -> None:
    r"""Serve the HTTP API on the database. Start as many as you like, behind any proxy.

    SIGTERM and Ctrl-C end it in order: requests have 10 seconds to end. Its address is the first line of its output,
    once it serves.
    See the documentation (docs/api.md) for the settings that it takes from the environment.

    \b
    Examples:
      pgswarm api
      pgswarm api --host 0.0.0.0 --port 8080 --closed-signup
    """
    from pgswarm.api.server import serve
    from pgswarm.api.sockets import address
    from pgswarm.cli.database import ready_url
    from pgswarm.processor.logs import set_up

    set_up(log)
    settings = api_settings(ready_url(), host=host, port=port, closed_signup=closed_signup or None)
    with bound_to(settings.host, settings.port) as bound:
        serve(settings, bound, ready=lambda: typer.echo(address(bound)))


def api_settings(database_url: str, **given: Any) -> "ApiSettings":
    """Return the API's settings; raise `BadInputError` that names the variable which is wrong."""
    from pydantic import ValidationError

    from pgswarm.api.settings import PREFIX, ApiSettings
    from pgswarm.cli.exits import BadInputError

    try:
        return ApiSettings.from_environment(**{**given, "database_url": database_url})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        named = PREFIX + ".".join(map(str, first["loc"])).upper()
        raise BadInputError(f"{named}: {first['msg'].lower()}", "Correct it, or unset it for the default.") from None


def bound_to(host: str, port: int) -> "socket.socket":
    """Return a socket that listens there; raise `BadInputError` where it cannot be had."""
    from pgswarm.api.sockets import bind
    from pgswarm.cli.exits import BadInputError

    try:
        return bind(host, port)
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise BadInputError(f"cannot listen on {host}:{port}: {said}", "Give another --host or --port.") from None


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command()(api)
