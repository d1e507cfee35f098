"""All swarms in a pipe: what happens in any of them from now on, a line for each change or an event a line.

Rule: a cursor for each swarm, so that nothing is shown twice; a swarm that began and ended between two looks is found
by when it ended.
"""

import select
import time
from collections.abc import Callable, Iterator

import typer

from pgswarm.cli.exits import Exit
from pgswarm.cli.ids import id_end
from pgswarm.cli.output import one_line
from pgswarm.cli.run.follow import FAT, Follower, frame
from pgswarm.cli.run.screen import change_line
from pgswarm.cli.run.state import Event, SwarmState
from pgswarm.cli.signals import Signals

POLL_S = 0.5
GATHER_S = 0.1
SHARE = 5
"""Of the time, at most one part in so many is spent on looking."""
BATCH = 1_000
GOAL_CHARS = 120
LATE_S = 60
TOPS = """
select s.swarm_id::text as swarm_id, e.seq
  from pgswarm.swarm s
 cross join lateral (select seq from pgswarm.event where swarm_id = s.swarm_id order by seq desc limit 1) e
 where s.status <> 'terminated' or s.terminated_at > pgswarm.clock() - %(late_s)s * interval '1 second'
 order by s.swarm_id
"""


def watch_every(url: Callable[[], str], *, as_json: bool, note: Callable[[str], None]) -> Exit:
    """Print what happens in any swarm, until the watcher has had enough."""
    follower = Follower(url, "", note, fat=True)
    cursors: dict[str, int] | None = None
    try:
        with Signals() as signals:
            follower.hurried = lambda: bool(signals.received)
            while not signals.received:
                began = time.monotonic()
                tops = {row["swarm_id"]: row["seq"] for row in follower.rows(TOPS, {"late_s": LATE_S})}
                if cursors is None:
                    note(f"Watching {len(tops)} swarms and those to come. Ctrl-C ends it.")
                    cursors = tops
                else:
                    for event in _news(follower, cursors, tops):
                        _show(follower, event, as_json=as_json)
                    cursors = {swarm_id: cursors.get(swarm_id, 0) for swarm_id in tops}
                _wait(follower, signals, (time.monotonic() - began) * SHARE)
    finally:
        follower.close()
    return Exit.INTERRUPTED


def _news(follower: Follower, cursors: dict[str, int], tops: dict[str, int]) -> Iterator[Event]:
    """Yield what is new, swarm after swarm, and move the cursors on."""
    for swarm_id, top in tops.items():
        while (seen := cursors.get(swarm_id, 0)) < top:
            rows = follower.rows(FAT, {"swarm_id": swarm_id, "seq": seen, "limit": BATCH})
            for row in rows:
                node_id = None if row["node_id"] is None else str(row["node_id"])
                at = row["at"].isoformat()
                yield Event(swarm_id, row["seq"], row["kind"], row["verb"], at, node_id, row["data"])
            cursors[swarm_id] = rows[-1]["seq"] if rows else top


def _show(follower: Follower, event: Event, *, as_json: bool) -> None:
    if as_json:
        typer.echo(frame(event, follower.whole(dict(event.data))))
        return
    line = _line(event)
    if line is not None:
        typer.echo(f"{id_end(event.swarm_id)}  {line}")


def _line(event: Event) -> str | None:
    """Return the line of one event, which holds all that is to be known."""
    if event.kind == "swarm.created":
        return f"+ {one_line(event.data['goal'], GOAL_CHARS)}"
    if event.kind == "swarm.terminated":
        return f"= {event.data['outcome']}"
    state = SwarmState()
    if event.node_id is not None and event.kind.startswith("node."):
        state.nodes[event.node_id] = dict(event.data)
    return change_line(event, state)


def _wait(follower: Follower, signals: Signals, seconds: float) -> None:
    """Wait for news, so long at least that looking takes a small part of the time."""
    signals.wait(max(seconds, GATHER_S))
    if signals.received:
        return
    handles = [signals.handle, *([] if follower.handle is None else [follower.handle])]
    readable, _, _ = select.select(handles, [], [], POLL_S)
    if signals.handle in readable:
        signals.clear()
    if follower.handle in readable:
        follower.woken()
