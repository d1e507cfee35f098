"""The server has no connection left, or no room on its disk: said clearly, and over when there is some again."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from pgswarm.cli.embedded import Home, ensure_running
from support.database import Database
from support.processors import Processors, register_actions, start_swarm, swarm_ended
from support.template import make_template
from support.wait import wait_until

SMALL = "64m"
ROOM_LEFT_MB = 1


class Few:
    """A login of the server that works as a processor, and whose number of connections is limited."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.name = f"{db.name}_few"
        password = secrets.token_hex(8)
        self._run(
            sql.SQL("create role {} login password {} connection limit 0 in role pgswarm_processor").format(
                sql.Identifier(self.name), sql.Literal(password)
            )
        )
        parts = urlsplit(db.url)
        place = parts.netloc.rpartition("@")[2]
        self.url = urlunsplit(parts._replace(netloc=f"{self.name}:{password}@{place}"))

    def limit(self, connections: int) -> None:
        """Set how many it may have at once (-1: any number), and end those that it has."""
        self._run(
            sql.SQL("alter role {} connection limit {}").format(sql.Identifier(self.name), sql.Literal(connections))
        )
        self._db.rows("select pg_terminate_backend(pid) from pg_stat_activity where usename = %(name)s", name=self.name)

    def drop(self) -> None:
        self.limit(0)
        self._run(sql.SQL("drop role {}").format(sql.Identifier(self.name)))

    def _run(self, statement: sql.Composed) -> None:
        self._db.conn.execute(statement)


@pytest.fixture
def few(db: Database) -> Iterator[Few]:
    made = Few(db)
    yield made
    made.drop()


def test_no_connection_left_is_said_and_outlived_at_the_start_and_in_between(
    db: Database, processors: Processors, few: Few
) -> None:
    swarm_id = start_swarm(db, "bench/fan_out", {"width": 200, "depth": 1, "sleep_ms": 40})
    made = processors.start("--concurrency", "4", env={"PGSWARM_DATABASE_URL": few.url}, lease_s=15)
    wait_until(lambda: "too many connections for role" in made.said(), "it says why it waits")
    few.limit(-1)
    wait_until(lambda: db.value("select count(*) from pgswarm.node where outcome is not null") > 10, "it is under way")
    few.limit(0)
    seen = db.value("select count(*) from pgswarm.event")
    wait_until(lambda: made.said().count("too many connections for role") >= 2, "it says it again")
    assert db.value("select count(*) from pgswarm.event") <= seen + 64
    few.limit(-1)
    assert swarm_ended(db, swarm_id)["outcome"] == "succeeded"
    assert made.process.poll() is None
    assert db.value("select count(*) from pgswarm.node where outcome <> 'succeeded'") == 0


@pytest.fixture
def small_disk(own_server: Home, open_folder: Path) -> Iterator[Database]:
    """A database on a disk of its own that holds little."""
    place = open_folder / "small"
    place.mkdir()
    account = own_server.account()
    options = f"size={SMALL},uid={account.uid},gid={account.gid},mode=700"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted: {mounted.stderr.decode().strip()}")
    server_url = ensure_running(own_server).url
    db = Database(server_url, make_template(server_url))
    try:
        with psycopg.connect(server_url, autocommit=True) as conn:
            conn.execute(sql.SQL("create tablespace small location {}").format(sql.Literal(str(place))))
            conn.execute(sql.SQL("alter database {} set tablespace small").format(sql.Identifier(db.name)))
            yield db
            db.drop()
            conn.execute("drop tablespace small")
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_said_and_work_goes_on_when_there_is_room_again(small_disk: Database, tmp_path: Path) -> None:
    db = small_disk
    register_actions(db)
    lent = Processors(db, tmp_path)
    try:
        fill(db)
        swarm_id = start_swarm(db, "bench/fan_out", {"width": 5_000, "depth": 1})
        made = lent.start(lease_s=15)
        wait_until(lambda: "No space left on device" in made.said(), "it says what is missing")
        db.run("drop table filler")
        ended = swarm_ended(db, swarm_id, 60)
        assert (ended["outcome"], made.process.poll()) == ("succeeded", None)
        assert db.value("select count(*) from pgswarm.node where outcome = 'succeeded'") == 5_001
        assert db.value("select max(attempt) from pgswarm.node") == 1
        assert db.broken_invariants() == []
    finally:
        lent.end()


def fill(db: Database) -> None:
    """Leave room for about `ROOM_LEFT_MB` only."""
    db.run("create table filler (part integer, content text)")
    db.run("alter table filler alter content set storage external")
    db.run("create table room (content text)")
    db.run("alter table room alter content set storage external")
    db.run("insert into room select repeat('x', 1000000) from generate_series(1, %(n)s)", n=ROOM_LEFT_MB)
    for size in (1_000_000, 100_000, 10_000):
        try:
            while True:
                db.run("insert into filler select 1, repeat('x', %(size)s)", size=size)
        except psycopg.errors.DiskFull:
            continue
    db.run("drop table room")
