"""The embedded server: made, started, found, stopped."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from pgswarm.cli.embedded import Home, ensure_running, server_state, stop_server
from pgswarm.cli.embedded.settings import MOST_BUFFERS_MB
from support.command import ME
from support.wait import wait_until


def value(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return None if row is None else row[0]


def test_first_start_makes_a_database_that_is_durable(home: Home) -> None:
    url = ensure_running(home).url
    settings = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums", "server_encoding")
    assert [value(url, f"show {name}") for name in settings] == ["on", "on", "on", "on", "UTF8"]
    assert value(url, "show listen_addresses") == ""
    assert value(url, "show max_connections") == "200"
    assert value(url, "select current_database()") == "pgswarm"
    assert int(str(value(url, "select setting::int * 8 / 1024 from pg_settings where name = 'shared_buffers'"))) >= 16
    assert MOST_BUFFERS_MB == 256


def test_a_running_server_is_found_and_not_started_again(home: Home) -> None:
    first = ME.json("db", "start", PGSWARM_HOME=str(home.root))
    assert ME.json("db", "start", PGSWARM_HOME=str(home.root)) == first
    status = ME.json("db", "status", PGSWARM_HOME=str(home.root))
    assert (status["running"], status["pid"], status["url"]) == (True, first["pid"], first["url"])
    assert ME.json("db", "url", PGSWARM_HOME=str(home.root)) == {"url": first["url"]}


def test_data_are_there_after_stop_and_start_under_the_same_url(home: Home) -> None:
    url = ensure_running(home).url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table kept as select 7 as n")
    assert ME.json("db", "stop", PGSWARM_HOME=str(home.root))["stopped"]
    assert server_state(home) is None
    assert ensure_running(home).url == url
    assert value(url, "select n from kept") == 7


def test_stop_says_whether_there_was_a_server(home: Home) -> None:
    assert "not running" in ME.pgswarm("db", "stop", PGSWARM_HOME=str(home.root)).lower()
    assert not home.root.exists()
    ensure_running(home)
    assert stop_server(home)
    assert not stop_server(home)
    assert "Not running" in ME.pgswarm("db", "status", PGSWARM_HOME=str(home.root))


def test_first_starts_at_the_same_time_make_one_server(home: Home) -> None:
    starting = [ME.start("db", "start", "--json", PGSWARM_HOME=str(home.root)) for _ in range(4)]
    said = [process.communicate(timeout=60) for process in starting]
    assert [process.returncode for process in starting] == [0] * 4, said
    assert len({out for out, _ in said}) == 1
    assert [path.name for path in home.postgres.glob("unfinished-*")] == []


def test_starts_and_stops_at_the_same_time_do_not_disturb_each_other(home: Home) -> None:
    ensure_running(home)
    verbs = ("stop", "start", "stop", "start", "start", "stop")
    running = [ME.start("db", verb, PGSWARM_HOME=str(home.root)) for verb in verbs]
    said = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0] * len(verbs), said
    assert value(ensure_running(home).url, "select 1") == 1


def test_server_outlives_the_command_that_started_it(home: Home) -> None:
    script = (
        "import time, pgswarm.cli.embedded as e; print(e.ensure_running(e.find_home()).pid, flush=True); time.sleep(99)"
    )
    with ME.run_python("-c", script, PGSWARM_HOME=str(home.root)) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        os.killpg(process.pid, signal.SIGINT)  # a Ctrl-C in its terminal
        os.killpg(process.pid, signal.SIGKILL)
    running = wait_until(lambda: server_state(home), "the server still runs")
    assert running.pid == pid
    assert value(running.url, "select 1") == 1


@pytest.mark.parametrize("name", ['a "b" \\ é%20', "comma, and more", "x" * 120])
def test_any_name_of_a_home_works(folder: Path, name: str) -> None:
    home = Home(folder / name)
    url = ensure_running(home).url
    assert value(url, "select 1") == 1
    assert ME.json("db", "url", PGSWARM_HOME=str(home.root)) == {"url": url}


def test_settings_in_the_configuration_file_survive_a_start(home: Home) -> None:
    ensure_running(home)
    stop_server(home)
    with (home.data / "postgresql.conf").open("a") as file:
        file.write("\nwork_mem = 7MB\nfsync = off\n")
    url = ensure_running(home).url
    assert value(url, "show work_mem") == "7MB"
    assert value(url, "show fsync") == "on"  # never for speed
