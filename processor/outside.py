"""The actions of outside connections: asked for at the start, and kept up to date while the processor works.

One rule: the processor never waits long for them. What does not answer at the start is asked again in the background,
with growing pauses; what is no longer offered is no longer shown to routers. Without connections nothing is imported.
"""

import asyncio
import json
import logging
from typing import Any, Final

from pgswarm.actions.base import Registry
from pgswarm.actions.outside import loading
from pgswarm.actions.outside.offers import Found
from pgswarm.actions.outside.settings import Connections, ConnectionsError, load
from pgswarm.actions.registration import specs
from pgswarm.processor import backoff
from pgswarm.processor.catalogue import Catalogue
from pgswarm.processor.side import Side
from pgswarm.processor.vault import DatabaseVault
from pgswarm.schema.errors import PgswarmError

_LOG: Final = logging.getLogger(__name__)

AGAIN_S: Final = 300.0
"""Between two looks at what a connection offers."""
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0

_REGISTER: Final = "select pgswarm.register_actions(%s)"
_KNOWN: Final = """
select action_id, version, description, input_schema, timeout_s, max_attempts, source
  from pgswarm.action where routable and (source like 'mcp:%%' or source like 'a2a:%%')
"""
_COLUMNS: Final = ("action_id", "version", "description", "input_schema", "timeout_s", "max_attempts", "source")


class Outside:
    """The connections of one processor."""

    def __init__(self, connections: Connections, registry: Registry, url: str) -> None:
        """Take what is configured, where the actions go, and the database in which tokens are kept."""
        self._connections = connections
        self._vault = DatabaseVault(url)
        self._registry = registry
        self._offered: dict[str, frozenset[str]] = {}
        self._tries: dict[str, int] = {}
        self._told: dict[str, str] = {}

    @classmethod
    async def connect(cls, registry: Registry, url: str) -> "Outside | None":
        """Ask the configured connections, for as long as their `connect_timeout_s` has it; None: there are none."""
        try:
            connections = load()
        except ConnectionsError as error:
            _LOG.error("no outside connection is used: %s", error)
            return None
        if not connections.count:
            return None
        made = cls(connections, registry, url)
        await made.ask()
        return made

    async def ask(self) -> None:
        """Ask every connection, and take what it offers."""
        for action in self._take(await loading.ask_all(self._connections, None, self._vault)):
            self._registry.put(action)

    async def close(self) -> None:
        """Close what was opened for the tokens."""
        await self._vault.close()

    async def run(self, catalogue: Catalogue, side: Side, *, once: bool) -> None:
        """Retire what is gone, and ask again, for as long as the processor works."""
        await self._register(side, [])
        while True:
            if once:
                await asyncio.Event().wait()
            missing = [title for title in loading.titles(self._connections) if title not in self._offered]
            tries = max((self._tries.get(title, 1) for title in missing), default=0)
            pause_s = backoff.delay(tries, first_s=FIRST_PAUSE_S, longest_s=LONGEST_PAUSE_S) if missing else AGAIN_S
            await asyncio.sleep(pause_s)
            found = await loading.ask_all(self._connections, missing or None, self._vault)
            made = self._take(found)
            for action in made:
                self._registry.put(action)
                catalogue.learn(action)
            await self._register(side, made)

    def _take(self, found: Found) -> list[Any]:
        for offer in found.offers:
            self._offered[offer.connection] = frozenset(action.spec.action_id for action in offer.actions)
            self._tries.pop(offer.connection, None)
            self._say(offer.connection, f"offers {len(offer.actions)} actions", logging.INFO)
            for left_out in offer.left_out:
                _LOG.warning("%s: left out %s", offer.connection, left_out)
        for missed in found.unreached:
            self._tries[missed.connection] = self._tries.get(missed.connection, 0) + 1
            self._say(missed.connection, f"is left out for now: {missed.reason}", logging.WARNING)
        return [action for offer in found.offers for action in offer.actions]

    def _say(self, connection: str, what: str, level: int) -> None:
        if self._told.get(connection) != what:  # the same is said once
            self._told[connection] = what
            _LOG.log(level, "%s %s", connection, what)

    async def _register(self, side: Side, made: list[Any]) -> None:
        """Write down what is offered, and that what is gone may no longer be chosen."""
        try:
            if made:
                await side.rows(_REGISTER, (specs(made),))
            gone = [
                {**dict(zip(_COLUMNS, row, strict=True)), "routable": False}
                for row in await side.rows(_KNOWN)
                if self._is_gone(row[0], row[-1])
            ]
            if gone:
                await side.rows(_REGISTER, (json.dumps(gone),))
        except (PgswarmError, OSError) as error:
            _LOG.warning("the actions of outside connections could not be registered: %s", error)

    def _is_gone(self, action_id: str, source: str) -> bool:
        kind, _, name = source.partition(":")
        title = f"{kind}.{name}"
        if title not in loading.titles(self._connections):
            return True
        offered = self._offered.get(title)
        return offered is not None and action_id not in offered
