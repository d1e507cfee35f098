"""Checks of how the database serves: settings, notifications, clocks, transactions that hold others up, space."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from pgswarm.cli.checks.finding import Finding
from pgswarm.cli.database import connect

NEWEST_SERVER = 18
SKEW_S = 5.0
NOTIFY_S = 2.0
SLOW_NOTIFY_MS = 200.0
QUEUE_SHARE = 0.5
LONG_S = 300
OLDEST_AGE = 1_500_000_000
MOST_LISTED = 5
SETTINGS = """
select current_setting('server_version_num')::int / 10000 as major, pg_is_in_recovery() as standby,
       current_setting('default_transaction_isolation') as isolation, current_setting('fsync') as fsync,
       current_setting('full_page_writes') as full_pages, current_setting('synchronous_commit') as commits,
       current_setting('autovacuum') as autovacuum,
       (select age(datfrozenxid) from pg_database where datname = current_database()) as age
"""
HOLDERS = """
select pid, coalesce(nullif(application_name, ''), backend_type) as name, state,
       extract(epoch from clock_timestamp() - xact_start)::int as seconds
  from pg_stat_activity
 where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
   and xact_start < clock_timestamp() - %s * interval '1 second'
 order by xact_start limit %s
"""
PREPARED = "select gid from pg_prepared_xacts where database = current_database() order by prepared limit %s"
SPACE = """
select pg_size_pretty(pg_database_size(current_database())) as total,
       string_agg(name || ' ' || pg_size_pretty(bytes), ', ') as most
  from (select coalesce(i.inhparent, c.oid)::regclass::text as name, sum(pg_total_relation_size(c.oid)) as bytes
          from pg_class c left join pg_inherits i on i.inhrelid = c.oid
         where c.relnamespace = 'pgswarm'::regnamespace and c.relkind = 'r'
         group by 1 order by 2 desc limit 3) largest
"""

Connection = psycopg.Connection[dict[str, Any]]


def settings(connection: Connection) -> Iterator[Finding]:
    """See that the server's settings are those that the verbs and the data's safety need."""
    row = connection.execute(SETTINGS).fetchall()[0]
    faults = [
        (row["standby"], "it is a standby, which takes no writes", "Name the primary in PGSWARM_DATABASE_URL."),
        (
            row["isolation"] != "read committed",
            f"default_transaction_isolation is {row['isolation']}, and verbs need read committed",
            "alter database ... set default_transaction_isolation = 'read committed'",
        ),
        (
            "off" in {row["fsync"], row["full_pages"]},
            "fsync or full_page_writes is off: a crash of the machine can destroy the data",
            "Turn them on, unless the data may be lost.",
        ),
        (row["age"] > OLDEST_AGE, f"its oldest transaction is {row['age']:,} old", "Run `vacuum` as a superuser."),
    ]
    notes = [
        (row["major"] > NEWEST_SERVER, f"PostgreSQL {row['major']} is newer than those that were tried", ""),
        (
            row["commits"] == "off",
            "synchronous_commit is off: a crash of the server loses up to a second of what was acknowledged",
            "Nothing happens twice, but a person's answer may be lost: turn it on.",
        ),
        (row["autovacuum"] == "off", "autovacuum is off: the tables grow without end", "Turn it on."),
    ]
    found = [Finding("settings", "fault", detail, remedy) for wrong, detail, remedy in faults if wrong]
    found += [Finding("settings", "note", detail, remedy) for odd, detail, remedy in notes if odd]
    yield from found or [Finding("settings", "ok", "what the verbs and the data's safety need")]


def notifications(connection: Connection, url: str) -> Iterator[Finding]:
    """See that a notification arrives: what wakes processors and watchers at once."""
    if os.environ.get("PGSWARM_NOTIFY_PAYLOAD") == "none":
        yield Finding("notify", "note", "PGSWARM_NOTIFY_PAYLOAD=none: everybody polls")
        return
    used = connection.execute("select pg_notification_queue_usage() as used").fetchall()[0]["used"]
    if used > QUEUE_SHARE:
        remedy = "A listener has held a transaction open for long: see pg_stat_activity and end it."
        yield Finding("notify", "fault", f"the queue of notifications is {used:.0%} full", remedy)
    channel = f"pgswarm_doctor_{os.getpid()}"
    with connect(url) as listener:
        listener.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
        began = time.monotonic()
        connection.execute("select pg_notify(%s, '')", (channel,))
        arrived = any(True for _ in listener.notifies(timeout=NOTIFY_S, stop_after=1))
        took_ms = (time.monotonic() - began) * 1000
    if not arrived:
        detail = f"a notification did not arrive within {NOTIFY_S:g} s"
        yield Finding("notify", "note", detail, "A pooler in transaction mode loses them: all works by polling, later.")
    elif took_ms > SLOW_NOTIFY_MS:
        yield Finding("notify", "note", f"a notification took {took_ms:.0f} ms", "See the load of the server.")
    else:
        yield Finding("notify", "ok", f"arrives within {took_ms:.0f} ms")


def clock(connection: Connection) -> Iterator[Finding]:
    """Compare this machine's clock with the database's, which alone counts."""
    before = datetime.now(UTC)
    there = connection.execute("select clock_timestamp() as now").fetchall()[0]["now"]
    here = before + (datetime.now(UTC) - before) / 2
    ahead = (here - there).total_seconds()
    detail = f"this machine's is {abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} the database's"
    if abs(ahead) > SKEW_S:
        remedy = "Swarms go by the database's alone; times in logs here are off. Set the clock."
        yield Finding("clock", "note", detail, remedy)
    else:
        yield Finding("clock", "ok", detail)


def holders(connection: Connection) -> Iterator[Finding]:
    """List transactions that have been open for long: they keep what is dead from being cleaned up, and locks held."""
    found = connection.execute(HOLDERS, (LONG_S, MOST_LISTED)).fetchall()
    for row in found:
        detail = (
            f"process {row['pid']} ({row['name']}, {row['state']}) has had a transaction open for {row['seconds']} s"
        )
        yield Finding("open", "note", detail, f"If nobody needs it: select pg_terminate_backend({row['pid']})")
    prepared = connection.execute(PREPARED, (MOST_LISTED,)).fetchall()
    for row in prepared:
        detail = f"the prepared transaction {row['gid']} holds its locks"
        yield Finding("open", "note", detail, "commit prepared or rollback prepared, as whoever made it meant")
    if not found and not prepared:
        yield Finding("open", "ok", f"no transaction older than {LONG_S // 60} minutes")


def space(connection: Connection) -> Iterator[Finding]:
    """Say how large the database is, and what takes most of it."""
    row = connection.execute(SPACE).fetchall()[0]
    yield Finding("space", "ok", f"{row['total']}; largest: {row['most']}")
