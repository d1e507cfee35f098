"""What `pg_dump` writes and not every server takes.

Rule: only the script's own words are changed, never data: the parts before and after the data are made apart from it.
"""

import re

SECTIONS = ("pre-data", "data", "post-data")
TIMEOUT = b"\nSET transaction_timeout = 0;\n"  # PostgreSQL 17's
HEAD = 4096
# Some servers (Debian's 15.20) keep a number of each column's version among its options; a pg_dump that does not know
# of it writes it down, and other servers refuse it.
COLUMN_OPTIONS = re.compile(rb"^(ALTER TABLE ONLY .+ ALTER COLUMN .+ SET \()(.*\bpg_attver=.*)\);\n", re.MULTILINE)
# Of pgvector, which the other server may not have; made again with the next vectors that are kept.
VECTOR_INDEX = re.compile(
    rb"^CREATE INDEX passage_vector_\w+ ON pgswarm\.passage_vector USING hnsw .*;\n", re.MULTILINE
)
# A whole database: the other server makes the extension where it has it, and nothing of ours needs it.
VECTOR = re.compile(rb"^((?:CREATE EXTENSION IF NOT EXISTS|COMMENT ON EXTENSION) vector\b.*);\n", re.MULTILINE)
OTHERWISE = rb"exception when feature_not_supported or undefined_file or undefined_object then null; end $$;\n"
NUMBER = re.compile(rb"(?:^|, )pg_attver=[^,]*")


def portable_head(chunk: bytes) -> bytes:
    """Return the beginning of a script without the setting that servers before 17 do not know."""
    return chunk[:HEAD].replace(TIMEOUT, b"\n") + chunk[HEAD:]


def portable(script: bytes) -> bytes:
    """Return a script without data as servers from 15 on take it."""
    plain = VECTOR.sub(rb"do $$ begin \1; " + OTHERWISE, portable_head(script).replace(TIMEOUT, b"\n"))
    return COLUMN_OPTIONS.sub(_without_number, VECTOR_INDEX.sub(b"", plain))


def _without_number(found: re.Match[bytes]) -> bytes:
    kept = NUMBER.sub(b"", found[2]).removeprefix(b", ")
    return found[1] + kept + b");\n" if kept else b""
