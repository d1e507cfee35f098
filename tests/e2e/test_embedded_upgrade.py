"""Data of an older PostgreSQL are brought to this one, whole, and the old ones are kept."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgswarm.cli.embedded import Home, ensure_running, server_state, stop_server
from pgswarm.cli.embedded.account import Account
from pgswarm.cli.embedded.lock import is_held
from pgswarm.migrations import upgrade
from support.command import DEADLINE_S, ME, Person, ordinary_user
from support.old_home import make_old_home, old_programs, old_server
from support.wait import wait_until

OLD = old_programs()
FOLD = "select n.* from pgswarm.node n order by swarm_id, node_id"
EVERY = (FOLD, "select * from pgswarm.event order by swarm_id, seq", "select * from pgswarm.ready order by node_id")


def rows(url: str, *queries: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        return [connection.execute(query.encode()).fetchall() for query in queries]


def fill(url: str) -> list[Any]:
    """Migrate the old database and leave a swarm at work in it; return what must be there afterwards."""
    upgrade(url)
    ME.pgswarm("processor", "--once", PGSWARM_DATABASE_URL=url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select pgswarm.start_swarm('ended', 'bench/fan_out', '{\"width\": 4, \"depth\": 2}')")
        connection.execute("select pgswarm.start_swarm('asks', 'bench/ask')")
    ME.pgswarm("processor", "--once", PGSWARM_DATABASE_URL=url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select pgswarm.start_swarm('waits', 'bench/noop')")
        connection.execute("create role \"a person\" login password 'secret' in role pgswarm_api")
        connection.execute("alter database pgswarm set work_mem = '7MB'")
        connection.execute("create table public.mine as select 'Grüße' as word")
        connection.execute('create database "an other"')
    with psycopg.connect(url.replace("/pgswarm?", "/an%20other?"), autocommit=True) as connection:
        connection.execute("create table kept as select generate_series(1, 1000) as n")
    return rows(url, *EVERY)


def upgraded(person: Person, home: Home, *more: str) -> dict[str, Any]:
    """Upgrade and return what was said on standard output; progress is on the other."""
    with person.start("db", "upgrade", "--json", *more, PGSWARM_HOME=str(home.root)) as process:
        out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, err
    return dict(json.loads(out))


@pytest.mark.parametrize("major", OLD)
def test_an_upgrade_brings_everything_over_and_keeps_the_old_data(home: Home, major: int) -> None:
    account = make_old_home(home, OLD[major])
    with old_server(home, account, OLD[major]) as url:
        before = fill(url)
    assert "pgswarm db upgrade" in ME.pgswarm("db", "start", code=4, PGSWARM_HOME=str(home.root))
    told = upgraded(ME, home, "--old-programs", str(OLD[major]))
    assert told == {"server": True, "old_data": str(home.postgres / f"data-{major}"), "migrated": False}
    new = ensure_running(home).url
    assert rows(new, *EVERY) == before
    assert rows(new, "select * from pgswarm.check_invariants()", "show work_mem", "select word from mine") == [
        *([], [("7MB",)], [("Grüße",)])
    ]
    assert rows(
        new,
        "select rolcanlogin, pg_has_role('a person', 'pgswarm_api', 'member') from pg_roles where rolname = 'a person'",
    ) == [[(True, True)]]
    assert rows(new.replace("/pgswarm?", "/an%20other?"), "select count(*) from kept") == [[(1000,)]]
    assert (Path(told["old_data"]) / "PG_VERSION").read_text().strip() == str(major)
    assert home.data.stat().st_uid == account.uid
    assert sorted(path.name for path in home.postgres.glob("*upgrade*")) == []
    ME.pgswarm("processor", "--once", PGSWARM_HOME=str(home.root))
    assert rows(new, "select outcome from pgswarm.swarm where goal = 'waits'") == [[("succeeded",)]]
    assert upgraded(ME, home) == {"server": False, "old_data": None, "migrated": False}


def test_an_ordinary_user_upgrades_too(folder: Path) -> None:
    person = ordinary_user(folder / "for-others")
    major = min(OLD)
    home = Home(folder / "home")
    home.root.mkdir()
    os.chown(home.root, person.uid, -1)
    account = make_old_home(home, OLD[major])
    assert account.uid == person.uid
    with old_server(home, account, OLD[major]) as url:
        upgrade(url)
    upgraded(person, home, "--old-programs", str(OLD[major]))
    assert {path.stat().st_uid for path in home.root.rglob("*")} == {person.uid}
    assert person.json("db", "status", PGSWARM_HOME=str(home.root))["running"]


def test_an_upgrade_that_is_killed_leaves_the_old_data_and_no_server(home: Home) -> None:
    major = min(OLD)
    account = make_old_home(home, OLD[major])
    with old_server(home, account, OLD[major]) as url:
        upgrade(url)
    with ME.start("db", "upgrade", "--old-programs", str(OLD[major]), PGSWARM_HOME=str(home.root)) as process:
        wait_until(lambda: [*home.postgres.glob("unfinished-*/PG_VERSION")], "the new data are being made")
        wait_until(lambda: is_held(home.server_lock), "the old server runs")
        os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not is_held(home.server_lock), "the old server has ended with the command")
    assert (home.data / "PG_VERSION").read_text().strip() == str(major)
    told = upgraded(ME, home, "--old-programs", str(OLD[major]))
    assert told["server"]
    assert server_state(home) is not None


def test_a_kill_between_the_two_renames_is_mended_at_the_next_start(home: Home) -> None:
    url = ensure_running(home).url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table kept as select 7 as n")
    stop_server(home)
    home.data.rename(home.upgraded)
    assert ensure_running(home).url == url
    assert rows(url, "select n from kept") == [[(7,)]]
    assert not home.upgraded.exists()


def test_data_whose_programs_are_not_here_are_left_alone(home: Home) -> None:
    account: Account = home.prepare()
    home.data.mkdir(0o700)
    (home.data / "PG_VERSION").write_text("11\n")
    os.chown(home.data, account.uid, account.gid)
    said = ME.pgswarm("db", "upgrade", code=4, PGSWARM_HOME=str(home.root))
    assert "postgresql-11" in said
    assert "--old-programs" in said
    assert [path.name for path in home.data.iterdir()] == ["PG_VERSION"]
