"""Tells the database which actions this installation has, so that swarms can be started before any processor was.

The pages of documentation that swarms read go with them. Rule: a module of actions that cannot be imported is named and
left out; the others are told all the same.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgswarm.actions.documentation import Page

REGISTER = """
select pgswarm.register_actions(specs => %s::jsonb) as written, pgswarm.register_documentation(pages => %s::jsonb)
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
        left_out += connect()
    with open_database(url) as connection:
        row = connection.execute(REGISTER, (specs(registry), as_json(pages(registry)))).fetchall()[0]
    return int(row["written"]), left_out


def register_api(url: str) -> None:
    """Register the page on the HTTP API, made from the description that the API gives of itself."""
    from pgswarm.actions.documentation import as_json
    from pgswarm.cli.database import connect as open_database

    with open_database(url) as connection:
        connection.execute(DOCUMENT, (as_json([api_page()]),))


def api_page() -> "Page":
    """Return every route with what it does, as one page."""
    from pgswarm.actions.documentation import Page
    from pgswarm.api.app import create_app
    from pgswarm.api.settings import ApiSettings

    described = create_app(ApiSettings(database_url="")).openapi()
    lines = ["# The HTTP API", "", "`GET /openapi.json` has the same with every schema.", ""]
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            told = " ".join(str(operation.get("description", "")).split())
            lines += [f"`{method.upper()} {path}`: {operation.get('summary', '')}. {told}".rstrip(), ""]
    return Page("swarm/api.md", "The HTTP API: every route with what it does.", "\n".join(lines))


def connect() -> list[str]:
    """Take the actions of outside connections that answer soon; return what did not."""
    import asyncio

    from pgswarm.actions.base import registry
    from pgswarm.actions.outside.loading import ask_all
    from pgswarm.actions.outside.settings import ConnectionsError, load

    try:
        connections = load()
    except ConnectionsError as error:
        return [f"no outside connection is used: {error}"]
    found = asyncio.run(ask_all(connections))
    for offer in found.offers:
        for action in offer.actions:
            registry.put(action)
    missed = [f"{one.connection} is left out for now: {one.reason}" for one in found.unreached]
    return [*missed, *(f"{offer.connection}: left out {what}" for offer in found.offers for what in offer.left_out)]
