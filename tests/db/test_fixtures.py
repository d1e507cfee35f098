"""What every other test relies on: its own database, and a clock that it sets."""

from datetime import UTC, datetime, timedelta

import pytest

from support.database import Database


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_database_of_its_own(empty_db: Database, turn: int) -> None:
    empty_db.run("create table left_behind (turn int)")
    empty_db.run("insert into left_behind values (%(turn)s)", turn=turn)
    with empty_db.connect() as other:
        assert other.execute("select turn from left_behind").fetchall() == [{"turn": turn}]


def test_frozen_clock_stands_still_for_everybody_until_it_is_moved(db: Database) -> None:
    noon = datetime(2030, 1, 1, 12, tzinfo=UTC)
    db.clock.freeze(noon)
    with db.connect() as other:
        seen = other.execute("select pgswarm.clock() as at").fetchone()
        assert seen == {"at": noon}
        db.clock.advance(90)
        seen = other.execute("select pgswarm.clock() as at").fetchone()
        assert seen == {"at": noon + timedelta(seconds=90)}


def test_moved_clock_goes_on_and_can_be_set_back(db: Database) -> None:
    begin = db.clock.now()
    db.clock.advance(3600)
    assert timedelta(hours=1) <= db.clock.now() - begin < timedelta(hours=1, minutes=1)
    db.clock.reset()
    assert db.clock.now() - begin < timedelta(minutes=1)
