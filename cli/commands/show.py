"""`pgswarm show`: one swarm with its tree, or one node with everything that is known about it."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgswarm.cli.ids import find_id, id_end
from pgswarm.cli.options import Json
from pgswarm.cli.output import money, one_line, print_json, safe, short_time, styled, terminal_width
from pgswarm.cli.tree import tree_lines
from pgswarm.schema.notes import split

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[dict[str, Any]]

SWARM = """
select o.*, s.root_node_id, s.forked_from, s.terminated_at, pgswarm.whole_text(s.goal, s.goal_blob) as goal,
       pgswarm.whole_text(s.report, s.report_blob) as report, s.blueprint_id, b.name as blueprint,
       b.version as blueprint_version,
       (select max(n.version) from pgswarm.blueprint n
         where n.name = b.name and n.owner_id is not distinct from b.owner_id) as blueprint_newest
  from pgswarm.swarm_overview o
  join pgswarm.swarm s using (swarm_id)
  left join pgswarm.blueprint b using (blueprint_id)
 where o.swarm_id = %(swarm_id)s
"""
NODES = """
select node_id, parent_id, depth, action, pgswarm.whole_text(directive, directive_blob) as directive, status, outcome,
       attempt, error, retry_of, created_at, terminated_at
  from pgswarm.node
 where swarm_id = %(swarm_id)s
 order by depth, spawn_round, position, node_id
 limit %(limit)s
"""
OPEN_QUESTIONS = """
select question_id, node_id, prompt, choices, expires_at
  from pgswarm.inbox where swarm_id = %(swarm_id)s order by asked_at
"""
NODE = """
select n.*, pgswarm.whole_text(n.directive, n.directive_blob) as directive,
       pgswarm.whole_text(n.report, n.report_blob) as report
  from pgswarm.node n
 where n.swarm_id = %(swarm_id)s and n.node_id = %(node_id)s
"""
QUESTIONS = """
select question_id, prompt, choices, asked_at, answer, answered_by, answered_at, closed_reason
  from pgswarm.question where swarm_id = %(swarm_id)s and node_id = %(node_id)s order by asked_at, position
"""
SPEND = """
select of_node, subtree_cost_usd, subtree_input_tokens + subtree_output_tokens as subtree_tokens
  from pgswarm.node_spend(%(swarm_id)s)
"""
NODE_SPEND = """
select llm_calls, tokens, cost_usd, subtree_nodes, subtree_llm_calls, subtree_input_tokens, subtree_output_tokens,
       subtree_cost_usd
  from pgswarm.node_spend(%(swarm_id)s, %(node_id)s)
"""
CALLS = """
select model, prompt, memo, activation, call_no, input_tokens, output_tokens, cost_usd, started_at, finished_at
  from pgswarm.llm_call where swarm_id = %(swarm_id)s and node_id = %(node_id)s order by activation, call_no
"""
GOAL_WIDTH = 400
INTERNAL = ("directive_blob", "report_blob", "request_hash", "spawn_round")


def show(
    swarm: Annotated[str, typer.Argument(help="The swarm's id, or the beginning or the end of it.")],
    node: Annotated[str | None, typer.Argument(help="A node's id, or a part of it: shows that node.")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many nodes of the tree, top down.")] = 500,
    as_json: Json = False,
) -> None:
    r"""Show a swarm: its tree, its open questions and its report. With a node's id: that node.

    \b
    Examples:
      pgswarm show 019a2b3c4d5e
      pgswarm show 019a2b3c4d5e 7f2e91ab --json
    """
    from pgswarm.cli.database import connect, ready_url

    with connect(ready_url()) as connection:
        swarm_id = find_id(connection, "swarm", swarm)
        if node is None:
            _show_swarm(connection, swarm_id, limit, as_json=as_json)
        else:
            _show_node(connection, swarm_id, find_id(connection, "node", node, swarm_id), as_json=as_json)


def _show_swarm(connection: "Connection", swarm_id: str, limit: int, *, as_json: bool) -> None:
    ids = {"swarm_id": swarm_id, "limit": limit}
    row = connection.execute(SWARM, ids).fetchall()[0]
    nodes = connection.execute(NODES, ids).fetchall()
    questions = connection.execute(OPEN_QUESTIONS, ids).fetchall()
    spent = {row["of_node"]: row for row in connection.execute(SPEND, ids).fetchall()}
    if as_json:
        row.pop("report_blob")
        for node in nodes:
            found = spent.get(node["node_id"], {})
            node["subtree_cost_usd"] = found.get("subtree_cost_usd", 0)
            node["subtree_tokens"] = found.get("subtree_tokens", 0)
        print_json({"swarm": row, "nodes": nodes, "questions": questions})
        return
    state = row["outcome"] or row["status"]
    reason = f" ({row['paused_reason']})" if row["paused_reason"] else ""
    typer.echo(f"{styled('swarm', 'dim')}    {row['swarm_id']}  {styled(state + reason, state)}")
    typer.echo(f"{styled('goal', 'dim')}     {one_line(row['goal'], GOAL_WIDTH if terminal_width() else None)}")
    if row["blueprint"] is not None:
        newer = row["blueprint_newest"] > row["blueprint_version"]
        newest = f" (the newest is {row['blueprint_newest']})" if newer else ""
        typer.echo(
            f"{styled('stands on', 'dim')} {one_line(row['blueprint'])}, version {row['blueprint_version']}{newest}"
        )
    typer.echo(
        f"{styled('nodes', 'dim')}    {row['nodes']}: {row['terminated']} ended, {row['running']} running,"
        f" {row['pending']} pending, {row['awaiting_children']} awaiting children,"
        f" {row['waiting_user']} waiting for an answer"
    )
    tokens = (row["input_tokens"] or 0) + (row["output_tokens"] or 0)
    typer.echo(f"{styled('cost', 'dim')}     {money(row['cost_usd'])}, {tokens} tokens")
    typer.echo(
        f"{styled('started', 'dim')}  {short_time(row['created_at'])}, last event {short_time(row['last_event_at'])}\n"
    )
    width = terminal_width()
    for line in tree_lines(nodes):
        text = f"{line.indent}{line.mark} {line.node['action']}  {one_line(line.node['directive'])}"
        cost = _spent(spent.get(line.node["node_id"]))
        room = None if width is None else max(width - 14 - len(cost), 20)
        typer.echo(f"{styled(_cut(text, room), line.state)}{cost}  {styled(id_end(line.node['node_id']), 'dim')}")
        if line.node["error"]:
            typer.echo(_cut(f"{line.below}  {_told(line.node['error'])}", width))
    if row["nodes"] > len(nodes):
        typer.echo(f"… and {row['nodes'] - len(nodes)} more nodes (--limit)")
    for question in questions:
        typer.echo(
            f"\n{styled('question', 'waiting_user')} {question['question_id']}\n  {one_line(question['prompt'])}"
        )
        typer.echo(f"  pgswarm answer {question['question_id']} " + ("CHOICE" if question["choices"] else "TEXT"))
    if row["report"]:
        typer.echo(f"\n{styled('report', 'head')}\n{safe(row['report'])}")


def _show_node(connection: "Connection", swarm_id: str, node_id: str, *, as_json: bool) -> None:
    ids = {"swarm_id": swarm_id, "node_id": node_id}
    row = connection.execute(NODE, ids).fetchall()[0]
    for name in INTERNAL:
        row.pop(name, None)
    questions = connection.execute(QUESTIONS, ids).fetchall()
    calls = connection.execute(CALLS, ids).fetchall()
    (spent,) = connection.execute(NODE_SPEND, ids).fetchall()
    row["state"], notes = split(row["state"])
    if as_json:
        print_json({"node": row, "notes": notes, "questions": questions, "llm_calls": calls, "spend": spent})
        return
    report, directive = row.pop("report"), row.pop("directive")
    for name, value in row.items():
        if value is not None and value != {}:
            shown = short_time(value) if name.endswith("_at") else one_line(_text(value))
            typer.echo(f"{styled(name.ljust(16), 'dim')} {shown}")
    if spent["subtree_llm_calls"]:
        tokens = spent["subtree_input_tokens"] + spent["subtree_output_tokens"]
        typer.echo(
            f"{styled('spent'.ljust(16), 'dim')} {money(spent['cost_usd'])}, {spent['tokens']} tokens; with all below:"
            f" {money(spent['subtree_cost_usd'])}, {tokens} tokens in {spent['subtree_llm_calls']} calls"
        )
    typer.echo(f"\n{styled('directive', 'head')}\n{safe(directive)}")
    for question in questions:
        answer = "open" if question["closed_reason"] is None else _text(question["answer"] or question["closed_reason"])
        typer.echo(
            f"\n{styled('question', 'head')} {question['question_id']}\n{safe(question['prompt'])}\n→ {safe(answer)}"
        )
    _show_notes(notes)
    for call in calls:
        _show_call(call)
    if report:
        typer.echo(f"\n{styled('report', 'head')}\n{safe(report)}")


def _show_notes(notes: Sequence[Mapping[str, Any]]) -> None:
    """Say what the node noted, each note with the activation that made it."""
    if notes:
        typer.echo(f"\n{styled('notes', 'head')}")
    for note in notes:
        grave = "" if note.get("level") == "info" else f"{note.get('level')}: "
        said = safe(f"{grave}{note.get('text')}")
        typer.echo(f"  {note.get('activation')}. {said}")


def _show_call(call: Mapping[str, Any]) -> None:
    tokens = f"{call['input_tokens']} + {call['output_tokens']} tokens, {money(call['cost_usd'])}"
    if call["memo"]:
        tokens += " (an earlier answer, used again)"
    typer.echo(f"\n{styled('model call', 'head')} {call['activation']}.{call['call_no']} {call['model']}: {tokens}")
    if call["prompt"]:
        typer.echo(styled(f"  prompt {call['prompt']}", "dim"))


def _spent(row: Mapping[str, Any] | None) -> str:
    """Return what a node and all below it cost, for its line in the tree; nothing where that is nothing."""
    if row is None or not row["subtree_tokens"]:
        return ""
    return f"  {money(row['subtree_cost_usd'])}" if row["subtree_cost_usd"] else f"  {row['subtree_tokens']} tokens"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _told(error: Mapping[str, Any]) -> str:
    """Return why a node failed, in a line."""
    return one_line(f"{error.get('code', 'failed')}: {error.get('message', '')}")


def _cut(text: str, room: int | None) -> str:
    return text if room is None or len(text) <= room else text[: room - 1] + "…"


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command()(show)
