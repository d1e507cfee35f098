"""Typed errors: what the verbs refuse, by SQLSTATE. Every message names the field and the remedy."""

from typing import ClassVar

import psycopg


class PgswarmError(Exception):
    """Base of every error that pgswarm raises on purpose. `field` names what was wrong, `hint` says what to do."""

    sqlstate: ClassVar[str | None] = None

    def __init__(self, message: str, *, field: str | None = None, hint: str | None = None) -> None:
        """Take a sentence, the field that it is about, and the remedy."""
        super().__init__(message)
        self.message = message
        self.field = field
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class InvalidInputError(PgswarmError):
    """An argument is not what it must be; nothing was written."""

    sqlstate = "PS422"


class NotFoundError(PgswarmError):
    """There is no such id, or it is another's."""

    sqlstate = "PS404"


class ConflictError(PgswarmError):
    """The state does not allow it now."""

    sqlstate = "PS409"


class DirectWriteError(PgswarmError):
    """What the caller may not do: write a table past the verbs, or what only an admin may."""

    sqlstate = "PS403"


class IllegalTransitionError(PgswarmError):
    """A status cannot follow another."""

    sqlstate = "PS405"


class DatabaseUnreachableError(PgswarmError):
    """The database does not answer."""


class DatabaseVersionError(PgswarmError):
    """The database is of a version that this pgswarm does not work with."""


_BY_SQLSTATE: dict[str, type[PgswarmError]] = {
    error.sqlstate: error
    for error in (InvalidInputError, NotFoundError, ConflictError, DirectWriteError, IllegalTransitionError)
    if error.sqlstate is not None
}


class DatabaseRightsError(PgswarmError):
    """The database account may not do what is needed."""


def translate(error: psycopg.Error) -> PgswarmError | None:
    """Return the typed error for what the database raised; None where it is not one of ours."""
    kind = _BY_SQLSTATE.get(error.sqlstate or "")
    if kind is not None:
        return kind(
            error.diag.message_primary or str(error), field=error.diag.message_detail, hint=error.diag.message_hint
        )
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return DatabaseUnreachableError(
            f"the database does not answer: {str(error).strip().splitlines()[0]}",
            hint="check PGSWARM_DATABASE_URL and that the server runs",
        )
    return None
