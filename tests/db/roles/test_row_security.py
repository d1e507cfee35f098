"""Every table under the API's role: an account sees its own rows, nobody's account none, an admin all."""

from typing import Any

import pytest

from db.roles.conftest import Owned, be
from pgswarm.schema.roles import SECRETS, TABLES, Rows
from support.verbs import Conn

READABLE = sorted(table for table, rows in TABLES.items() if rows is not Rows.NONE)
BELONGING = [table for table in READABLE if TABLES[table] is not Rows.ALL]
VIEWS = ("swarm_overview", "node_tree", "inbox", "stuck", "spend")


def count(conn: Conn, table: str, where: str = "true") -> int:
    columns = ", ".join(SECRETS.get(table, ("*",)))
    query = f"select count(*) as n from (select {columns} from pgswarm.{table} where {where}) x"  # noqa: S608 - own names
    (row,) = conn.execute(query.encode()).fetchall()
    return int(row["n"])


def everybodys(db: Any, table: str) -> int:
    """Return how many rows belong to nobody and to no swarm: shared blueprints, the built-in tree."""
    if table not in {"blueprint", "space_entry", "entry_version"}:
        return 0
    where = "owner_id is null" if table == "blueprint" else "owner_id is null and swarm_id is null"
    with db.connect() as conn:
        return count(conn, table, where)


@pytest.mark.parametrize("table", BELONGING)
def test_account_sees_its_own_rows_and_another_none_of_them(db: Any, api: Conn, owned: Owned, table: str) -> None:
    be(api, owned.account_id)
    mine = count(api, table)
    assert mine > 0, f"the fixture makes no row of {table}"
    be(api, owned.admin_id)
    every = count(api, table)
    be(api, owned.other_id)
    others = count(api, table)
    assert mine <= every
    assert others < every
    assert others <= {"swarm": 1, "node": 1, "event": 2, "account": 1}.get(table, everybodys(db, table))


@pytest.mark.parametrize("table", [table for table in BELONGING if TABLES[table] is not Rows.ACCOUNT])
def test_no_row_of_anothers_swarm_is_seen(api: Conn, owned: Owned, table: str) -> None:
    by_owner = f"owner_id = '{owned.account_id}'"
    columns: Any = {"blueprint": by_owner, "conversation": by_owner, "upload": by_owner}
    columns |= {"revoked_action": by_owner}
    where = columns.get(table, f"swarm_id = '{owned.swarm_id}'")
    be(api, owned.account_id)
    assert count(api, table, where) > 0
    be(api, owned.other_id)
    assert count(api, table, where) == 0


@pytest.mark.parametrize("view", VIEWS)
def test_view_shows_nothing_of_anothers_swarm(api: Conn, owned: Owned, view: str) -> None:
    where = f"swarm_id = '{owned.swarm_id}'"
    be(api, owned.other_id)
    assert count(api, view, where) == 0
    be(api, owned.account_id)
    assert count(api, view, where) > (-1 if view == "stuck" else 0)


@pytest.mark.parametrize("table", BELONGING)
def test_without_an_account_the_api_sees_only_what_is_everybodys(db: Any, api: Conn, owned: Owned, table: str) -> None:
    assert owned.swarm_id
    assert count(api, table) == everybodys(db, table)
    api.execute("select set_config('pgswarm.account', 'no id at all', true)")
    assert count(api, table) == everybodys(db, table)


def test_disabled_admin_sees_no_more_than_its_own(db: Any, api: Conn, owned: Owned) -> None:
    gone = db.value("select pgswarm.create_account(username => 'gone', role => 'admin')")
    db.run("select pgswarm.set_account(account_id => %(id)s, disabled => true)", id=gone)
    be(api, gone)
    assert owned.swarm_id
    assert count(api, "swarm") == 0


def test_processor_and_operator_see_every_row(db: Any, owned: Owned) -> None:
    for role in ("pgswarm_processor", "pgswarm_operator"):
        with db.connect() as conn:
            every = {table: count(conn, table) for table in BELONGING if table not in SECRETS}
            conn.execute(f"set role {role}".encode())
            assert {table: count(conn, table) for table in every} == every
    assert owned.swarm_id


def test_partition_is_no_way_round_the_policy(db: Any, api: Conn, owned: Owned) -> None:
    be(api, owned.admin_id)
    partitions = db.rows(
        "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'pgswarm.event'::regclass"
    )
    for row in partitions:
        denied = api.execute("select has_table_privilege('pgswarm_api', %s, 'select') as may", [row["name"]]).fetchone()
        assert denied == {"may": False}


def test_reading_ones_own_swarm_keeps_its_index(api: Conn, owned: Owned) -> None:
    """A policy must not cost the way to the rows: only what it looks up for each."""
    be(api, owned.account_id)
    api.execute("set local enable_seqscan = off")
    for query in (
        "select * from pgswarm.node where swarm_id = %s and node_id = %s",
        "select * from pgswarm.event where swarm_id = %s and seq > 0 and node_id <> %s",
    ):
        plan = api.execute(f"explain {query}".encode(), [owned.swarm_id, owned.node_id]).fetchall()
        assert "Index Scan" in str(plan[:4]), plan
