"""All swarms in a window: each has its line, and what lives in it as far as there is room."""

from typing import Any

from pgswarm.cli.watch.board import board, share_out


def swarm(swarm_id: str, state: str = "active", **counts: int) -> dict[str, Any]:
    none = dict.fromkeys(("nodes", "pending", "running", "waiting_user", "awaiting_children", "terminated"), 0)
    return {"swarm_id": swarm_id, "goal": f"goal of {swarm_id}", "state": state, "cost_usd": 0, **none, **counts}


def node(swarm_id: str, node_id: int, parent_id: int | None, status: str = "running") -> dict[str, Any]:
    row = {"swarm_id": swarm_id, "node_id": node_id, "parent_id": parent_id, "status": status, "outcome": None}
    return {**row, "action": f"do/{node_id}", "directive": "part", "error": None}


def drawn(swarms: list[dict[str, Any]], nodes: list[dict[str, Any]], height: int = 40) -> list[str]:
    return [line.plain for line in board(swarms, nodes, height)]


def test_nothing_at_work_says_how_to_start() -> None:
    assert drawn([], []) == ["No swarm is at work. Start one: pgswarm run GOAL"]


def test_each_swarm_has_its_counts_and_its_living_tree() -> None:
    lines = drawn(
        [
            swarm("a", running=1, awaiting_children=1, nodes=3, terminated=1),
            swarm("b", "succeeded", nodes=1, terminated=1),
        ],
        [node("a", 1, None, "awaiting_children"), node("a", 2, 1)],
    )
    assert lines[0].startswith("2 swarms · 1 running · 1 awaiting parts · ")
    assert lines[1:] == [
        "● 1/3 ended · 1 running · 1 awaiting parts · $0 · active · a  goal of a",
        "  ◌ do/1  part",
        "  └─ ▶ do/2  part",
        "✔ 1/1 ended · $0 · succeeded · b  goal of b",
    ]


def test_a_small_window_keeps_every_swarm_and_what_asks_before_what_runs() -> None:
    nodes = [
        node("a", 1, None, "awaiting_children"),
        *(node("a", n, 1) for n in range(2, 30)),
        node("a", 30, 1, "waiting_user"),
    ]
    lines = drawn([swarm("a"), swarm("b")], nodes, height=7)
    assert len(lines) <= 7
    assert "  └─ ? do/30  part" in lines
    assert "    … and 27 more nodes" in lines
    assert lines[-1].endswith("goal of b")


def test_lines_go_to_those_that_need_few_first_and_the_rest_is_shared() -> None:
    assert share_out([1, 30, 2, 40], 23) == [1, 10, 2, 10]
    assert share_out([5, 5], 40) == [5, 5]
    assert share_out([9, 9, 9], 2) == [1, 1, 1]
