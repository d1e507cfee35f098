"""The embedded server after kill -9 of whatever there is to kill."""

import os
import signal
import subprocess
from pathlib import Path

import psutil
import psycopg

from pgswarm.cli.embedded import Home, ensure_running, server_state, stop_server
from pgswarm.cli.embedded.lock import is_held
from support.command import ME
from support.wait import wait_until


def keep_a_row(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table kept as select 7 as n")


def kept_row(url: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("select n from kept").fetchone()
    return None if row is None else row[0]


def test_committed_rows_survive_a_kill_of_the_server(home: Home) -> None:
    running = ensure_running(home)
    keep_a_row(running.url)
    os.kill(running.pid, signal.SIGKILL)
    wait_until(lambda: server_state(home) is None, "the server has gone")
    again = ensure_running(home)
    assert again.pid != running.pid
    assert kept_row(again.url) == 7


def test_committed_rows_survive_a_kill_of_all_its_processes_with_a_client_at_work(home: Home) -> None:
    running = ensure_running(home)
    keep_a_row(running.url)
    busy = psycopg.connect(running.url)
    busy.execute("create table half_done as select 1")
    parent = psutil.Process(running.pid)
    parent.suspend()  # or it would replace its children as they die
    for process in [*parent.children(recursive=True), parent]:
        process.kill()
    wait_until(lambda: not is_held(home.server_lock), "every process has gone")
    busy.close()
    assert kept_row(ensure_running(home).url) == 7


def test_start_waits_for_the_last_processes_of_a_killed_server(home: Home) -> None:
    running = ensure_running(home)
    backend = psutil.Process(running.pid).children()[0]
    backend.suspend()  # a process that does not notice that its server has gone
    try:
        os.kill(running.pid, signal.SIGKILL)
        wait_until(lambda: server_state(home) is None, "the server has gone")
        with ME.start("db", "start", PGSWARM_HOME=str(home.root)) as starting:
            assert starting.stderr is not None
            assert "Waiting for a database server" in starting.stderr.readline()
            assert starting.poll() is None
            backend.resume()
            assert starting.wait(timeout=60) == 0
    finally:
        if backend.is_running():
            backend.kill()


def test_a_reused_process_number_neither_stops_the_start_nor_is_signalled(home: Home) -> None:
    running = ensure_running(home)
    left = (home.data / "postmaster.pid").read_text()
    socket_file = running.socket_folder / ".s.PGSQL.5432"
    stop_server(home)
    owner = home.data.stat()
    with subprocess.Popen(["sleep", "600"], user=owner.st_uid, group=owner.st_gid) as stranger:
        try:
            pid_file = home.data / "postmaster.pid"
            pid_file.write_text(left.replace(str(running.pid), str(stranger.pid), 1))
            socket_file.parent.mkdir(exist_ok=True)
            socket_lock = Path(f"{socket_file}.lock")
            socket_lock.write_text(pid_file.read_text())
            for path in (pid_file, socket_lock, socket_file.parent):
                os.chown(path, owner.st_uid, owner.st_gid)
            socket_file.parent.chmod(0o700)
            assert server_state(home) is None
            assert not stop_server(home)
            assert ensure_running(home).pid != stranger.pid
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_command_waits_while_the_server_recovers_from_a_crash_of_its_own(home: Home) -> None:
    running = ensure_running(home)
    keep_a_row(running.url)
    psutil.Process(running.pid).children()[0].kill()
    wait_until(lambda: "terminating any other active server processes" in home.log.read_text(), "the server noticed")
    assert ensure_running(home) == running
    assert kept_row(running.url) == 7


def test_stop_ends_a_server_that_recovers_from_a_crash_of_its_own(home: Home) -> None:
    running = ensure_running(home)
    keep_a_row(running.url)
    psutil.Process(running.pid).children()[0].kill()
    wait_until(lambda: "terminating any other active server processes" in home.log.read_text(), "the server noticed")
    assert stop_server(home)
    assert not is_held(home.server_lock)
    assert kept_row(ensure_running(home).url) == 7


def unfinished(home: Home) -> list[Path]:
    return list(home.postgres.glob("unfinished-*"))


def test_kill_of_the_command_in_mid_initdb_leaves_nothing_half_made(home: Home) -> None:
    with ME.start("db", "start", PGSWARM_HOME=str(home.root)) as starting:
        wait_until(lambda: any((path / "base").exists() for path in unfinished(home)), "initdb is at work")
        starting.kill()
    assert not home.data.exists()
    keep_a_row(ensure_running(home).url)
    stop_server(home)
    wait_until(lambda: not _initdb_runs(home), "the first initdb has ended")
    assert kept_row(ensure_running(home).url) == 7
    assert unfinished(home) == []


def test_kill_of_initdb_is_told_and_leaves_nothing_half_made(home: Home) -> None:
    with ME.start("db", "start", PGSWARM_HOME=str(home.root)) as starting:
        found = wait_until(lambda: _initdb_runs(home), "initdb is at work")
        for process in found:
            process.kill()
        _, said = starting.communicate(timeout=60)
    assert starting.returncode == 4
    assert "initdb failed" in said
    assert not home.data.exists()
    assert unfinished(home) == []
    keep_a_row(ensure_running(home).url)


def test_kill_between_start_and_answer_is_made_good_by_the_next_command(home: Home) -> None:
    ensure_running(home)
    stop_server(home)
    with ME.start("db", "start", PGSWARM_HOME=str(home.root)) as starting:
        wait_until(lambda: is_held(home.server_lock), "the server is being started")
        starting.kill()
    keep_a_row(ensure_running(home).url)


def _initdb_runs(home: Home) -> list[psutil.Process]:
    """The processes of an initdb (its own and the server that it starts) of this home."""
    place = f"{home.postgres}/unfinished-"
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] in {"initdb", "postgres"} and process.cwd().startswith(place):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
