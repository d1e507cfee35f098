"""Tells the database which actions this installation has, so that swarms can be started before any processor was.

The pages of documentation that swarms read go with them. Rule: a module of actions that cannot be imported is named and
left out; the others are told all the same.
"""

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgswarm.actions.documentation import Page

REGISTER = """
select pgswarm.register_actions(specs => %s::jsonb) as written, pgswarm.register_documentation(pages => %s::jsonb)
"""
KNOWN = """
select 1 from pgswarm.space_entry e join pgswarm.blob b on b.blob = e.blob
 where e.entry_id = pgswarm.built_in_id('memory', 'swarm/api.md')
   and position(convert_to(%s, 'UTF8') in b.content) > 0
"""
DOCUMENT = "select pgswarm.register_documentation(pages => %s::jsonb)"


def register_actions(url: str) -> tuple[int, list[str]]:
    """Register the actions that discovery finds; return how many rows were written, and what could not be imported."""
    from pgswarm.actions.base import registry
    from pgswarm.actions.discovery import discover
    from pgswarm.actions.documentation import as_json, pages
    from pgswarm.actions.registration import specs
    from pgswarm.cli.database import connect as open_database

    left_out = [f"{failure.name} (of {failure.source}) is left out: {failure.reason}" for failure in discover()]
    if os.environ.get("PGSWARM_CONNECTIONS"):
        left_out += connect(url)
    with open_database(url) as connection:
        row = connection.execute(REGISTER, (specs(registry), as_json(pages(registry)))).fetchall()[0]
    return int(row["written"]), left_out


def register_api(url: str) -> None:
    """Register the page on the HTTP API, unless the one that is there was made of the same files."""
    from pgswarm.actions.documentation import as_json
    from pgswarm.cli.database import connect as open_database

    made_of = api_mark()
    with open_database(url) as connection:
        if not connection.execute(KNOWN, (made_of,)).fetchall():
            connection.execute(DOCUMENT, (as_json([api_page(made_of)]),))


def api_mark() -> str:
    """Return what names the API's files as they are: to import them and let them describe themselves takes seconds."""
    from pathlib import Path

    import pgswarm

    folder = Path(pgswarm.__path__[0]) / "api"
    sums = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        sums.update(f"{file.relative_to(folder).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return sums.hexdigest()[:16]


def api_page(made_of: str) -> "Page":
    """Return every route with what it does, as one page, from the description that the API gives of itself."""
    from pgswarm.actions.documentation import Page
    from pgswarm.api.app import create_app
    from pgswarm.api.settings import ApiSettings

    described = create_app(ApiSettings(database_url="")).openapi()
    lines = ["# The HTTP API", "", f"`GET /openapi.json` has the same with every schema. Routes {made_of}.", ""]
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            told = " ".join(str(operation.get("description", "")).split())
            lines += [f"`{method.upper()} {path}`: {operation.get('summary', '')}. {told}".rstrip(), ""]
    return Page("swarm/api.md", "The HTTP API: every route with what it does.", "\n".join(lines))


def connect(url: str) -> list[str]:
    """Take the actions of outside connections that answer soon; return what did not."""
    from pgswarm.actions.base import registry
    from pgswarm.actions.outside.settings import ConnectionsError, load
    from pgswarm.cli.connections import ask

    try:
        connections = load()
    except ConnectionsError as error:
        return [f"no outside connection is used: {error}"]
    found = ask(connections, lambda: url)
    for offer in found.offers:
        for action in offer.actions:
            registry.put(action)
    missed = [f"{one.connection} is left out for now: {one.reason}" for one in found.unreached]
    return [*missed, *(f"{offer.connection}: left out {what}" for offer in found.offers for what in offer.left_out)]
