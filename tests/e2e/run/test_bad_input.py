"""Bad input ends with 2, says which argument is wrong and what to do, and writes nothing."""

import os
import subprocess
from pathlib import Path

import pytest

from support.database import Database
from support.running import COMMAND, environment, pgswarm

WRONG = {
    "unknown action": (("--action", "no/such"), "action no/such is not known"),
    "args out of range": (("--action", "bench/fan_out", "--args", '{"width": -1}'), "args.width"),
    "limit unknown": (("--budget", "apples=3"), "budget.apples is not a limit"),
    "no such file": (("--file", "/none/such.txt"), "--file /none/such.txt"),
    "too many processors": (("--processors", "1000"), "--processors"),
    "unknown option": (("--colour", "red"), "--colour"),
}

OF_SWARMS = "select count(*) from pgswarm.space_entry where swarm_id is not null"


@pytest.mark.parametrize(("arguments", "told"), WRONG.values(), ids=WRONG.keys())
def test_bad_arguments_end_with_2_and_write_nothing(db: Database, arguments: tuple[str, ...], told: str) -> None:
    ended = pgswarm("run", "do it", *arguments, "--json", code=2, PGSWARM_DATABASE_URL=db.url)
    assert told in ended.err
    assert ended.out == ""
    assert db.value("select count(*) from pgswarm.swarm") == 0
    assert db.value(OF_SWARMS) == 0


def test_a_goal_that_is_not_utf_8_ends_with_2(db: Database) -> None:
    command = [*map(os.fsencode, COMMAND), b"run", b"caf\xe9"]
    ended = subprocess.run(
        command, env=environment(PGSWARM_DATABASE_URL=db.url), capture_output=True, check=False, timeout=60
    )
    assert ended.returncode == 2
    assert b"GOAL is not UTF-8 text (at character 4)" in ended.stderr
    assert db.value("select count(*) from pgswarm.swarm") == 0


def test_a_goal_of_a_megabyte_from_standard_input_ends_with_2(db: Database) -> None:
    ended = pgswarm("run", "-", typed="x" * 1_000_000, code=2, PGSWARM_DATABASE_URL=db.url)
    assert "GOAL is 1,000,000 bytes long, the limit is 100,000" in ended.err


def test_a_model_set_wrong_in_the_environment_ends_with_2(db: Database) -> None:
    ended = pgswarm("run", "do it", code=2, PGSWARM_DATABASE_URL=db.url, OPENAI_BASE_URL="nonsense")
    assert "OPENAI_BASE_URL" in ended.err


def test_a_second_file_that_cannot_be_stored_leaves_nothing_of_the_first(db: Database, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("good")
    (tmp_path / "b.txt").write_bytes(b"%PDF-1.7 bad")
    ended = pgswarm(
        *("run", "do it", "--file", str(tmp_path / "a.txt"), "--file", str(tmp_path / "b.txt")),
        code=2,
        PGSWARM_DATABASE_URL=db.url,
    )
    assert "b.txt is a PDF" in ended.err
    assert db.value(OF_SWARMS) == 0
