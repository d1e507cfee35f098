"""The SQL of docs/accounts.md does what the page says."""

import re
from pathlib import Path

from pgswarm.schema.roles import ROLES
from support.database import Database
from support.verbs import register, start, swarm

PAGE = (Path(__file__).parents[3] / "docs" / "accounts.md").read_text(encoding="utf-8")
GRANTS, READING = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


def test_page_names_every_role() -> None:
    assert set(re.findall(r"^\| `(pgswarm_\w+)` \|", PAGE, re.MULTILINE)) == set(ROLES)


def test_accounts_that_log_in_are_granted_what_they_need(db: Database) -> None:
    with db.connect(autocommit=False) as conn:
        register(conn)
        conn.execute("create role my_application")
        conn.execute(GRANTS.encode())
        conn.execute("set local role my_application")
        assert swarm(conn, start(conn))["goal"] == "a goal"
        conn.execute("set local role worker")
        assert conn.execute("select * from pgswarm.tick()").fetchall() == []
        conn.rollback()


def test_reading_as_the_api_does_shows_the_accounts_own(db: Database) -> None:
    (account,) = re.findall(r"'([0-9a-f-]{36})'", READING)
    with db.connect(autocommit=False) as conn:
        register(conn)
        mine = conn.execute("select pgswarm.start_swarm('x', 'test/work', owner => %s) as id", [account]).fetchall()
        start(conn)
        conn.execute("create temp table seen as select null::uuid as swarm_id where false")
        conn.execute("grant all on seen to pgswarm_api")
        told = READING.replace("begin;", "").replace("commit;", "")
        conn.execute(told.replace("select * from", "insert into seen select swarm_id from").encode())
        assert conn.execute("select swarm_id as id from seen").fetchall() == mine
        conn.rollback()
