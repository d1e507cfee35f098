"""What the server's own words mean."""

from pathlib import Path

import pytest

from pgswarm.cli.embedded.trouble import explain
from pgswarm.cli.exits import Exit


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ('PANIC:  could not write to file "pg_wal/xlogtemp.1": No space left on device', "the disk is full"),
        ('FATAL:  could not open file "x": Read-only file system', "the disk is read-only"),
        ("FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use", "another PostgreSQL runs"),
        ("FATAL:  could not map anonymous shared memory: Cannot allocate memory", "too little free memory"),
        ('FATAL:  configuration file "postgresql.conf" contains errors', "its configuration has an error"),
        ("PANIC:  could not locate a valid checkpoint record at 0/1", "its data are damaged"),
    ],
)
def test_known_words_are_explained_with_a_remedy(said: str, meaning: str) -> None:
    told = explain("it did not start", said, Path("/home/me/postgres"))
    assert meaning in told.message
    assert said in told.message
    assert told.remedy
    assert told.code == Exit.UNREACHABLE


def test_unknown_words_are_quoted_and_not_guessed_at() -> None:
    told = explain("it did not start", "line 1\n\nFATAL:  the moon is full\n", Path("/home/me/postgres"))
    assert told.message == "it did not start\n  line 1\n  FATAL:  the moon is full"
    assert "/home/me/postgres/server.log" in told.remedy
