"""Who may call what: found in the catalog, held against the data in `schema/roles.py`."""

import re

import pytest

from pgswarm.migrations import upgrade
from pgswarm.schema.apply import sql_files
from pgswarm.schema.roles import CALLERS, SECRETS, TABLES, Role, Rows
from support.database import Database


def functions_of(db: Database, role: str) -> set[str]:
    rows = db.rows(
        "select distinct p.proname as name from pg_proc p where p.pronamespace = 'pgswarm'::regnamespace"
        " and has_function_privilege(%(role)s, p.oid, 'execute')",
        role=role,
    )
    return {row["name"] for row in rows}


@pytest.mark.parametrize("role", Role)
def test_role_may_call_what_the_data_says_and_nothing_else(db: Database, role: Role) -> None:
    assert functions_of(db, role) == {name for name, roles in CALLERS.items() if role in roles}


def test_every_verb_and_read_is_granted_to_somebody(db: Database) -> None:
    """A new verb is added to `schema/roles.py`, with who may call it; a helper is not `security definer`."""
    rows = db.rows(
        "select p.proname as name from pg_proc p where p.pronamespace = 'pgswarm'::regnamespace and p.prosecdef"
    )
    inner = {"claim_nodes"}  # called by `advance` alone
    assert {row["name"] for row in rows} - set(CALLERS) - inner == set()


def test_no_function_is_granted_that_there_is_not(db: Database) -> None:
    there = {row["name"] for row in db.rows(
        "select distinct proname as name from pg_proc where pronamespace = 'pgswarm'::regnamespace"
    )}  # fmt: skip
    assert set(CALLERS) - there == set()


def test_every_table_has_a_rule(db: Database) -> None:
    rows = db.rows(
        "select c.relname as name, c.relrowsecurity as secured from pg_class c"
        " where c.relnamespace = 'pgswarm'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition"
    )
    secured = {row["name"]: row["secured"] for row in rows if row["name"] != "alembic_version"}
    assert secured == {table: rule is not Rows.ALL for table, rule in TABLES.items()}


def test_table_that_belongs_to_somebody_is_nobodys_to_read(db: Database) -> None:
    """By its columns: what names a swarm, an owner or an account has a policy, or is not read at all."""
    rows = db.rows(
        "select distinct c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " where c.relnamespace = 'pgswarm'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition"
        " and a.attname in ('swarm_id', 'owner_id', 'account_id') and not a.attisdropped"
    )
    assert {row["name"] for row in rows if TABLES[row["name"]] is Rows.ALL} == set()


def test_api_reads_no_table_that_has_no_policy_for_it(db: Database) -> None:
    rows = db.rows(
        "select c.relname as name from pg_class c where c.relnamespace = 'pgswarm'::regnamespace"
        " and c.relkind in ('r', 'p') and has_any_column_privilege('pgswarm_api', c.oid, 'select')"
    )
    readable = {row["name"] for row in rows}
    assert readable == {table for table, rule in TABLES.items() if rule is not Rows.NONE} | {"alembic_version"}


@pytest.mark.parametrize("role", Role)
def test_no_role_reads_a_hash_of_a_password_or_a_token(db: Database, role: Role) -> None:
    for table, secret in (
        ("account", "password_hash"),
        ("api_token", "token_hash"),
        ("login_throttle", "throttle_key"),
    ):
        assert secret not in SECRETS[table]
        may = db.value(
            "select has_column_privilege(%(role)s, %(table)s, %(column)s, 'select')",
            role=role, table=f"pgswarm.{table}", column=secret,
        )  # fmt: skip
        assert not may


def test_views_read_with_the_rights_of_who_asks(db: Database) -> None:
    rows = db.rows(
        "select relname as name, reloptions::text as options from pg_class"
        " where relnamespace = 'pgswarm'::regnamespace and relkind = 'v'"
    )
    loose = {row["name"] for row in rows if "security_invoker=true" not in (row["options"] or "")}
    assert loose == {"legal_move"}  # holds no row of anybody's


def test_rights_that_an_older_version_gave_are_taken_back(db: Database) -> None:
    db.run("grant execute on all functions in schema pgswarm to pgswarm_api")
    db.run("grant select on all tables in schema pgswarm to pgswarm_api")
    db.run("comment on schema pgswarm is 'pgswarm of before'")
    assert upgrade(db.url)
    test_role_may_call_what_the_data_says_and_nothing_else(db, Role.API)
    test_api_reads_no_table_that_has_no_policy_for_it(db)


def test_policies_are_made_again_where_they_are_not_the_present_ones(db: Database) -> None:
    db.run("drop policy own_rows on pgswarm.swarm")
    db.run("alter policy own_rows on pgswarm.node using (true)")
    db.run("comment on policy own_rows on pgswarm.node is 'pgswarm of before'")
    db.run("alter table pgswarm.event disable row level security")
    before = db.rows("select * from pg_policies where schemaname = 'pgswarm'")
    db.run("comment on schema pgswarm is 'pgswarm of before'")
    assert upgrade(db.url)
    after = db.rows("select * from pg_policies where schemaname = 'pgswarm'")
    assert len(after) == len(before) + 1
    assert not [row for row in after if row["policyname"] == "own_rows" and row["qual"] == "true"]
    test_every_table_has_a_rule(db)


def test_upgrade_locks_no_table_whose_policies_are_the_present_ones(db: Database) -> None:
    with db.connect(autocommit=False) as reader:
        for table in TABLES:
            reader.execute(f"select from pgswarm.{table} limit 1".encode())
        db.run("comment on schema pgswarm is 'pgswarm of before'")
        assert upgrade(db.url)  # it would wait for the reader, up to its lock_timeout, and fail


def test_files_name_no_role(db: Database) -> None:
    """Files are applied where there are no roles too: only `caller.sql` asks for some, and takes no for an answer."""
    del db
    named = {name for name, text in sql_files() if re.search("pgswarm_(owner|api|processor|operator)", text)}
    assert named == {"helpers/caller.sql"}
