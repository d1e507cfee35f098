"""A database that cannot hold every text is refused before anything is made in it."""

import psycopg
import pytest

from pgswarm.migrations.upgrade import upgrade
from pgswarm.schema.errors import DatabaseVersionError
from support.database import Database


def test_database_that_is_not_utf8_is_refused_with_the_remedy(empty_db: Database) -> None:
    empty_db.drop()
    empty_db.make("encoding 'SQL_ASCII' locale_provider libc locale 'C'")
    with pytest.raises(DatabaseVersionError, match="SQL_ASCII") as refused:
        upgrade(empty_db.url)
    assert "encoding 'UTF8'" in str(refused.value.hint)
    with psycopg.connect(empty_db.url) as conn:
        assert conn.execute("select to_regnamespace('pgswarm') is null as untouched").fetchone() == (True,)
