"""What `pgswarm doctor` looks at: each check says what it found and, where something is wrong, what to do.

Rule: a check never ends the others. Only what would keep a swarm from its end is a fault; what people may want to know
is a note.
"""

from collections.abc import Iterator
from functools import partial

from pgswarm.cli.checks import home, kept, machine, outside, reach, sandbox, server, service, work
from pgswarm.cli.checks.finding import Finding, guarded

__all__ = ["Finding", "all_findings"]


def all_findings() -> Iterator[Finding]:
    """Run every check, in the order in which one would look."""
    for name, check in (("disk", home.disk), ("home", home.embedded), ("model", machine.model)):
        yield from guarded(name, check)
    yield from guarded("sandbox", sandbox.sandbox)
    yield from guarded("outside", outside.connections)
    yield from guarded("stores", reach.stores)
    yield from guarded("database", _of_the_database)


def _of_the_database() -> Iterator[Finding]:
    with server.connected() as (connection, url):
        yield from server.database(connection, url)
        state = list(guarded("schema", partial(server.schema, url)))
        yield from state
        if any(finding.state != "ok" for finding in state):
            return  # there is nothing of ours to look at
        yield from guarded("roles", partial(server.roles, connection))
        yield from guarded("settings", partial(service.settings, connection))
        yield from guarded("notify", partial(service.notifications, connection, url))
        for check in (
            service.clock,
            service.holders,
            service.space,
            work.processors,
            work.actions,
            work.budgets,
            kept.models,
            kept.workspaces,
            reach.vectors,
            outside.forgotten,
        ):
            yield from guarded(check.__name__, partial(check, connection))
        yield from guarded("stuck", partial(server.stuck, connection))
        yield from guarded("invariants", partial(server.invariants, connection))
