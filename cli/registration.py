"""Tells the database which actions this installation has, so that swarms can be started before any processor was.

Rule: a module of actions that cannot be imported is named and left out; the others are told all the same.
"""

REGISTER = "select pgswarm.register_actions(specs => %s::jsonb) as written"


def register_actions(url: str) -> tuple[int, list[str]]:
    """Register the actions that discovery finds; return how many rows were written, and what could not be imported."""
    from pgswarm.actions.base import registry
    from pgswarm.actions.discovery import discover
    from pgswarm.actions.registration import specs
    from pgswarm.cli.database import connect

    left_out = [f"{failure.name} (of {failure.source}) is left out: {failure.reason}" for failure in discover()]
    with connect(url) as connection:
        row = connection.execute(REGISTER, (specs(registry),)).fetchall()[0]
    return int(row["written"]), left_out
