"""The template database that every test's own is cloned from.

Rule: the migrations make it, once for each state of the code, under a name that says which; it appears under that name
only when it is whole.
"""

import hashlib
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from support.urls import with_database

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = ("migrations", "schema")
MAKING_S: Final = 120
OUTLIVED: Final = """
    select datname from pg_database
    where datname like 'pgswarm\\_test\\_%' or datname like 'pgswarm\\_template\\_%'
    group by datname, oid
    having (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < now() - case
        when datname like 'pgswarm\\_test\\_%' then interval '6 hours' else interval '3 days' end
"""


def make_template(server_url: str) -> str:
    """Return the name of the template on this server, made where it is missing."""
    from pgswarm.migrations import upgrade  # slow, and the unit tests need none

    name = f"pgswarm_template_{_fingerprint()}"
    with psycopg.connect(server_url, autocommit=True, connect_timeout=10) as conn:
        conn.execute(f"set lock_timeout = '{MAKING_S}s'")
        conn.execute("select pg_advisory_lock(hashtext('pgswarm test template'))")
        if conn.execute("select from pg_database where datname = %s", [name]).fetchone() is None:
            _drop_outlived(conn)
            unfinished = f"{name}_unfinished"
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(unfinished)))
            conn.execute(sql.SQL("create database {} template template0").format(sql.Identifier(unfinished)))
            upgrade(with_database(server_url, unfinished))
            conn.execute(
                sql.SQL("alter database {} rename to {}").format(sql.Identifier(unfinished), sql.Identifier(name))
            )
    return name


def _drop_outlived(conn: psycopg.Connection) -> None:
    """Drop what killed runs and old code left on a server that outlives them."""
    for (name,) in conn.execute(OUTLIVED).fetchall():
        conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*") if path.is_file()):
        if path.suffix in {".py", ".sql", ".mako"}:
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
