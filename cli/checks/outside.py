"""Checks of the connections to the outside: what the file says, who answers, what the web is allowed."""

import os
from collections.abc import Iterator
from typing import Any

import psycopg

from pgswarm.actions.outside.settings import FILE, Connections, ConnectionsError, load
from pgswarm.cli.checks.finding import Finding
from pgswarm.cli.connections import ask
from pgswarm.cli.database import database_url

MOST_LISTED = 5
OFFERED = """
select replace(source, ':', '.') as connection, count(*) as actions
  from pgswarm.action where routable and (source like 'mcp:%' or source like 'a2a:%') group by 1 order by 1
"""


def connections() -> Iterator[Finding]:
    """Ask every configured server and agent, and say what the web may be used for."""
    try:
        found = load()
    except ConnectionsError as error:
        yield Finding("outside", "fault", str(error), "Correct the file; docs/outside.md describes it.")
        return
    yield from _asked(found)
    web = found.web
    told = "pages are read (web/browse)" if web.browse else "web/browse is off"
    searched = (
        "no search provider, so web/search is off" if web.search is None else f"searched by {web.search.provider}"
    )
    remedy = "" if web.search else f"Name one under [web.search] in the file of {FILE}, if you want one."
    yield Finding("web", "note" if remedy else "ok", f"{told}; {searched}", remedy)


def forgotten(connection: psycopg.Connection[dict[str, Any]]) -> Iterator[Finding]:
    """Find actions of connections that are not configured here: routers may still choose them."""
    from pgswarm.actions.outside.loading import titles

    try:
        configured = titles(load())
    except ConnectionsError:
        return  # said already
    for row in connection.execute(OFFERED).fetchall():
        if row["connection"] not in configured:
            yield Finding(
                "outside",
                "note",
                f"{row['actions']} actions of {row['connection']} are known, and it is not configured here",
                f"Set {FILE} here as for the processors. Is it gone? The next processor that has the file hides them.",
            )


def _asked(found: Connections) -> Iterator[Finding]:
    if not found.count:
        told = "none configured" if os.environ.get(FILE) else f"none configured ({FILE} is not set)"
        yield Finding("outside", "ok", told)
        return
    answers = ask(found, database_url)
    for offer in answers.offers:
        left_out = f"; left out: {'; '.join(offer.left_out[:MOST_LISTED])}" if offer.left_out else ""
        told = f"{offer.connection} offers {len(offer.actions)} actions{left_out}"
        remedy = "They cannot be actions as they are; ask whoever makes the server." if left_out else ""
        yield Finding("outside", "note" if left_out else "ok", told, remedy)
    for one in answers.unreached:
        remedy = f"{one.remedy[:1].upper()}{one.remedy[1:]}. Processors go on without it and ask again."
        yield Finding("outside", "fault", f"{one.connection}: {one.reason}", remedy)
