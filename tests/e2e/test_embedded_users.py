"""The embedded server as root, as an ordinary user, and towards everybody else."""

import os
import signal
import stat
import subprocess
from pathlib import Path

import psycopg
import pytest

from pgswarm.cli.embedded import Home, ensure_running, find_home, server_state, stop_server
from pgswarm.cli.embedded import programs as programs_module
from pgswarm.cli.embedded.account import Account
from pgswarm.cli.embedded.programs import find_programs
from support.command import Person, ordinary_user
from support.wait import wait_until

STRANGER = 54321  # no such user on any machine


def permissions(path: Path) -> dict[Path, tuple[int, int, int]]:
    return {p: (s.st_mode, s.st_uid, s.st_gid) for p in [path, *path.parents] for s in [p.stat()]}


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755, 0o777, 0o1777])
def test_no_directory_that_was_there_changes_its_permissions(folder: Path, mode: int) -> None:
    home = Home(folder / "there" / "home")
    home.postgres.mkdir(parents=True)
    for path in (home.root.parent, home.root, home.postgres):
        path.chmod(mode)
    before = permissions(home.postgres)
    running = ensure_running(home)
    with psycopg.connect(running.url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert permissions(home.postgres) == before
    stop_server(home)
    assert permissions(home.postgres) == before


@pytest.mark.usefixtures("as_root")
def test_root_can_use_a_home_that_is_closed_to_others(folder: Path) -> None:
    home = Home(folder / "closed")
    home.root.mkdir(0o700)
    running = ensure_running(home)
    assert home.data.stat().st_uid != 0
    with psycopg.connect(running.url, autocommit=True) as connection:
        connection.execute("create table kept as select 7 as n")
    os.kill(running.pid, signal.SIGKILL)
    wait_until(lambda: server_state(home) is None, "the server has gone")
    with psycopg.connect(ensure_running(home).url) as connection:
        assert connection.execute("select n from kept").fetchone() == (7,)
    assert stop_server(home)
    assert not running.socket_folder.exists()


@pytest.mark.usefixtures("as_root")
def test_root_works_for_the_owner_of_the_home_and_leaves_nothing_of_its_own(folder: Path) -> None:
    person = ordinary_user(folder / "for-others")
    home = Home(folder / "home")
    home.root.mkdir()
    os.chown(home.root, person.uid, person.uid)
    ensure_running(home)
    stop_server(home)
    assert {path.stat().st_uid for path in home.root.rglob("*")} == {person.uid}
    assert person.json("db", "start", PGSWARM_HOME=str(home.root))["running"]
    assert person.json("db", "stop", PGSWARM_HOME=str(home.root))["stopped"]


def test_an_ordinary_user_starts_and_stops_a_server(folder: Path) -> None:
    person = ordinary_user(folder / "for-others")
    own = folder / "own"
    own.mkdir()
    os.chown(own, person.uid, -1)
    home = Home(own / "home")
    url = person.json("db", "start", PGSWARM_HOME=str(home.root))["url"]
    with psycopg.connect(url) as connection:  # root, or the same user
        assert connection.execute("select 1").fetchone() == (1,)
    assert home.data.stat().st_uid == person.uid
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
    assert person.json("db", "stop", PGSWARM_HOME=str(home.root))["stopped"]


@pytest.mark.usefixtures("as_root")
def test_other_users_reach_neither_the_socket_nor_the_data(home: Home) -> None:
    running = ensure_running(home)
    for path in (running.socket_folder / ".s.PGSQL.5432", home.data / "PG_VERSION", home.log, home.start_lock):
        assert path.exists()
        seen = subprocess.run(["test", "-r", str(path)], user=STRANGER, group=STRANGER, extra_groups=[], check=False)
        assert seen.returncode == 1, path


@pytest.mark.usefixtures("as_root")
def test_a_socket_folder_that_others_can_enter_is_refused(folder: Path) -> None:
    home = Home(folder / "home")
    ensure_running(home)
    stop_server(home)
    run = home.postgres / "run"
    run.mkdir()
    run.chmod(0o777)
    said = Person(0).pgswarm("db", "start", code=4, PGSWARM_HOME=str(home.root))
    assert str(run) in said
    assert "closed to others" in said


@pytest.mark.usefixtures("as_root")
def test_a_user_without_an_entry_in_passwd_is_told_so(folder: Path) -> None:
    known = ordinary_user(folder / "for-others")
    nameless = Person(STRANGER, known.python, known.path)
    own = folder / "own"
    own.mkdir()
    os.chown(own, STRANGER, STRANGER)
    said = nameless.pgswarm("db", "start", code=4, PGSWARM_HOME=str(own / "home"))
    assert f"user id {STRANGER} has no entry in /etc/passwd" in said
    assert "useradd" in said


@pytest.mark.usefixtures("as_root")
def test_another_users_home_is_refused(folder: Path) -> None:
    home = Home(folder / "home")
    ensure_running(home)
    person = ordinary_user(folder / "for-others")
    said = person.pgswarm("db", "start", code=4, PGSWARM_HOME=str(home.root))
    assert "PGSWARM_HOME" in said


@pytest.mark.usefixtures("as_root")
def test_programs_that_the_account_cannot_reach_are_copied_for_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(65534, 65534)
    own = folder / "system"
    monkeypatch.setattr(programs_module, "system_directory", lambda: own)
    really = Account.can_use
    monkeypatch.setattr(Account, "can_use", lambda self, path: path.is_relative_to(own) and really(self, path))
    first = find_programs(account, folder)
    assert first.is_relative_to(own)
    assert find_programs(account, folder) == first
    for program in ("postgres", "initdb", "pg_dump"):  # the last two need the libraries beside them
        process = account.start([str(first / program), "--version"], stdout=subprocess.PIPE)
        said, _ = process.communicate(timeout=30)
        assert b"PostgreSQL" in said
    assert [path.name for path in own.iterdir()] == [first.parents[2].name]


@pytest.mark.usefixtures("as_root")
def test_the_home_of_root_is_one_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGSWARM_HOME", raising=False)
    assert not str(find_home().root).startswith("/root")
