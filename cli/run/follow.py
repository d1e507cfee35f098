"""Following one swarm's events: from a cursor on, woken by NOTIFY, polling behind it.

Rule: a notification only wakes; the rows are the truth. A lost database is waited for, a bounded time; the cursor
makes sure that nothing is skipped or shown twice.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

from pgswarm.cli.exits import CommandError, Exit, UnreachableError
from pgswarm.cli.run.state import Event

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")

BATCH = 1_000
BATCHES = 10
MOST = BATCH * BATCHES
PATIENCE_S = 60.0
"""How long a lost database is waited for."""
RETRY_S = 0.25

EVENTS = """
select seq, kind, verb, at, node_id, data
  from pgswarm.event
 where swarm_id = %(swarm_id)s and seq > %(seq)s
 order by seq
 limit %(limit)s
"""
# What subscribers get is fat: each frame of a node is its whole row (DESIGN, "Data"). `data` holds every column that
# can change, and goes last.
FAT = """
select e.seq, e.kind, e.verb, e.at, e.node_id,
       case when n.node_id is not null and e.kind <> 'node.created' then to_jsonb(n) || e.data else e.data end as data
  from pgswarm.event e
  left join pgswarm.node n on n.swarm_id = e.swarm_id and n.node_id = e.node_id and e.kind like 'node.%%'
 where e.swarm_id = %(swarm_id)s and e.seq > %(seq)s
 order by e.seq
 limit %(limit)s
"""
FULL = "select pgswarm.full_text(blob => %(blob)s) as text"
SPENT = """
select spent_llm_calls as llm_calls, spent_input_tokens + spent_output_tokens as tokens, spent_cost_usd as cost_usd,
       extract(epoch from coalesce(terminated_at, pgswarm.clock()) - created_at)::float8 as seconds
  from pgswarm.swarm where swarm_id = %(swarm_id)s
"""
NOTHING_SPENT = {"llm_calls": 0, "tokens": 0, "cost_usd": 0, "seconds": 0.0}


class Follower:
    """One connection that listens and reads."""

    def __init__(self, url: Callable[[], str], swarm_id: str, note: Callable[[str], None], *, fat: bool) -> None:
        """Take where the database is (asked again after it was lost), the swarm, and who hears of an outage."""
        self._url = url
        self.swarm_id = swarm_id
        self._note = note
        self._query: LiteralString = FAT if fat else EVENTS
        self._seq = 0
        self.hurried: Callable[[], bool] = lambda: False
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    @property
    def handle(self) -> int | None:
        """What can be waited for; None where the connection is lost."""
        return None if self._connection is None or self._connection.closed else self._connection.fileno()

    @property
    def connection(self) -> "psycopg.Connection[dict[str, Any]]":
        """The connection, opened if need be."""
        if self._connection is None or self._connection.closed:
            from pgswarm.cli.database import connect

            self._connection = connect(self._url())
            self._connection.execute("select set_config('timezone', 'UTC', false)")
            self._connection.execute("listen pgswarm_event")
        return self._connection

    def take(self) -> list[Event]:
        """Return the events since the last call, at most `MOST` of them."""
        found: list[Event] = []
        for _ in range(BATCHES):
            asked = {"swarm_id": self.swarm_id, "seq": self._seq, "limit": BATCH}
            rows = self.rows(self._query, asked)
            found += [self._event(row) for row in rows]
            if rows:
                self._seq = rows[-1]["seq"]
            if len(rows) < BATCH:
                break
        return found

    def woken(self) -> None:
        """Take in what was notified; call when the connection can be read."""
        import psycopg

        try:
            for _ in self.connection.notifies(timeout=0):
                pass
        except psycopg.OperationalError:
            self.close()  # `take` connects again

    def whole(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row of an event with its long texts in full."""
        for name, text in list(row.items()):
            blob = row.get(f"{name}_blob")
            if isinstance(blob, str) and isinstance(text, str) and text.endswith("…"):
                row[name] = self.rows(FULL, {"blob": blob})[0]["text"] or text
        return row

    def spent(self) -> dict[str, Any]:
        """Return what the swarm has cost so far: model calls, tokens, US dollars, seconds."""
        rows = self.rows(SPENT, {"swarm_id": self.swarm_id})
        return rows[0] if rows else dict(NOTHING_SPENT)

    def rows(self, query: LiteralString, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the rows of a query, asked again if the database is lost meanwhile."""
        return self.lasting(lambda: self.connection.execute(query, asked).fetchall())

    def lasting(self, work: Callable[[], T]) -> T:
        """Do `work`, again if the database is lost meanwhile; raise `UnreachableError` when it stays away."""
        import psycopg

        from pgswarm.cli.failures import describe

        end = time.monotonic() + PATIENCE_S
        said = False
        while True:
            try:
                return work()
            except (psycopg.OperationalError, psycopg.InterfaceError, UnreachableError) as error:
                self.close()
                told = describe(error)
                reason = told.message if told is not None else str(error)
                if time.monotonic() > end:
                    raise UnreachableError(
                        f"the database was lost: {reason}", "Nothing is lost: the same command goes on when it is back."
                    ) from error
                if self.hurried():
                    raise CommandError(
                        f"interrupted while the database was lost: {reason}",
                        "The swarm was not paused. The same command goes on when the database is back.",
                        Exit.INTERRUPTED,
                    ) from error
                if not said:
                    said = True
                    self._note(f"The database is lost ({reason}); trying again for {PATIENCE_S:g} s.")
                time.sleep(RETRY_S)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _event(self, row: dict[str, Any]) -> Event:
        node_id = None if row["node_id"] is None else str(row["node_id"])
        at = row["at"].isoformat()
        return Event(self.swarm_id, row["seq"], row["kind"], row["verb"], at, node_id, row["data"])


def frame(event: Event, data: dict[str, Any]) -> str:
    """Return the contract's frame of an event as one line of JSON."""
    return json.dumps(
        {
            "swarm_id": event.swarm_id,
            "seq": event.seq,
            "kind": event.kind,
            "at": event.at,
            "node_id": event.node_id,
            "data": data,
        },
        ensure_ascii=False,
    )
