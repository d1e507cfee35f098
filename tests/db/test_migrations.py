"""A migrated database is what the tables and the SQL files say, whoever migrates it, when, and how often."""

import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql
from sqlalchemy import CheckConstraint, create_engine, pool

from pgswarm.migrations.upgrade import current_state, upgrade
from pgswarm.schema.apply import apply_sql, fingerprint, sql_files
from pgswarm.schema.errors import DatabaseVersionError
from pgswarm.schema.guards import guard_sql
from pgswarm.schema.tables import SCHEMA, metadata
from support.database import Database
from support.verbs import OTHER, Conn, Worker, add_message, cancel, connect, events, finish, start, tick

SIGNATURES = """
select p.oid::regprocedure::text as name, p.prosrc, p.prosecdef, p.proconfig, p.provolatile, p.proacl::text
  from pg_proc p where p.pronamespace = 'pgswarm'::regnamespace
union all
select c.oid::regclass::text, pg_get_viewdef(c.oid), null, c.reloptions, null, c.relacl::text
  from pg_class c where c.relnamespace = 'pgswarm'::regnamespace and c.relkind = 'v'
union all
select t.tgrelid::regclass::text || '.' || t.tgname, pg_get_triggerdef(t.oid), null, null, null, null
  from pg_trigger t join pg_class c on c.oid = t.tgrelid
 where c.relnamespace = 'pgswarm'::regnamespace and not t.tgisinternal
order by 1
"""


def is_partition(name: str | None) -> bool:
    return name is not None and name.startswith("event_")


def test_migrated_database_equals_the_models(db: Database) -> None:
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(db.url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "compare_server_default": True,
                "include_name": lambda name, kind, parents: (
                    name == SCHEMA if kind == "schema" else not is_partition(parents.get("table_name", name))
                ),
            },
        )
        found = [change for change in compare_metadata(context, metadata) if "alembic_version" not in str(change)]
    assert found == []


def test_constraints_are_those_of_the_models(db: Database) -> None:
    """What alembic does not compare: check constraints and storage parameters."""
    found = {
        row["name"]
        for row in db.rows(
            "select c.conrelid::regclass::text || '.' || c.conname as name from pg_constraint c"
            " join pg_class t on t.oid = c.conrelid where c.contype = 'c' and not t.relispartition"
            " and t.relnamespace = 'pgswarm'::regnamespace"
        )
    }
    wanted = {
        f"pgswarm.{table.name}.{constraint.name}"
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert found == wanted
    stored = {row["name"]: row["options"] for row in db.rows(
        "select relname as name, reloptions as options from pg_class where relnamespace = 'pgswarm'::regnamespace"
        " and relkind = 'r' and not relispartition"
    )}  # fmt: skip
    for table in metadata.tables.values():
        options: dict[str, Any] = table.dialect_options["postgresql"]["with"] or {}
        if table.name in stored:
            assert sorted(stored[table.name] or []) == sorted(f"{key}={value}" for key, value in options.items())


def test_sql_files_can_be_applied_again_and_change_nothing(db: Database) -> None:
    before = db.rows(SIGNATURES)
    assert len(before) > 60
    with psycopg.connect(db.url) as conn:
        conn.execute("set role pgswarm_owner")
        apply_sql(conn)
    assert db.rows(SIGNATURES) == before


def test_every_function_of_the_database_is_in_a_file(db: Database) -> None:
    text = guard_sql() + "".join(text for _, text in sql_files())
    names = db.rows("select distinct proname as name from pg_proc where pronamespace = 'pgswarm'::regnamespace")
    assert [row["name"] for row in names if f"pgswarm.{row['name']}(" not in text] == []


def test_every_body_is_sound(db: Database) -> None:
    """The files are applied without checking bodies, for they call each other; here they are checked."""
    for row in db.rows(
        "select pg_get_functiondef(oid) as text from pg_proc where pronamespace = 'pgswarm'::regnamespace"
    ):
        db.run(row["text"])


def test_function_that_forbids_plans_compiles_none(db: Database) -> None:
    """A forbidden plan has so high a cost that, below PostgreSQL 18, jit would compile it at each call."""
    loose = db.rows(
        "select proname from pg_proc where pronamespace = 'pgswarm'::regnamespace"
        " and proconfig::text like '%%enable_%%' and not proconfig @> '{jit=off}'"
    )
    assert loose == []


def test_function_that_a_file_has_no_more_is_made_again_and_an_old_form_of_one_is_dropped(db: Database) -> None:
    db.run("drop function pgswarm.blob_of(text)")
    db.run("create function pgswarm.tick(old integer) returns integer language sql as 'select 1'")
    db.run("alter function pgswarm.tick(integer) owner to pgswarm_owner")
    db.run("create function pgswarm.of_an_application() returns integer language sql as 'select 1'")
    db.run("comment on schema pgswarm is 'pgswarm of another state of the files'")
    assert upgrade(db.url)
    names = {row["name"] for row in db.rows(SIGNATURES)}
    assert {"pgswarm.blob_of(text)", "pgswarm.tick()", "pgswarm.of_an_application()"} <= names
    assert "pgswarm.tick(integer)" not in names


def test_upgrade_says_whether_anything_was_to_be_done(empty_db: Database) -> None:
    assert current_state(empty_db.url).revision is None
    assert upgrade(empty_db.url)
    state = current_state(empty_db.url)
    assert (state.current, state.revision is None) == (True, False)
    assert not upgrade(empty_db.url)
    comment = empty_db.value("select obj_description('pgswarm'::regnamespace, 'pg_namespace')")
    assert comment == f"pgswarm {fingerprint()}"


def test_two_upgrades_at_once_migrate_once(empty_db: Database) -> None:
    ready = threading.Barrier(3)

    def migrate() -> bool:
        ready.wait(30)
        return upgrade(empty_db.url)

    with ThreadPoolExecutor(3) as workers:
        done = [future.result(120) for future in [workers.submit(migrate) for _ in range(3)]]
    assert sorted(done) == [False, False, True]
    assert current_state(empty_db.url).current


def test_upgrade_that_fails_leaves_nothing_behind(empty_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(connection: psycopg.Connection[Any]) -> None:
        apply_sql(connection)
        raise InterruptedError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules[upgrade.__module__], "apply_sql", broken)
        with pytest.raises(InterruptedError):
            upgrade(empty_db.url)
    assert empty_db.rows("select from pg_namespace where nspname = 'pgswarm'") == []
    assert upgrade(empty_db.url)


def test_database_of_a_newer_pgswarm_is_refused_and_not_touched(db: Database) -> None:
    head = db.value("select version_num from pgswarm.alembic_version")
    db.run("update pgswarm.alembic_version set version_num = '9999'")
    before = db.rows(SIGNATURES)
    for migrate in (upgrade, current_state):
        with pytest.raises(DatabaseVersionError, match="newer") as refused:
            migrate(db.url)
        assert "pip install --upgrade pgswarm" in (refused.value.hint or "")
    assert db.rows(SIGNATURES) == before
    db.run("update pgswarm.alembic_version set version_num = %(head)s", head=head)


def test_older_files_are_brought_up_to_date_and_rows_are_kept(db: Database, conn: Conn) -> None:
    swarm_id = start(conn)
    db.run("create or replace function pgswarm.pause_swarm(swarm_id uuid) returns bool language sql as 'select true'")
    db.run("drop view pgswarm.inbox")
    db.run("comment on schema pgswarm is 'pgswarm 0'")
    assert not current_state(db.url).current
    assert upgrade(db.url)
    assert current_state(db.url).current
    assert conn.execute("select pgswarm.pause_swarm(%s)", [swarm_id]).fetchall() == [{"pause_swarm": True}]
    assert len(events(conn, swarm_id)) == 3


def test_files_are_applied_again_while_swarms_run(db: Database, conn: Conn) -> None:
    """Every order in which verbs take tables, against the upgrade's own."""
    swarms = [start(conn) for _ in range(20)]
    stop = threading.Event()
    seed = random.SystemRandom().randint(0, 10**6)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails

    def load(place: int) -> int:
        chance, done = random.Random(seed + place), 0  # noqa: S311 - a seed that can be given again
        with connect(db.url) as own:
            worker = Worker(own, lease_s=60)
            while not stop.is_set():
                runs = worker.claim(3, patterns=["test/%"])
                worker.advance(*[finish(run) for run in runs])
                start(own)
                swarm_id = start(own, action=OTHER)  # nobody works it, so that it lives until it is cancelled
                add_message(own, swarm_id, None, "hello")
                if chance.random() < 0.5:
                    cancel(own, swarm_id)
                done += 1
        return done

    with ThreadPoolExecutor(3) as workers:
        loads = [workers.submit(load, place) for place in range(3)]
        try:
            for turn in range(4):
                conn.execute(f"comment on schema pgswarm is 'pgswarm {turn}'".encode())
                assert upgrade(db.url)
        finally:
            stop.set()
        assert min(future.result(60) for future in loads) > 2
    worker = Worker(conn, lease_s=60)
    for run in worker.claim(500, lanes=500):
        worker.does(finish(run))
    assert all(events(conn, swarm_id)[-1]["kind"] == "swarm.terminated" for swarm_id in swarms)


def partitions(db: Database) -> set[str]:
    rows = db.rows(
        "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'pgswarm.event'::regclass"
    )
    return {row["name"].removeprefix("pgswarm.event_") for row in rows}


def month(db: Database, swarm_id: UUID) -> str:
    (row,) = db.rows(
        "select distinct tableoid::regclass::text as name from pgswarm.event where swarm_id = %(id)s", id=swarm_id
    )
    return str(row["name"].removeprefix("pgswarm.event_"))


def test_events_lie_in_the_partition_of_their_swarms_month(db: Database, conn: Conn) -> None:
    assert month(db, start(conn)) == db.clock.now().strftime("%Y_%m")


def test_partitions_are_made_a_month_ahead(db: Database, conn: Conn) -> None:
    before = partitions(db)
    db.clock.advance(40 * 24 * 3600)
    tick(conn)
    made = partitions(db) - before
    assert made
    tick(conn)
    assert partitions(db) == before | made


def test_partition_that_comes_late_takes_the_events_that_it_should_have(db: Database, conn: Conn) -> None:
    name = db.clock.now().strftime("%Y_%m")
    conn.execute(f"drop table pgswarm.event_{name}".encode())
    swarm_id = start(conn)
    before = events(conn, swarm_id)
    assert month(db, swarm_id) == "default"
    tick(conn)
    assert month(db, swarm_id) == name
    assert events(conn, swarm_id) == before
    add_message(conn, swarm_id, None, "still there")
    with pytest.raises(psycopg.Error, match="through verbs only"):
        conn.execute(sql.SQL("delete from pgswarm.{}").format(sql.Identifier(f"event_{name}")))


def test_long_reader_does_not_stop_the_making_of_partitions_for_good_nor_the_verbs(db: Database, conn: Conn) -> None:
    before = partitions(db)
    with db.connect(autocommit=False) as reader:
        reader.execute("select count(*) from pgswarm.event")
        db.clock.advance(40 * 24 * 3600)
        tick(conn)
        assert partitions(db) == before
        add = start(conn)
        reader.rollback()
    tick(conn)
    assert partitions(db) > before
    assert len(events(conn, add)) == 2
