"""A swarm's tree as lines."""

from typing import Any

from pgswarm.cli.tree import tree_lines


def node(name: str, parent: str | None, status: str = "pending", outcome: str | None = None) -> dict[str, Any]:
    return {"node_id": name, "parent_id": parent, "status": status, "outcome": outcome}


def drawn(nodes: list[dict[str, Any]]) -> list[str]:
    return [f"{line.indent}{line.mark} {line.node['node_id']}" for line in tree_lines(nodes)]


def test_children_stand_below_their_parent_in_their_order() -> None:
    nodes = [
        node("root", None, "awaiting_children"),
        node("a", "root", "terminated", "succeeded"),
        node("b", "root", "awaiting_children"),
        node("c", "root", "terminated", "failed"),
        node("b1", "b", "waiting_user"),
        node("b2", "b", "running"),
    ]
    assert drawn(nodes) == ["◌ root", "├─ ✔ a", "├─ ◌ b", "│  ├─ ? b1", "│  └─ ▶ b2", "└─ ✘ c"]


def test_a_node_whose_parent_was_left_out_is_drawn_as_a_root() -> None:
    assert drawn([node("b1", "b"), node("b2", "b1")]) == ["· b1", "└─ · b2"]


def test_a_chain_of_thousands_is_drawn_within_a_bounded_width() -> None:
    nodes = [node("0", None), *(node(str(i), str(i - 1)) for i in range(1, 5000))]
    lines = drawn(nodes)
    assert [line.split()[-1] for line in lines] == [str(i) for i in range(5000)]
    assert max(map(len, lines)) < 140


def test_nothing_gives_no_lines() -> None:
    assert drawn([]) == []
