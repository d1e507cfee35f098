"""What differs between two swarms, as a person reads it.

Rule: the two sides are called by the ends of their ids, one line for what is the same, three for a node that differs.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import typer

from pgswarm.cli.ids import id_end
from pgswarm.cli.output import money, one_line, print_table, short_time, styled, terminal_width

FIGURES = (
    ("nodes", "nodes"),
    ("depth", "depth"),
    ("leaves", "leaves"),
    ("succeeded", "succeeded"),
    ("failed", "failed"),
    ("cancelled", "cancelled"),
    ("still living", "living"),
    ("open questions", "open_questions"),
    ("model calls", "llm_calls"),
    ("input tokens", "input_tokens"),
    ("output tokens", "output_tokens"),
)
REPORT = 200


def show_diff(found: Mapping[str, Any]) -> None:
    """Print a document of `diff_swarms`."""
    here, there = (id_end(found[side]["swarm_id"]) for side in ("here", "there"))
    typer.echo(_shared(found["shared"]))
    rows = [("state", *(_state(found[side]) for side in ("here", "there")))]
    rows += [(label, *(str(found[side][name]) for side in ("here", "there"))) for label, name in FIGURES]
    rows.append(("cost", *(money(found[side]["cost_usd"]) for side in ("here", "there"))))
    print_table(("", here, there), [row for row in rows if row[1] != row[2] or row[0] in {"state", "nodes", "cost"}])
    typer.echo(
        f"\n{found['same']} nodes are the same, {found['changed']} differ, {found['only_here']} are only in {here},"
        f" {found['only_there']} only in {there}."
    )
    if found["first"] is not None:
        typer.echo(f"\n{styled('They first part at', 'head')}")
        _show_node(found["first"], here, there)
    rest = found["nodes"][1:]
    if rest:
        typer.echo(f"\n{styled('Then', 'head')}")
        for node in rest:
            _show_node(node, here, there)
    left = found["changed"] + found["only_here"] + found["only_there"] - max(len(found["nodes"]), 1)
    if left > 0:
        typer.echo(f"… and {left} more nodes (--limit)")


def _shared(shared: Mapping[str, Any] | None) -> str:
    if shared is None:
        return "The two have no common past."
    when = f" ({short_time(datetime.fromisoformat(shared['at']))})" if shared["at"] else ""
    return f"They have the events up to {shared['seq']} of {shared['swarm_id']} in common{when}."


def _show_node(node: Mapping[str, Any], here: str, there: str) -> None:
    sides = [(name, node[side]) for side, name in (("here", here), ("there", there)) if node[side] is not None]
    top = sides[0][1]
    what = ", ".join(node["changes"]) if node["what"] == "changed" else f"only in {sides[0][0]}"
    typer.echo(_fit(f"  {top['action']}  {one_line(top['directive'], 80)}  [{what}]"))
    for name, side in sides:
        parts = [id_end(side["node_id"]), _state(side)]
        if side["cost_usd"]:
            parts.append(money(side["cost_usd"]))
        if "directive" in node["changes"]:
            parts.append(f"works on: {one_line(side['directive'], REPORT)}")
        if side["report"] and (node["what"] != "changed" or "report" in node["changes"]):
            parts.append(one_line(side["report"], REPORT))
        typer.echo(_fit(f"    {name}  " + "  ".join(parts)))


def _state(side: Mapping[str, Any]) -> str:
    return str(side["outcome"] or side["status"])


def _fit(line: str) -> str:
    width = terminal_width()
    return line if width is None or len(line) <= width else line[: width - 1] + "…"
