"""From what was raised to a message, a remedy and an exit code."""

import psycopg
import pytest

from pgswarm.cli.commands.steer import parse_budget
from pgswarm.cli.database import named_url
from pgswarm.cli.exits import BadInputError, CommandError, Exit
from pgswarm.cli.failures import describe, hidden
from pgswarm.schema.errors import ConflictError, DatabaseVersionError, InvalidInputError, NotFoundError, PgswarmError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInputError("goal is empty", hint="say what is to be done"), Exit.BAD_INPUT),
        (NotFoundError("no such swarm"), Exit.BAD_INPUT),
        (ConflictError("has terminated"), Exit.FAILED),
        (DatabaseVersionError("PostgreSQL 14 is too old", hint="15 or newer"), Exit.UNREACHABLE),
        (psycopg.OperationalError("connection failed: Connection refused"), Exit.UNREACHABLE),
        (psycopg.ProgrammingError('invalid URI query parameter: "foo"'), Exit.BAD_INPUT),
    ],
)
def test_errors_become_the_exit_codes_of_the_contract(error: Exception, code: Exit) -> None:
    told = describe(error)
    assert told is not None
    assert told.code == code
    assert told.message
    if isinstance(error, PgswarmError):
        assert told.remedy == (error.hint or "")


def test_a_fault_of_our_own_is_not_dressed_up() -> None:
    assert describe(ZeroDivisionError("division by zero")) is None
    assert describe(psycopg.ProgrammingError("the last operation didn't produce records")) is not None


def test_a_connection_that_fails_is_told_with_a_remedy_that_fits() -> None:
    told = describe(psycopg.OperationalError('connection failed: FATAL:  database "x" does not exist'))
    assert isinstance(told, CommandError)
    assert "createdb" in told.remedy


def test_passwords_are_never_shown() -> None:
    said = hidden("see postgresql://me:s3cret@host/db and postgresql://me@host/db?password=an0ther")
    assert "s3cret" not in said
    assert "an0ther" not in said
    assert "me:***@host" in said


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("postgres://me@host/db", "postgresql://me@host/db"),
        ("postgresql+psycopg://me@host/db", "postgresql://me@host/db"),
        ("  ", None),
    ],
)
def test_urls_are_taken_in_the_forms_that_people_have(
    monkeypatch: pytest.MonkeyPatch, given: str, url: str | None
) -> None:
    monkeypatch.setenv("PGSWARM_DATABASE_URL", given)
    assert named_url() == url


@pytest.mark.parametrize("given", ["mysql://me@host/db", "host=here dbname=db", "a name"])
def test_what_is_no_url_of_postgresql_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PGSWARM_DATABASE_URL", given)
    with pytest.raises(BadInputError, match="PGSWARM_DATABASE_URL"):
        named_url()


def test_budgets_are_read_from_one_option() -> None:
    assert parse_budget("") == {}
    assert parse_budget("nodes=300, tokens = 50000,cost_usd=2.5") == {"nodes": 300, "tokens": 50000, "cost_usd": 2.5}


@pytest.mark.parametrize("given", ["nodes", "nodes=", "nodes=many", "nodes=-1", "nodes=1e9", "=3", "nodes=nan"])
def test_budgets_that_are_none_are_refused(given: str) -> None:
    with pytest.raises(BadInputError, match="is not a limit"):
        parse_budget(given)
