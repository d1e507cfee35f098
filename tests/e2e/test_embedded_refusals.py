"""What the embedded server cannot do, and what it says about it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pgswarm.cli.embedded import Home, ensure_running, stop_server
from support.command import ME, SOURCE, ordinary_user


def test_a_home_that_is_a_file_is_a_bad_argument(folder: Path) -> None:
    (folder / "file").touch()
    said = ME.pgswarm("db", "start", code=2, PGSWARM_HOME=str(folder / "file"))
    assert "not a directory" in said


def test_a_home_with_control_characters_is_a_bad_argument(folder: Path) -> None:
    assert "control character" in ME.pgswarm("db", "start", code=2, PGSWARM_HOME=f"{folder}/a\nb")


def test_a_home_that_cannot_be_written_is_told_with_the_remedy(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(0o555)
    said = ordinary_user(folder / "for-others").pgswarm("db", "start", code=4, PGSWARM_HOME=str(closed / "home"))
    assert "Permission denied" in said
    assert "Set PGSWARM_HOME" in said
    assert list(closed.iterdir()) == []


def test_data_of_another_major_version_are_left_alone(home: Home) -> None:
    ensure_running(home)
    stop_server(home)
    (home.data / "PG_VERSION").write_text("17\n")
    said = ME.pgswarm("db", "start", code=4, PGSWARM_HOME=str(home.root))
    assert "of PostgreSQL 17" in said
    assert "PostgreSQL 18" in said
    assert (home.data / "PG_VERSION").read_text() == "17\n"


def test_a_directory_that_holds_something_else_is_left_alone(home: Home) -> None:
    home.data.mkdir(parents=True)
    (home.data / "letters.txt").write_text("dear all")
    said = ME.pgswarm("db", "start", code=4, PGSWARM_HOME=str(home.root))
    assert "not a PostgreSQL data directory" in said
    assert [path.name for path in home.data.iterdir()] == ["letters.txt"]


def test_an_error_in_the_configuration_is_quoted(home: Home) -> None:
    ensure_running(home)
    stop_server(home)
    with (home.data / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    said = ME.pgswarm("db", "start", code=4, PGSWARM_HOME=str(home.root))
    assert "no_such_setting" in said
    assert "postgresql.conf" in said


def test_a_full_disk_is_told_and_leaves_nothing_half_made(folder: Path) -> None:
    disk = folder / "disk"
    disk.mkdir()
    script = 'mount -t tmpfs -o size=24m,mode=755 small "$1" || exit 99; shift; "$@"; code=$?; ls -A "$0"/*; exit $code'
    command = [sys.executable, "-P", "-m", "pgswarm.cli.main", "db", "start"]
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare (util-linux), to make a small disk that nobody else sees")
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, str(disk / "home"), str(disk), *command],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(SOURCE), "PGSWARM_HOME": str(disk / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode in {1, 99} and "pgswarm" not in done.stderr:
        pytest.skip(f"this machine lets nobody mount a small disk: {done.stderr.strip()}")
    assert done.returncode == 4, done.stderr
    assert "the disk is full" in done.stderr
    assert "Free some space" in done.stderr
    assert "unfinished-" not in done.stdout
    assert "data" not in done.stdout.split()
