"""Migrating with few rights: without roles, with roles that somebody else made, and what is said where it cannot be."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from pgswarm.cli.checks.server import roles as check_roles
from pgswarm.migrations.upgrade import current_state, upgrade
from pgswarm.schema.errors import DatabaseRightsError
from pgswarm.schema.roles import ROLES
from support.database import Database
from support.verbs import MINA, Worker, as_account, connect, finish, pause, register, start

PASSWORD = "only for a test"  # noqa: S105 - of a role that lives as long as a test


@dataclass(frozen=True)
class Login:
    """An account of the server that may log in and owns the database, and nothing else."""

    name: str
    url: str
    database: Database


@pytest.fixture
def login(empty_db: Database) -> Iterator[Login]:
    name = f"pgswarm_test_{uuid4().hex[:12]}"
    empty_db.run(f"create role {name} login password '{PASSWORD}'")
    empty_db.run(f"alter database {empty_db.name} owner to {name}")
    parts = urlsplit(empty_db.url)
    host = parts.netloc.rpartition("@")[2]
    url = urlunsplit(parts._replace(netloc=f"{name}:{PASSWORD.replace(' ', '%20')}@{host}"))
    try:
        yield Login(name, url, empty_db)
    finally:
        empty_db.run("drop schema if exists pgswarm cascade")
        empty_db.run(f"alter database {empty_db.name} owner to current_user")
        empty_db.run(f"drop role {name}")


def test_account_that_can_make_no_roles_is_told_what_to_do_and_leaves_nothing(login: Login) -> None:
    with pytest.raises(DatabaseRightsError) as refused:
        upgrade(login.url)
    assert login.name in str(refused.value)
    assert "--single-role" in str(refused.value.hint)
    assert current_state(login.url).revision is None


def test_database_of_a_single_role_works_from_start_to_end(login: Login) -> None:
    assert upgrade(login.url, single_role=True)
    assert not upgrade(login.url, single_role=True)
    assert not upgrade(login.url)  # it stays as it was first migrated
    with connect(login.url) as conn:
        owners = conn.execute(
            "select distinct pg_get_userbyid(relowner) as name from pg_class"
            " where relnamespace = 'pgswarm'::regnamespace"
        ).fetchall()
        assert owners == [{"name": login.name}]
        register(conn)
        swarm_id = start(conn)
        worker = Worker(conn)
        worker.does(finish(worker.claim_one()))
        conn.execute("select * from pgswarm.tick()")
        assert conn.execute("select outcome from pgswarm.swarm").fetchall() == [{"outcome": "succeeded"}]
        assert conn.execute("select * from pgswarm.check_invariants(%s)", [swarm_id]).fetchall() == []


@pytest.mark.parametrize("table", ["node", "event", "question"])
def test_single_role_refuses_direct_writes(login: Login, table: str) -> None:
    upgrade(login.url, single_role=True)
    with connect(login.url) as conn:
        register(conn)
        start(conn)
        with pytest.raises(psycopg.Error) as refused:
            conn.execute(sql.SQL("delete from pgswarm.{}").format(sql.Identifier(table)))
        assert refused.value.sqlstate == "PS403"


def test_single_role_holds_an_account_to_its_own_swarms(login: Login) -> None:
    upgrade(login.url, single_role=True)
    with connect(login.url) as conn:
        register(conn)
        others, own = start(conn, owner=uuid4()), start(conn, owner=MINA)
        as_account(conn, MINA)
        assert pause(conn, own)
        with pytest.raises(psycopg.Error) as refused:
            pause(conn, others)
        assert refused.value.sqlstate == "PS404"


def test_doctor_says_that_there_is_a_single_role(login: Login) -> None:
    upgrade(login.url, single_role=True)
    with connect(login.url) as conn:
        (finding,) = check_roles(conn)
    assert finding.state == "note"
    assert login.name in finding.detail
    assert "no row-level security" in finding.detail


def test_files_are_applied_again_to_a_single_role(login: Login) -> None:
    upgrade(login.url, single_role=True)
    with connect(login.url) as conn:
        conn.execute("comment on schema pgswarm is 'pgswarm of before'")
        conn.execute("drop view pgswarm.inbox")
    assert upgrade(login.url)
    with connect(login.url) as conn:
        assert conn.execute("select * from pgswarm.inbox").fetchall() == []
        with pytest.raises(psycopg.Error) as refused:
            conn.execute("delete from pgswarm.node")
    assert refused.value.sqlstate == "PS403"


def test_database_that_has_roles_does_not_lose_them(db: Database) -> None:
    with pytest.raises(DatabaseRightsError) as refused:
        upgrade(db.url, single_role=True)
    assert "without --single-role" in str(refused.value.hint)
    assert current_state(db.url).current


def test_owner_of_the_database_may_migrate_with_roles_that_it_was_granted(login: Login) -> None:
    login.database.run(f"grant {', '.join(ROLES)} to {login.name}")
    assert upgrade(login.url)
    with connect(login.url) as conn:
        register(conn)
        start(conn)
        found = conn.execute("select pg_get_userbyid(nspowner) as name from pg_namespace where nspname = 'pgswarm'")
        assert found.fetchall() == [{"name": "pgswarm_owner"}]
