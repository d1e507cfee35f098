"""The profile of a person: under row-level security, and of one person at a time."""

import psycopg
import pytest

from pgswarm.schema.roles import Role
from support.database import Database
from support.verbs import as_account, call

SET = """select pgswarm.set_profile('{"involvement": "never"}', owner => %s)"""


def test_profile_is_seen_written_and_erased_by_its_person_alone(db: Database) -> None:
    with db.connect() as conn:
        mine, other = (call(conn, "select pgswarm.create_account(username => %s)", name) for name in ("mia", "ole"))
        conn.execute(SET, [mine])
        conn.execute(SET, [None])  # of the swarms that nobody owns
        conn.execute(f"set role {Role.API}")
        count = "select count(*) from pgswarm.profile"
        as_account(conn, mine)
        assert call(conn, count) == 1
        as_account(conn, other)
        assert call(conn, count) == 0
        for verb in ("erase_profile(owner => %s)", """set_profile('{}', owner => %s)"""):
            with pytest.raises(psycopg.Error, match="is not known") as refused:
                conn.execute(f"select pgswarm.{verb}", [mine])
            assert refused.value.sqlstate == "PS404"
        assert call(conn, "select pgswarm.erase_profile()") is False
        as_account(conn, mine)
        assert call(conn, "select pgswarm.erase_profile()") is True
        assert call(conn, count) == 0
        conn.execute("reset role")
        as_account(conn, None)
        assert call(conn, count) == 1
        with pytest.raises(psycopg.Error, match=r"profile\.involvement"):
            conn.execute("""select pgswarm.set_profile('{"involvement": "often"}')""")
