"""Nodes, events and questions change through verbs only; the refusal names the verb to call."""

import psycopg
import pytest
from psycopg import sql

from pgswarm.schema.errors import DirectWriteError, translate
from pgswarm.schema.roles import Role
from support.database import Database
from support.verbs import Conn, Worker, ask, start

VERB = {"node": "cancel_node", "event": "any verb", "question": "answer_question"}
WRITES = {
    "insert": "insert into pgswarm.{} select * from pgswarm.{}",
    "update": "update pgswarm.{} set swarm_id = swarm_id",
    "delete": "delete from pgswarm.{}",
    "truncate": "truncate pgswarm.{}",
}


@pytest.fixture(scope="module")
def db(module_db: Database) -> Database:
    return module_db


@pytest.fixture
def asked(conn: Conn, worker: Worker) -> Conn:
    """A database with rows in all three tables."""
    start(conn)
    worker.does(ask(worker.claim_one(), "well?"))
    return conn


def refusal(conn: Conn, statement: str) -> psycopg.Error:
    with pytest.raises(psycopg.Error) as refused:
        conn.execute(statement.encode())
    return refused.value


@pytest.mark.parametrize("table", VERB)
@pytest.mark.parametrize("write", WRITES)
def test_direct_write_by_a_superuser_is_refused_and_names_the_verb(asked: Conn, table: str, write: str) -> None:
    count = sql.SQL("select count(*) as n from pgswarm.{}").format(sql.Identifier(table))
    before = asked.execute(count).fetchone()
    error = refusal(asked, WRITES[write].format(table, table))
    assert error.sqlstate == "PS403"
    assert table in str(error.diag.message_primary)
    assert VERB[table] in str(error.diag.message_hint)
    assert isinstance(translate(error), DirectWriteError)
    assert asked.execute(count).fetchone() == before


@pytest.mark.parametrize("write", WRITES)
def test_direct_write_to_a_partition_of_the_events_is_refused(asked: Conn, write: str) -> None:
    partitions = asked.execute(
        "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'pgswarm.event'::regclass"
    ).fetchall()
    assert len(partitions) >= 3  # this month, the next, and the rest
    for partition in partitions:
        name = partition["name"].removeprefix("pgswarm.")
        assert refusal(asked, WRITES[write].format(name, name)).sqlstate == "PS403"


@pytest.mark.parametrize("role", list(Role))
def test_roles_that_call_verbs_cannot_write_any_table(asked: Conn, role: str) -> None:
    tables = asked.execute("select tablename as name from pg_tables where schemaname = 'pgswarm'").fetchall()
    asked.execute(f"set role {role}".encode())
    try:
        for table in tables:
            assert refusal(asked, WRITES["delete"].format(table["name"])).sqlstate in {"42501", "PS403"}
    finally:
        asked.execute("reset role")


def test_everybody_else_may_call_no_verb_and_read_no_row(asked: Conn) -> None:
    asked.execute("create role pgswarm_test_stranger")
    asked.execute("set role pgswarm_test_stranger")
    try:
        assert refusal(asked, "select pgswarm.start_swarm(goal => 'x')").sqlstate == "42501"
        assert refusal(asked, "select * from pgswarm.node").sqlstate == "42501"
    finally:
        asked.execute("reset role")
        asked.execute("drop role pgswarm_test_stranger")


def test_every_verb_runs_as_the_owner_with_a_search_path_of_its_own(conn: Conn) -> None:
    rows = conn.execute(
        "select p.proname, p.prosecdef, pg_get_userbyid(p.proowner) as owner, p.proconfig from pg_proc p"
        " where p.pronamespace = 'pgswarm'::regnamespace and p.prosecdef"
    ).fetchall()
    assert {row["owner"] for row in rows} == {"pgswarm_owner"}
    loose = [row["proname"] for row in rows if "search_path=pgswarm, pg_temp" not in (row["proconfig"] or [])]
    assert loose == []
    from_everybody = conn.execute(
        "select p.proname from pg_proc p where p.pronamespace = 'pgswarm'::regnamespace"
        " and has_function_privilege('public', p.oid, 'execute')"
    ).fetchall()
    assert from_everybody == []
