"""What most tests of the verbs need: a database in which the test's actions are registered, and a worker."""

from collections.abc import Iterator

import pytest

from support.database import Database
from support.verbs import Conn, Worker, register


@pytest.fixture
def conn(db: Database) -> Conn:
    """The test's own connection; the actions are registered."""
    register(db.conn)
    return db.conn


@pytest.fixture
def worker(conn: Conn) -> Worker:
    """A worker on the test's own connection."""
    return Worker(conn)


@pytest.fixture
def other(db: Database, conn: Conn) -> Iterator[Worker]:
    """A second worker, on a connection of its own; asked for with `conn`, whose actions it needs."""
    del conn
    with db.connect() as own:
        yield Worker(own)
