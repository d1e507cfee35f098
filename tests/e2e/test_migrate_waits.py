"""`pgswarm migrate --wait`, which a compose file needs: the database comes up beside it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from support.database import Database

COMMAND = [sys.executable, "-P", "-m", "pgswarm.cli.main", "migrate"]


@contextmanager
def migrating(url: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PGSWARM_DATABASE_URL": url}
    with subprocess.Popen([*COMMAND, *options], env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_migrate_waits_for_a_database_that_is_not_there_yet(empty_db: Database) -> None:
    empty_db.drop()
    with migrating(empty_db.url, "--wait", "30") as process:
        assert process.stderr is not None
        assert "Waiting up to 30 s" in process.stderr.readline()
        empty_db.make()
        assert process.wait(timeout=60) == 0
    assert empty_db.value("select count(*) from pgswarm.node") == 0


def test_migrate_gives_up_with_exit_code_4_when_the_wait_is_over() -> None:
    with migrating("postgresql://nobody@127.0.0.1:1/none", "--wait", "0.1") as process:
        assert process.wait(timeout=60) == 4
