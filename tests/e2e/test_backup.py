"""Backups: taken under load, whole, and restored into an empty database or not at all."""

import json
import stat
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgswarm.cli.backup.clients import connection_of
from pgswarm.cli.backup.dump import back_up
from pgswarm.cli.embedded import Home
from support.command import DEADLINE_S, ME
from support.database import Database
from support.old_home import make_old_home, old_programs, old_server
from support.processors import Processors, start_swarm
from support.server import Server
from support.wait import wait_until

EVERY = (
    "select * from pgswarm.node order by swarm_id, node_id",
    "select * from pgswarm.event order by swarm_id, seq",
    "select * from pgswarm.entry_chunk order by entry_id, chunk_no",
    "select * from pgswarm.blob order by blob",
    "select obj_description('pgswarm'::regnamespace)",
    """select tgname, tgenabled, obj_description(oid) from pg_trigger where not tgisinternal
        order by tgname, tgrelid::regclass::text""",
    """select proname, proacl::text, proowner::regrole::text from pg_proc
        where pronamespace = 'pgswarm'::regnamespace order by oid::regprocedure::text""",
)


def everything(url: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        return [connection.execute(query.encode()).fetchall() for query in EVERY]


def say(db: Database | str, *arguments: str, code: int = 0) -> str:
    url = db if isinstance(db, str) else db.url
    return ME.pgswarm(*arguments, code=code, PGSWARM_DATABASE_URL=url)


def a_swarm_with_a_file(db: Database) -> None:
    swarm_id = start_swarm(db, "bench/ask", {"questions": 2})
    query = "select pgswarm.save_entry(%(id)s, null, 'a.txt', 'text', '', '', convert_to('Grüße an alle', 'UTF8'))"
    db.value(query, id=swarm_id)


def test_a_backup_under_load_is_of_one_moment_and_its_swarms_go_on(
    db: Database, empty_db: Database, processors: Processors, tmp_path: Path
) -> None:
    processors.start()
    swarms = [start_swarm(db, "bench/fan_out", {"width": 20, "depth": 2, "sleep_ms": 300}) for _ in range(6)]
    wait_until(lambda: db.value("select count(*) > 300 from pgswarm.node"), "the swarms are at work")
    file = tmp_path / "busy.backup"
    say(db, "db", "backup", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    unfinished = db.value("select count(*) from pgswarm.swarm where status <> 'terminated'")
    assert unfinished, "the load was over before the backup was: make it larger"
    processors.end()
    told = json.loads(say(empty_db, "db", "restore", str(file), "--json"))
    assert told["swarms"] == len(swarms)
    assert told["unfinished"] >= unfinished
    assert empty_db.broken_invariants() == []
    processors.start(env={"PGSWARM_DATABASE_URL": empty_db.url})
    wait_until(
        lambda: empty_db.value("select bool_and(outcome = 'succeeded') from pgswarm.swarm"),
        "the swarms of the backup have ended",
        within_s=60,
    )
    assert empty_db.value("select count(*) from pgswarm.node") == 6 * 421


def test_a_restored_database_is_the_same_row_by_row_with_its_functions_and_rights(
    db: Database, empty_db: Database, processors: Processors, tmp_path: Path
) -> None:
    del processors  # its actions are registered
    a_swarm_with_a_file(db)
    file = tmp_path / "a.backup"
    say(db, "db", "backup", str(file))
    say(empty_db, "db", "restore", str(file))
    assert everything(empty_db.url) == everything(db.url)
    assert "nothing to do" in say(empty_db, "migrate")
    with pytest.raises(psycopg.Error, match="verb"):
        empty_db.run("update pgswarm.node set status = 'running'")


@pytest.mark.parametrize("major", old_programs())
def test_a_backup_moves_to_an_older_postgresql(
    db: Database, processors: Processors, home: Home, tmp_path: Path, major: int
) -> None:
    del processors
    a_swarm_with_a_file(db)
    say(db, "db", "backup", str(tmp_path / "a.backup"))
    programs = old_programs()[major]
    with old_server(home, make_old_home(home, programs), programs) as url:
        say(url, "db", "restore", str(tmp_path / "a.backup"))
        assert everything(url)[:4] == everything(db.url)[:4]
        with psycopg.connect(url) as connection:
            assert connection.execute("select * from pgswarm.check_invariants()").fetchall() == []
        say(url, "db", "backup", str(tmp_path / "back.backup"))
    home.root.rename(tmp_path / "away")
    other = Database(db.url, None)
    try:
        say(other, "db", "restore", str(tmp_path / "back.backup"))
        assert everything(other.url)[:4] == everything(db.url)[:4]
    finally:
        other.drop()


def test_a_database_with_anything_in_it_is_refused(db: Database, processors: Processors, tmp_path: Path) -> None:
    file = tmp_path / "a.backup"
    say(db, "db", "backup", str(file))
    say(db, "db", "restore", str(file))  # migrated, and never used
    processors.start()
    wait_until(lambda: db.value("select count(*) from pgswarm.worker"), "a processor is at work")
    assert "Stop them first" in say(db, "db", "restore", str(file), code=1)
    start_swarm(db, "bench/noop")
    before = everything(db.url)[1]
    said = say(db, "db", "restore", str(file), code=1)
    assert "not empty" in said
    assert everything(db.url)[1][: len(before)] == before


def test_a_damaged_file_leaves_the_database_as_it_was(
    db: Database, empty_db: Database, processors: Processors, tmp_path: Path
) -> None:
    del processors
    a_swarm_with_a_file(db)
    file, damaged = tmp_path / "a.backup", tmp_path / "damaged.backup"
    say(db, "db", "backup", str(file))
    whole = file.read_bytes()
    for kept in (len(whole) // 2, len(whole) - 200, 10):
        damaged.write_bytes(whole[:kept])
        with ME.start("db", "restore", str(damaged), PGSWARM_DATABASE_URL=empty_db.url) as process:
            _, err = process.communicate(timeout=DEADLINE_S)
        assert process.returncode in {1, 2}, err
        assert "Error: " in err
        assert empty_db.rows("select from pg_namespace where nspname = 'pgswarm'") == []
    damaged.write_text("no backup")
    assert "not a backup" in say(empty_db, "db", "restore", str(damaged), code=2)
    assert "there is no file" in say(empty_db, "db", "restore", str(tmp_path / "none"), code=2)


def test_a_backup_of_a_newer_pgswarm_is_refused(db: Database, empty_db: Database, tmp_path: Path) -> None:
    db.run("update pgswarm.alembic_version set version_num = '9999'")
    file = tmp_path / "a.backup"
    back_up(db.url, file, whole=False, force=False)
    assert "9999" in say(empty_db, "db", "restore", str(file), code=4)
    assert empty_db.rows("select from pg_namespace where nspname = 'pgswarm'") == []


def test_a_file_that_is_there_is_not_overwritten(db: Database, tmp_path: Path) -> None:
    file = tmp_path / "a.backup"
    file.write_text("precious")
    assert "--force" in say(db, "db", "backup", str(file), code=2)
    assert file.read_text() == "precious"
    say(db, "db", "backup", str(file), "--force")
    assert file.read_bytes().startswith(b"PGDMP")
    assert "elsewhere" in say(db, "db", "backup", str(tmp_path / "no" / "such" / "folder"), code=2)
    assert [path.name for path in tmp_path.iterdir()] == ["a.backup"]


def test_a_password_is_never_an_argument() -> None:
    words, environment = connection_of("postgresql://me:s3cret@db.example:5433/mine?sslmode=require")
    assert "s3cret" not in words
    assert environment["PGPASSWORD"] == "s3cret"
    assert "host=db.example" in words
    assert "sslmode=require" in words


def test_a_database_of_a_single_role_is_backed_up_and_restored_as_one(
    empty_db: Database, server: Server, tmp_path: Path
) -> None:
    say(empty_db, "migrate", "--single-role")
    swarm_id = start_swarm(empty_db, "bench/ask")
    say(empty_db, "db", "backup", str(tmp_path / "a.backup"))
    other = Database(server.url, None)
    try:
        say(other, "db", "restore", str(tmp_path / "a.backup"))
        assert everything(other.url)[:4] == everything(empty_db.url)[:4]
        say(other, "processor", "--once")
        assert "single role" in say(other, "doctor")
        assert "pgswarm answer" in say(other, "show", swarm_id)
    finally:
        other.drop()
