"""All swarms in a terminal: each with its counts and, below it, the nodes that live.

Rule: it is made anew from the rows each time, so that it holds nothing and a lost look costs nothing.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from pgswarm.cli.exits import Exit
from pgswarm.cli.ids import id_end
from pgswarm.cli.output import money, one_line
from pgswarm.cli.run.fit import fit
from pgswarm.cli.run.follow import Follower
from pgswarm.cli.run.live import COLOURS, WORDS
from pgswarm.cli.signals import Signals
from pgswarm.cli.tree import MARKS, Line, tree_lines

EVERY_S = 0.5
SHARE = 5
"""Of the time, at most one part in so many is spent on looking and drawing."""
MOST_SWARMS = 20
MOST_NODES = 100
LATE_S = 60
SWARMS = """
select o.swarm_id::text as swarm_id, goal, coalesce(outcome, status) as state, nodes, pending, running, waiting_user,
       awaiting_children, terminated, cost_usd, count(*) over () as found
  from (select swarm_id from pgswarm.swarm
         where status <> 'terminated' or terminated_at > pgswarm.clock() - %(late_s)s * interval '1 second'
         order by status = 'terminated', swarm_id desc limit %(limit)s) s
  join pgswarm.swarm_overview o using (swarm_id)
 order by o.swarm_id desc
"""
NODES = """
select n.*
  from unnest(%(swarm_ids)s::uuid[]) s(swarm_id)
 cross join lateral (
   select swarm_id::text as swarm_id, node_id, parent_id, action, directive, status, outcome, error
     from pgswarm.node k where k.swarm_id = s.swarm_id and k.status <> 'terminated'
    order by depth, spawn_round, position, node_id limit %(limit)s) n
"""
Row = Mapping[str, Any]


def watch_board(url: Callable[[], str], note: Callable[[str], None]) -> Exit:
    """Draw all swarms that live, and those that ended within the last minute, until the watcher has had enough."""
    follower = Follower(url, "", note, fat=False)
    console = Console(highlight=False)
    try:
        with Signals() as signals, Live(console=console, auto_refresh=False, screen=True) as live:
            follower.hurried = lambda: bool(signals.received)
            while not signals.received:
                began = time.monotonic()
                swarms = follower.rows(SWARMS, {"late_s": LATE_S, "limit": MOST_SWARMS})
                ids = [row["swarm_id"] for row in swarms]
                nodes = follower.rows(NODES, {"swarm_ids": ids, "limit": MOST_NODES})
                live.update(Group(*board(swarms, nodes, console.height)), refresh=True)
                took = time.monotonic() - began
                signals.wait(max(EVERY_S, took * SHARE))
    finally:
        follower.close()
    return Exit.INTERRUPTED


def board(swarms: Sequence[Row], nodes: Sequence[Row], height: int) -> list[Text]:
    """Return the lines: every swarm's own, and of its living nodes as many as there is room for."""
    if not swarms:
        return [Text("No swarm is at work. Start one: pgswarm run GOAL", style="dim")]
    living = {swarm_id: list(rows) for swarm_id, rows in groupby(nodes, key=lambda row: row["swarm_id"])}
    trees = [list(tree_lines(living.get(swarm["swarm_id"], []))) for swarm in swarms]
    lines = [_summary(swarms)]
    for swarm, tree, room in zip(swarms, trees, share_out([len(tree) + 1 for tree in trees], height - 1), strict=True):
        drawn, left_out = fit(tree, max(room - 1, 0)) if room > 1 else ([], 0)
        lines += [_head(swarm), *map(_node, drawn)]
        if left_out:
            lines.append(Text(f"    … and {left_out:,} more nodes", style="dim"))
    return lines[: max(height, 1)]


def share_out(needs: Sequence[int], room: int) -> list[int]:
    """Return how many lines each gets: what it needs, as long as there is room; else all the same, and one at least."""
    shares = [1] * len(needs)
    left = room
    for rank, index in enumerate(sorted(range(len(needs)), key=lambda index: needs[index])):
        shares[index] = max(min(needs[index], left // (len(needs) - rank)), 1)
        left -= shares[index]
    return shares


def _node(line: Line) -> Text:
    style = COLOURS.get(line.state, "")
    text = Text(f"  {line.indent}", style="dim", no_wrap=True, overflow="ellipsis")
    text.append(f"{line.mark} {line.node['action']}  ", style=style or "default")
    return text.append(one_line(str(line.node["directive"])), style="default")


def _summary(swarms: Sequence[Row]) -> Text:
    parts = [f"{len(swarms)} swarm{'' if len(swarms) == 1 else 's'}"]
    parts += [f"{total} {word}" for name, word in WORDS if name != "failed" and (total := sum(s[name] for s in swarms))]
    return Text(" · ".join([*parts, time.strftime("%H:%M:%S")]), style="bold", no_wrap=True, overflow="ellipsis")


def _head(swarm: Row) -> Text:
    state = str(swarm["state"])
    style = COLOURS.get(state, "yellow" if state == "paused" else "bold")
    mark = MARKS.get(state, "‖" if state == "paused" else "●")
    parts = [f"{swarm['terminated']}/{swarm['nodes']} ended"]
    parts += [f"{swarm[name]} {word}" for name, word in WORDS if swarm.get(name)]
    parts += [money(swarm["cost_usd"]), state, id_end(swarm["swarm_id"])]
    text = Text(f"{mark} ", style=style, no_wrap=True, overflow="ellipsis")
    return text.append(" · ".join(parts), style=style).append(f"  {one_line(swarm['goal'])}", style="default")
