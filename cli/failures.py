"""What was raised, as people read it: a message, a remedy, an exit code. The one place where errors become codes.

Rule: an error that pgswarm raises on purpose is told in a sentence or two; anything else is a fault of pgswarm's and
keeps its traceback.
"""

import re
import sys
from typing import TYPE_CHECKING

from pgswarm.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    import psycopg

PASSWORD = re.compile(r"(://[^:@/\s]*:)[^@\s]*(?=@)|((?:password|passwd|pwd)=)[^&\s]+")
# libpq gives no SQLSTATE for a failed connection, only words
CONNECTING = (
    (r"Connection refused|No such file or directory", "Is the server running there? See PGSWARM_DATABASE_URL."),
    (r"timeout|timed out", "Is the host right, and does a firewall let you through? See PGSWARM_DATABASE_URL."),
    (r"could not translate|Name or service not known|resolve", "See the host's name in PGSWARM_DATABASE_URL."),
    (r"authentication failed|no password supplied", "See the user and the password in PGSWARM_DATABASE_URL."),
    (r'database ".*" does not exist', "Make it (`createdb`), or name another in PGSWARM_DATABASE_URL."),
    (r'role ".*" does not exist', "See the user's name in PGSWARM_DATABASE_URL."),
    (
        r"too many clients|remaining connection slots",
        "Too many connections are open: try again, or raise max_connections.",
    ),
    (r"starting up|shutting down|recovery mode", "Try again in a moment."),
)


def describe(error: BaseException) -> CommandError | None:
    """Return what to tell about `error`; None where it is a fault of pgswarm's own."""
    if isinstance(error, CommandError):
        return error
    if "pgswarm.actions.models.errors" in sys.modules:
        from pgswarm.actions.models.errors import ModelError

        if isinstance(error, ModelError):
            return CommandError(str(error), code=Exit.BAD_INPUT if error.code == "model_settings" else Exit.UNREACHABLE)
    if "psycopg" not in sys.modules:  # nothing of it can have been raised, and importing it takes a while
        return None
    import psycopg

    from pgswarm.schema.errors import PgswarmError, translate

    found: BaseException | None = error
    if isinstance(error, psycopg.Error):
        if error.sqlstate is None:
            return _without_state(error)
        told = _of_the_server(error)
        if told is not None:
            return told
        found = translate(error)
    return CommandError(found.message, found.hint or "", _code(found)) if isinstance(found, PgswarmError) else None


def hidden(text: str) -> str:
    """Return the text with the passwords in URLs replaced."""
    return PASSWORD.sub(r"\1\2***", text)


def _without_state(error: "psycopg.Error") -> CommandError | None:
    """Tell what went wrong before a server could answer with an SQLSTATE: the URL, or the way to the server."""
    import psycopg

    if isinstance(error, psycopg.ProgrammingError):
        return CommandError(hidden(str(error)), "See PGSWARM_DATABASE_URL.", Exit.BAD_INPUT)
    if not isinstance(error, psycopg.OperationalError):
        return None
    said = hidden(str(error))
    first = next((line.strip() for line in said.splitlines() if line.strip()), "no answer")
    remedy = next((remedy for pattern, remedy in CONNECTING if re.search(pattern, said)), "See PGSWARM_DATABASE_URL.")
    return CommandError(f"the database cannot be reached: {first}", remedy, Exit.UNREACHABLE)


def _of_the_server(error: "psycopg.Error") -> CommandError | None:
    """Tell what the server refused for reasons of its own."""
    from psycopg import errors

    said = error.diag.message_primary
    if isinstance(error, errors.InsufficientPrivilege):
        return CommandError(f"the database does not allow it: {said}", "Use an account with more rights.")
    if isinstance(error, errors.QueryCanceled | errors.OperationalError):
        return CommandError(f"the database gave up: {said}", "See its load, its disk and its log.", Exit.UNREACHABLE)
    return None


def _code(error: BaseException) -> Exit:
    from pgswarm.schema import errors

    if isinstance(error, errors.InvalidInputError | errors.NotFoundError):
        return Exit.BAD_INPUT
    if isinstance(error, errors.DatabaseUnreachableError | errors.DatabaseVersionError):
        return Exit.UNREACHABLE
    return Exit.FAILED
