"""One check's finding, and the rule that no check ends the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import psycopg

from pgswarm.actions.models.errors import ModelError
from pgswarm.cli.exits import CommandError
from pgswarm.cli.failures import describe
from pgswarm.cli.output import one_line
from pgswarm.schema.errors import PgswarmError

EXPECTED = (CommandError, PgswarmError, ModelError, psycopg.Error, OSError)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `remedy` is empty where there is nothing to do."""

    check: str
    state: Literal["ok", "note", "fault"]
    detail: str
    remedy: str = ""


def guarded(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield what a check finds; what keeps it from looking is its finding."""
    try:
        yield from check()
    except EXPECTED as error:
        told = describe(error)
        if told is None:
            remedy = "Was the database changed by hand? Else this is a fault in pgswarm: please report it."
            yield Finding(name, "fault", one_line(str(error)), remedy)
        else:
            yield Finding(name, "fault", told.message, told.remedy)
