"""The verbs of the commit loop over its own connection: register, advance, settle, reconcile."""

import asyncio
import logging
import math
import os
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.numeric import Int4

from pgswarm import __version__
from pgswarm.processor import backoff, failpoints, wire
from pgswarm.processor.activation import COLUMNS, Activation, Row
from pgswarm.processor.acts import Act, keys, parameters
from pgswarm.processor.catalogue import Catalogue
from pgswarm.processor.connect import LOST, Connection, Link, Outage
from pgswarm.processor.quarantine import LOSSES
from pgswarm.processor.settings import Settings

_LOG = logging.getLogger(__name__)

_NAMES: Final = (
    "worker_id", "swarm_ids", "node_ids", "epochs", "verbs", "reports", "errors", "handlers", "states", "delays_s",
    "child_of", "child_ids", "child_actions", "child_directives", "child_args", "child_priorities",
    "question_of", "question_ids", "questions",
    "done_claims", "claim_limit", "lane_limit", "fresh_limit", "action_patterns",
)  # fmt: skip
# As text, once: a composed query would be put together anew at every call.
_ADVANCE: Final = (
    sql.SQL("select {columns} from pgswarm.advance({arguments})")
    .format(
        columns=sql.SQL(", ").join(map(sql.Identifier, COLUMNS)),
        arguments=sql.SQL(", ").join(
            sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in _NAMES
        ),
    )
    .as_string()
    .encode()
)
_REGISTER: Final = """
select pgswarm.register_worker(host => %s, pid => %s, version => %s, lease_s => %s), pgswarm.register_actions(%s),
       pgswarm.register_documentation(%s)
"""
_STILL_HELD: Final = """
select node_id from pgswarm.still_held(worker_id => %s, swarm_ids => %b, node_ids => %b, epochs => %b)
"""
_RECONCILE: Final = """
select what, swarm_id, from_seq, to_seq from pgswarm.reconcile(worker_id => %s, claim_ids => %b, node_ids => %b)
"""
_SUSPECTS: Final = """
select n.node_id from unnest(%b, %b) i(swarm_id, node_id)
 cross join lateral (select n.node_id, n.error from pgswarm.node n
                      where n.swarm_id = i.swarm_id and n.node_id = i.node_id offset 0) n
 where n.error ->> 'code' = 'lost' and (n.error ->> 'losses')::integer >= %s
"""
_END_OTHERS: Final = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = %s and pid <> pg_backend_pid()
"""
# The first eight digits of a segment's name (PostgreSQL documentation, "Timelines").
_TIMELINE: Final = "select case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_lsn()), 8) end"
_OVER_S: Final = 5.0
"""How much longer than the statement's own timeout the reply is waited for."""


class Claim(NamedTuple):
    """How much a commit claims: nodes, swarms drawn from, first nodes of swarms with nothing running; LIKE patterns."""

    limit: int
    lanes: int
    fresh: int
    patterns: list[str] | None

    @property
    def wanted(self) -> bool:
        """Whether anything is claimed at all."""
        return self.limit > 0 or self.fresh > 0


class FailedOverError(psycopg.OperationalError):
    """The connection leads to a server that took over: what this worker knows of its nodes is to be compared first."""


class _CommitLink(Link):
    _timeline: str | None = None
    failed_over = False
    """Whether another server has taken over, and nothing was compared since."""

    async def prepare(self, connection: Connection) -> None:
        """Teach it our types, and say so where another server has taken over."""
        wire.teach(connection)
        cursor = await connection.execute(_TIMELINE)
        row = await cursor.fetchone()
        found = None if row is None else row[0]
        if found is not None and self._timeline not in {None, found}:
            _LOG.warning(
                "the database was failed over (timeline %s to %s): where its replica was asynchronous, what was"
                " committed last may be missing", self._timeline, found,
            )  # fmt: skip
            self.failed_over = True
        self._timeline = found or self._timeline


class Advance:
    """This worker, as the database knows it."""

    def __init__(
        self, settings: Settings, catalogue: Catalogue, outage: Outage, events: Callable[[bytes, int, int], None]
    ) -> None:
        """Take how to connect, the actions to register, and who hears of events."""
        self._settings = settings
        self._catalogue = catalogue
        self._events = events
        # A name of its own, so that what is left of a lost connection can be found and ended.
        role = f"commit {os.getpid()} {os.urandom(6).hex()}"
        self._link = _CommitLink(settings.database_url, role, outage, settings.statement_timeout_s)
        self._wide = settings.like_patterns()
        self.worker_id = UUID(int=0)

    def patterns(self, *, narrow: bool) -> list[str] | None:
        """Return what to claim; `narrow`: only what this process has, since others have more."""
        return self._wide if not narrow or self._wide else self._catalogue.own_patterns()

    async def register(self, within_s: float = math.inf) -> None:
        """Register this worker and its actions; wait for the database up to `within_s` seconds, then raise."""
        end = time.monotonic() + within_s
        tries = 0
        while True:
            try:
                async with asyncio.timeout(None if within_s == math.inf else end - time.monotonic()):
                    return await self._register()
            except LOST as error:
                await self.lost(error)
                tries += 1
                if time.monotonic() + 1 > end:
                    raise
                await asyncio.sleep(backoff.delay(tries, first_s=0.05, longest_s=1.0))

    async def _register(self) -> None:
        connection = await self._link.get()
        failpoints.hit("register.before")
        told = (self._catalogue.specs(), self._catalogue.pages())
        params = (socket.gethostname(), os.getpid(), __version__, self._settings.lease_s, *told)
        async with asyncio.timeout(self._settings.statement_timeout_s):
            cursor = await connection.execute(_REGISTER, params)
            row = await cursor.fetchone()
        failpoints.hit("register.after")
        if row is not None:
            self.worker_id = row[0]

    async def send(self, acts: Sequence[Act], done_claims: Sequence[int], claim: Claim) -> list[Row]:
        """Commit acts and claim, in one transaction."""
        params: dict[str, Any] = {
            **parameters(acts),
            "worker_id": self.worker_id,
            "done_claims": wire.longs(done_claims),
            "claim_limit": Int4(claim.limit),
            "lane_limit": Int4(claim.lanes),
            "fresh_limit": Int4(claim.fresh),
            "action_patterns": claim.patterns,
        }
        connection = await self._link.get()
        if self._link.failed_over:
            raise FailedOverError("another server has taken over")
        failpoints.hit("advance.before")
        async with asyncio.timeout(self._settings.statement_timeout_s + _OVER_S):
            cursor = connection.cursor(binary=True)
            await cursor.execute(_ADVANCE, params, prepare=True)
            rows = await cursor.fetchall()
        failpoints.hit("advance.after")
        return rows

    async def settle(
        self, acts: Sequence[Act], claim_ids: Sequence[int], runs: Iterable[Activation] = ()
    ) -> set[bytes]:
        """Return the nodes whose acts did not commit; release what was claimed without our knowing.

        `runs` are what this worker has beside the acts: after a failover, whatever else it holds is released. The old
        connection's backend is ended first: while it lives, its transaction could still commit.
        """
        connection = await self._link.get()
        failpoints.hit("settle.before")
        async with asyncio.timeout(self._settings.statement_timeout_s):
            await connection.execute(_END_OTHERS, (self._link.application_name,))
            held: set[bytes] = set()
            if acts:
                cursor = connection.cursor(binary=True)
                await cursor.execute(_STILL_HELD, (self.worker_id, *keys(acts)))
                held = {row[0] for row in await cursor.fetchall()}
        if self._link.failed_over:
            had = {act.activation.node_key for act in acts} | {run.node_key for run in runs}
            await self.reconcile(claim_ids, wire.uuids(list(had)))
            self._link.failed_over = False
        else:
            await self.reconcile(claim_ids)
        failpoints.hit("settle.after")
        return held

    async def reconcile(self, claim_ids: Sequence[int], node_keys: Any = None) -> None:
        """Release what this worker holds under claims that it does not know, or that are no `node_keys` of its own."""
        connection = await self._link.get()
        async with asyncio.timeout(self._settings.statement_timeout_s):
            cursor = connection.cursor(binary=True)
            await cursor.execute(_RECONCILE, (self.worker_id, wire.longs(claim_ids), node_keys))
            for what, swarm_key, from_seq, to_seq in await cursor.fetchall():
                if what == "events":
                    self._events(swarm_key, from_seq, to_seq)

    async def suspects(self, runs: Sequence[Activation]) -> set[bytes]:
        """Return the nodes among these that were lost too often in a row to be run beside others."""
        connection = await self._link.get()
        cursor = connection.cursor(binary=True)
        keys = (wire.uuids([run.swarm_key for run in runs]), wire.uuids([run.node_key for run in runs]))
        async with asyncio.timeout(self._settings.statement_timeout_s):
            await cursor.execute(_SUSPECTS, (*keys, LOSSES))
            return {row[0] for row in await cursor.fetchall()}

    async def lost(self, error: BaseException) -> None:
        """Give the connection up."""
        await self._link.lost(error)

    async def close(self) -> None:
        """Close the connection."""
        await self._link.close()
