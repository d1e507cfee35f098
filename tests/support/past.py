"""The past of a swarm, folded in Python from its events: what `state_at` and forks are held to.

`grow` makes a swarm with a past: every verb that a worker and a person have, drawn at random from a seed.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from support.journal import begin, end
from support.verbs import (
    Act,
    Conn,
    Kid,
    Run,
    Worker,
    add_message,
    answer,
    ask,
    call,
    fail,
    finish,
    go_on,
    open_questions,
    release,
    retry,
    retry_node,
    spawn,
    start,
)

Row = dict[str, Any]
SILENT = ("updated_at", "lease_expires_at")


def fold(conn: Conn, swarm_id: UUID, seq: int) -> dict[str, Row]:
    """Return the nodes after event `seq` by id: each node's frames laid over each other, in order."""
    return next(nodes for at, nodes in folds(conn, swarm_id) if at == seq)


def folds(conn: Conn, swarm_id: UUID) -> Iterator[tuple[int, dict[str, Row]]]:
    """Yield each moment, from 0 to the last event, and the nodes then; they are only to be looked at."""
    found: dict[str, Row] = {}
    yield 0, found
    for event in conn.execute(
        "select seq, kind, node_id::text as id, data from pgswarm.event where swarm_id = %s order by seq", [swarm_id]
    ).fetchall():
        if event["kind"].startswith("node."):
            found[event["id"]] = {**found.get(event["id"], {}), **event["data"]}
        yield event["seq"], found


def state_at(conn: Conn, swarm_id: UUID, seq: int) -> dict[str, Row]:
    """Return what `state_at` says, by id, as JSON has it."""
    rows = conn.execute(
        "select to_jsonb(n) as row from pgswarm.state_at(swarm_id => %s, seq => %s) n", [swarm_id, seq]
    ).fetchall()
    return {row["row"]["node_id"]: row["row"] for row in rows}


def rows_of(conn: Conn, swarm_id: UUID) -> dict[str, Row]:
    """Return the nodes as they are, by id, as JSON has them."""
    rows = conn.execute("select to_jsonb(n) as row from pgswarm.node n where swarm_id = %s", [swarm_id]).fetchall()
    return {row["row"]["node_id"]: row["row"] for row in rows}


def told(nodes: Mapping[str, Row]) -> dict[str, Row]:
    """Leave out what changes without an event."""
    return {
        key: {
            name: value
            for name, value in row.items()
            if name not in SILENT and not (name == "open_children" and row["status"] == "awaiting_children")
        }
        for key, row in nodes.items()
    }


def expected_fork(conn: Conn, swarm_id: UUID, fork_id: UUID, seq: int) -> dict[str, Row]:
    """Return what a fork's nodes must be, by its ids: the fold of the original, with what a fork changes."""
    past = fold(conn, swarm_id, seq)
    twin = {row["copied_from"]: key for key, row in rows_of(conn, fork_id).items()}
    assert sorted(twin) == sorted(past)
    living = [row["parent_id"] for row in past.values() if row["status"] != "terminated"]
    found = {}
    for key, row in past.items():
        found[twin[key]] = {
            **row,
            "swarm_id": str(fork_id),
            "node_id": twin[key],
            "parent_id": twin.get(row["parent_id"]),
            "retry_of": twin.get(row["retry_of"]),
            "copied_from": key,
            "status": "pending" if row["status"] == "running" else row["status"],
            "attempt": 0,
            "lease_owner": None,
            "lease_expires_at": None,
            "open_children": living.count(key) if row["status"] == "awaiting_children" else 0,
        }
        found[twin[key]].pop("updated_at")
    return found


def grow(conn: Conn, worker: Worker, seed: int, *, acts: int = 250, most: int = 120, owner: UUID | None = None) -> UUID:
    """Start a swarm and do `acts` things to it; it lives at the end. At most about `most` nodes."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    swarm_id = start(conn, f"seed {seed}", owner=owner)
    held: list[Run] = []
    replaced: set[UUID] = set()
    for number in range(acts):
        if draw.random() < 0.15:
            _person(conn, draw, swarm_id, number, replaced)
            continue
        if len(held) < 6:
            held += worker.claim(draw.randint(1, 4))
        if not held:
            continue
        run = held.pop(draw.randrange(len(held)))
        if draw.random() < 0.3 and run.row["depth"]:
            no = draw.randint(1, 2)
            if begin(conn, run, no=no)["verdict"] == "call" and draw.random() < 0.8:
                end(conn, run, 30, 20, 0.25, no=no)
        worker.does(_act(draw, run, number, most))
    return swarm_id


def _act(draw: random.Random, run: Run, number: int, most: int) -> Act:
    if run.row["depth"] == 0:  # the root spawns for ever: the swarm does not end
        return spawn(run, *(Kid(directive=f"part {number}.{i}") for i in range(draw.randint(2, 5))))
    drawn: list[Callable[[], Act]] = [
        lambda: finish(run, f"report {number}"),
        lambda: finish(run, f"report {number}"),
        lambda: fail(run),
        lambda: ask(run, *(f"question {number}.{i}?" for i in range(draw.randint(1, 3)))),
        lambda: go_on(run, then=f"step {number}", state={"at": number}),
        lambda: retry(run),
        lambda: release(run),
    ]
    if number < most and run.row["depth"] < 5:
        children = [Kid(directive=f"child {number}.{i}") for i in range(draw.randint(1, 4))]
        drawn += [lambda: spawn(run, *children)] * 4
    return draw.choice(drawn)()


def _person(conn: Conn, draw: random.Random, swarm_id: UUID, number: int, replaced: set[UUID]) -> None:
    asked = open_questions(conn, swarm_id)
    if asked and draw.random() < 0.6:
        answer(conn, draw.choice(asked)["question_id"], f"answer {number}")
        return
    ended = conn.execute(
        "select n.node_id from pgswarm.node n join pgswarm.node p on p.node_id = n.parent_id"
        " where n.swarm_id = %s and n.status = 'terminated' and p.status = 'awaiting_children'"
        " and n.spawn_round = p.activation order by 1",
        [swarm_id],
    ).fetchall()
    free = [row["node_id"] for row in ended if row["node_id"] not in replaced]
    if free and draw.random() < 0.5:
        node_id = draw.choice(free)
        replaced.add(node_id)
        retry_node(conn, swarm_id, node_id)
        return
    waiting = conn.execute(
        "select node_id from pgswarm.node where swarm_id = %s and status in ('pending', 'waiting_user') order by 1",
        [swarm_id],
    ).fetchall()
    if waiting and draw.random() < 0.5:
        change_directive(conn, swarm_id, draw.choice(waiting)["node_id"], f"changed {number}")
        return
    add_message(conn, swarm_id, None, f"message {number}")


def change_directive(conn: Conn, swarm_id: UUID, node_id: UUID, directive: str) -> None:
    call(
        conn,
        "select pgswarm.change_directive(swarm_id => %s, node_id => %s, directive => %s)",
        swarm_id, node_id, directive,
    )  # fmt: skip


def fork(conn: Conn, swarm_id: UUID, seq: int) -> UUID:
    found: UUID = call(conn, "select pgswarm.fork_swarm(swarm_id => %s, at_seq => %s)", swarm_id, seq)
    return found


def copy(conn: Conn, swarm_id: UUID) -> UUID:
    found: UUID = call(conn, "select pgswarm.copy_swarm(swarm_id => %s)", swarm_id)
    return found


def top(conn: Conn, swarm_id: UUID) -> int:
    found: int = call(conn, "select max(seq) from pgswarm.event where swarm_id = %s", swarm_id)
    return found
