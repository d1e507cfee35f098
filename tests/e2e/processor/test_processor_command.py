"""`pgswarm processor` as people start it, and what it says when it cannot work."""

import subprocess
import sys
from typing import Any

import pytest

from support.processors import environment, start_swarm, swarm_ended

UNREACHABLE = 4


def command(url: Any, *arguments: Any) -> Any:
    return subprocess.run(
        [sys.executable, "-m", "pgswarm.cli.main", "processor", *arguments],
        env=environment(url),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.mark.usefixtures("processors")
def test_once_works_until_nothing_is_claimable_and_says_nothing(db: Any) -> None:
    swarm_id = start_swarm(db, "bench/flaky", {"failures": 2})
    ended = command(db.url, "--once", "--log", "error", "--actions", "bench/*")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert swarm_ended(db, swarm_id)["report"] == "succeeded at attempt 3"


@pytest.mark.parametrize("module", ["pgswarm.cli.main", "pgswarm.processor"])
def test_a_database_that_is_not_migrated_is_named_with_the_remedy(empty_db: Any, module: Any) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", module, *(["processor"] if "cli" in module else []), "--once"],
        env=environment(empty_db.url),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ended.returncode == UNREACHABLE
    assert "pgswarm migrate" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_that_is_not_there_is_named_with_the_remedy() -> None:
    ended = command("postgresql://nobody@127.0.0.1:1/none", "--once")
    assert ended.returncode == UNREACHABLE
    assert "PGSWARM_DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("wrong", [["--concurrency", "0"], ["--lease", "0"], ["--nonsense"]])
def test_wrong_arguments_end_with_2(wrong: Any) -> None:
    ended = command("postgresql://nobody@127.0.0.1:1/none", *wrong)
    assert ended.returncode == 2
    assert wrong[0] in ended.stderr
