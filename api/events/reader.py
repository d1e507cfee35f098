"""Reads events for subscribers, on connections of its own.

Rule: rows are read in the name of the account that subscribed; the database checks whose they are at every read.
"""

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from pgswarm.api.database import CLOSE_S, CONNECT_S, Conn, Database
from pgswarm.api.events.cursors import Cursor
from pgswarm.api.events.frames import Frame, make_frame
from pgswarm.api.ownership import require_swarm
from pgswarm.api.principal import Principal
from pgswarm.api.settings import ApiSettings

_LOG = logging.getLogger(__name__)

CONNECTIONS: Final = 4
BLOCK: Final = 256
"""Events that are read at once of one swarm."""
ACCOUNT_PAGE: Final = 500
AT_ONCE: Final = 2
"""Reads of older events at a time: one swarm's past does not hold up another's present."""
READ_S: Final = 10.0

_FRAMES: Final = "select * from pgswarm.event_frames(%(accounts)s, %(swarm_ids)s, %(after_seqs)s, %(most)s)"
_ENDS: Final = "select last_seq, history_from_seq from pgswarm.event_ends(%(swarm_id)s)"
_SUBTREE: Final = "select node_id from pgswarm.subtree_nodes(%(swarm_id)s, %(node_id)s) as node_id"
_SNAPSHOT: Final = "select * from pgswarm.swarm_snapshot(%(swarm_id)s)"
_ACCOUNT: Final = """
select * from pgswarm.account_frames(%(horizon)s, %(seen_at)s, %(only)s, %(known)s, %(known_seqs)s, %(most)s)
"""
_PARTIALS: Final = "select * from pgswarm.partial_frames(%(accounts)s, %(swarm_ids)s, %(since)s)"
_ACCOUNT_PARTIALS: Final = "select * from pgswarm.account_partials(%(accounts)s, %(since)s)"
_NOW: Final = "select pg_snapshot_xmin(pg_current_snapshot())::text as horizon, pgswarm.clock() as seen_at"
_OWNERS: Final = "select swarm_id, owner_id from pgswarm.swarm_owners(%(swarm_ids)s)"
_MAY_READ: Final = "select account_id, swarm_id from pgswarm.may_read(%(accounts)s, %(swarm_ids)s)"
# Behind a standby that was promoted the database counts another timeline (PostgreSQL documentation, "Timelines"), which
# the first eight digits of a segment's name are.
_TIMELINE: Final = """
select case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline
"""
_TOKENS: Final = "select token_id from pgswarm.live_tokens(%(token_ids)s) as token_id"


@dataclass(frozen=True, slots=True)
class Ends:
    """The seq of a swarm's newest event, and from which seq on its events are kept."""

    last_seq: int
    history_from_seq: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be read of a swarm, and in whose name."""

    account_id: UUID
    swarm_id: UUID
    after: int


@dataclass(frozen=True, slots=True)
class AccountPage:
    """What is new in an account's swarms, and the cursor that is true once all of it was handed on."""

    frames: Sequence[Frame]
    cursor: Cursor
    complete: bool


class Reader:
    """The queries. Open it before use, close it at the end."""

    def __init__(self, settings: ApiSettings, failed_over: Callable[[], None] = lambda: None) -> None:
        """Take where to read, on connections of its own, so that requests that wait for one do not hold up events.

        `failed_over` is called before anything is read of a database that is not the one that was read before.
        """
        self._failed_over = failed_over
        self._timeline: str | None = None
        self._database = Database(settings.model_copy(update={"pool_size": CONNECTIONS}))
        # For what is read again and again: one round trip. No account and no role are set, for the function is given
        # the accounts and checks them itself; a lost connection is found by the read that fails, and tried again.
        self._direct: AsyncConnectionPool[Conn] = AsyncConnectionPool(
            settings.database_url,
            connection_class=AsyncConnection[DictRow],
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "connect_timeout": CONNECT_S,
                "prepare_threshold": None,
            },
            min_size=1,
            max_size=1 + AT_ONCE,
            timeout=READ_S,
            configure=self._recognise,
            open=False,
            name="events",
        )

    async def open(self) -> None:
        """Begin to connect."""
        await self._database.open()
        await self._direct.open(wait=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._direct.close(CLOSE_S)
        await self._database.close()

    async def recognise(self) -> None:
        """Find out whether another server took over meanwhile, also where a pooler stands before it."""
        async with asyncio.timeout(READ_S), self._direct.connection() as conn:
            await self._recognise(conn)

    async def _recognise(self, conn: Conn) -> None:
        (row,) = await _rows(conn, _TIMELINE)
        found = row["timeline"]
        if found is None:
            return
        if self._timeline not in {None, found}:
            _LOG.warning(
                "the database was failed over (timeline %s to %s): where its replica was asynchronous, what was"
                " committed last may be missing; all streams begin again", self._timeline, found,
            )  # fmt: skip
            self._failed_over()
        self._timeline = found

    async def ends(self, who: Principal, swarm_id: UUID) -> Ends:
        """Return between which seqs a swarm's events lie; raise PS404 where the caller may not see it."""
        async with self._database.as_account(who) as conn:
            await require_swarm(conn, who, swarm_id)
            (row,) = await _rows(conn, _ENDS, swarm_id=swarm_id)
        return Ends(**row)

    async def frames(self, asked: Sequence[Asked], most: int = BLOCK) -> dict[UUID, list[Frame]]:
        """Return of each swarm up to `most` frames after a seq; none of a swarm that its account may not see."""
        async with asyncio.timeout(READ_S), self._direct.connection() as conn:
            rows = await _rows(
                conn, _FRAMES, accounts=[one.account_id for one in asked], swarm_ids=[one.swarm_id for one in asked],
                after_seqs=[max(0, one.after) for one in asked], most=most,
            )  # fmt: skip
        found: dict[UUID, list[Frame]] = {one.swarm_id: [] for one in asked}
        for row in rows:
            found[row["swarm_id"]].append(_frame(row))
        return found

    async def partials(self, asked: Sequence[tuple[UUID, UUID, datetime]]) -> dict[UUID, list[DictRow]]:
        """Return what models say in swarms since a time, each in an account's name; nothing that it may not see."""
        async with asyncio.timeout(READ_S), self._direct.connection() as conn:
            accounts, swarm_ids, since = (list(column) for column in zip(*asked, strict=True))
            rows = await _rows(conn, _PARTIALS, accounts=accounts, swarm_ids=swarm_ids, since=since)
        found: dict[UUID, list[DictRow]] = {}
        for row in rows:
            found.setdefault(row["swarm_id"], []).append(row)
        return found

    async def account_partials(self, asked: Sequence[tuple[UUID, datetime]]) -> dict[UUID, list[DictRow]]:
        """Return what models say in all swarms of some accounts since a time, by account."""
        async with asyncio.timeout(READ_S), self._direct.connection() as conn:
            accounts, since = (list(column) for column in zip(*asked, strict=True))
            rows = await _rows(conn, _ACCOUNT_PARTIALS, accounts=accounts, since=since)
        found: dict[UUID, list[DictRow]] = {}
        for row in rows:
            found.setdefault(row["account_id"], []).append(row)
        return found

    async def subtree(self, who: Principal, swarm_id: UUID, node_id: UUID) -> list[UUID]:
        """Return the nodes at and below a node; raise PS404 where the caller may not see it."""
        async with self._database.as_account(who) as conn:
            await require_swarm(conn, who, swarm_id)
            rows = await _rows(conn, _SUBTREE, swarm_id=swarm_id, node_id=node_id)
        return [row["node_id"] for row in rows]

    @asynccontextmanager
    async def snapshot(self, who: Principal, swarm_id: UUID) -> AsyncIterator[AsyncIterator[list[Frame]]]:
        """Lend a swarm as it is now, in batches of frames; only the last frame has an id. For as short as possible."""
        async with self._database.as_account(who) as conn, conn.cursor(name="snapshot") as cursor:
            await require_swarm(conn, who, swarm_id)
            await cursor.execute(_SNAPSHOT, {"swarm_id": swarm_id})

            async def batches() -> AsyncIterator[list[Frame]]:
                while rows := await cursor.fetchmany(BLOCK):
                    yield [_snapshot_frame(swarm_id, row) for row in rows]

            yield batches()

    async def now(self, who: Principal) -> Cursor:
        """Return the cursor of somebody who has seen everything up to now."""
        async with self._database.as_account(who) as conn:
            (row,) = await _rows(conn, _NOW)
        return Cursor(int(row["horizon"]), row["seen_at"])

    async def account_frames(
        self, who: Principal, since: Cursor, known: Mapping[UUID, int], only: Iterable[UUID] | None = None
    ) -> AccountPage:
        """Return what is new in the account's swarms (or in `only` some) since a cursor, and beyond what is `known`."""
        async with self._database.as_account(who) as conn:
            rows = await _rows(
                conn, _ACCOUNT, horizon=since.horizon, seen_at=since.seen_at, only=None if only is None else list(only),
                known=list(known), known_seqs=list(known.values()), most=ACCOUNT_PAGE,
            )  # fmt: skip
        first, *rest = rows
        cursor = Cursor(int(first["horizon_now"]), first["at_now"])
        return AccountPage([_frame(row) for row in rest], cursor, complete=len(rest) >= first["seq"])

    async def owners(self, swarm_ids: Iterable[UUID]) -> dict[UUID, UUID | None]:
        """Return whose swarms these are: to know whom to wake, never to show."""
        async with self._database.as_system() as conn:
            rows = await _rows(conn, _OWNERS, swarm_ids=list(swarm_ids))
        return {row["swarm_id"]: row["owner_id"] for row in rows}

    async def may_read(self, pairs: Iterable[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
        """Return those of some pairs (account, swarm) in which the account may see the swarm now."""
        accounts, swarm_ids = zip(*pairs, strict=True)
        async with self._database.as_system() as conn:
            rows = await _rows(conn, _MAY_READ, accounts=list(accounts), swarm_ids=list(swarm_ids))
        return {(row["account_id"], row["swarm_id"]) for row in rows}

    async def live_tokens(self, token_ids: Iterable[UUID]) -> set[UUID]:
        """Return those of some tokens that are valid now."""
        async with self._database.as_system() as conn:
            rows = await _rows(conn, _TOKENS, token_ids=list(token_ids))
        return {row["token_id"] for row in rows}


async def _rows(conn: Conn, query: str, **parameters: Any) -> list[DictRow]:
    return await (await conn.execute(query.encode(), parameters, prepare=False)).fetchall()


def _frame(row: DictRow) -> Frame:
    return make_frame(
        swarm_id=row["swarm_id"], seq=row["seq"], kind=row["kind"], node_id=row["node_id"],
        parent_id=row.get("parent_id"), text=row["frame"], event_id=str(row["seq"]),
        conversation_id=row.get("conversation_id"),
    )  # fmt: skip


def _snapshot_frame(swarm_id: UUID, row: DictRow) -> Frame:
    last = row["kind"] == "snapshot.end"
    return make_frame(
        swarm_id=swarm_id, seq=row["seq"], kind=row["kind"], node_id=row["node_id"], parent_id=row["parent_id"],
        text=row["frame"], event_id=str(row["seq"]) if last else None,
    )  # fmt: skip


def with_cursor(frame: Frame, cursor: Cursor) -> Frame:
    """Return a frame whose id is a cursor."""
    made = make_frame(
        swarm_id=frame.swarm_id, seq=frame.seq, kind=frame.kind, node_id=frame.node_id, parent_id=frame.parent_id,
        text=frame.json, event_id=str(cursor),
    )  # fmt: skip
    return dataclasses.replace(made, conversation_id=frame.conversation_id, cursor=cursor)
