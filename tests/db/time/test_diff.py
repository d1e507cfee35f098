"""What differs between two swarms, place by place, and where they first part."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from support.journal import begin, end
from support.past import change_directive, copy, fork, top
from support.verbs import Conn, Kid, Run, Worker, call, cancel, fail, finish, retry_node, spawn, start


def diff(conn: Conn, here: UUID, there: UUID, most: int = 100) -> dict[str, Any]:
    found: dict[str, Any] = call(conn, "select pgswarm.diff_swarms(%s, %s, max_nodes => %s)", here, there, most)
    return found


def counts(found: dict[str, Any]) -> tuple[int, int, int, int]:
    return found["same"], found["changed"], found["only_here"], found["only_there"]


@pytest.fixture
def parted(conn: Conn, worker: Worker) -> tuple[UUID, UUID, int]:
    """A swarm that ended well and its fork, in which one child failed and another has a child of its own."""
    here = start(conn)
    worker.does(spawn(worker.claim_one(), *(Kid(directive=name) for name in ("same", "fails", "grows"))))
    same = take(worker, here, "same")
    worker.does(finish(same, "alike"))
    seq = top(conn, here)
    there = copy(conn, here)
    for name in ("fails", "grows"):
        worker.does(finish(take(worker, here, name), "well"))
    worker.does(finish(take(worker, here, "a goal"), "all well"))
    worker.does(fail(take(worker, there, "fails")))
    worker.does(spawn(take(worker, there, "grows"), Kid(directive="more")))
    paid = take(worker, there, "more")
    begin(conn, paid)
    end(conn, paid, 30, 20, 0.25)
    worker.does(finish(paid, "more"))
    worker.does(finish(take(worker, there, "grows"), "well"))
    worker.does(finish(take(worker, there, "a goal"), "not all well"))
    return here, there, seq


def take(worker: Worker, swarm_id: UUID, directive: str) -> Run:
    """Claim a node by its directive; what is claimed beside it is given back."""
    for _ in range(100):
        for run in worker.claim(1):
            if (run.swarm_id, run.row["directive"]) == (swarm_id, directive):
                return run
            worker.does(_give_back(run))
    raise AssertionError(f"{directive} cannot be claimed")


def _give_back(run: Run) -> Any:
    from support.verbs import release

    return release(run)


def test_tree_status_reports_and_cost_are_compared_place_by_place(conn: Conn, parted: tuple[UUID, UUID, int]) -> None:
    here, there, seq = parted
    found = diff(conn, here, there)
    assert counts(found) == (2, 2, 0, 1)  # "grows" ended alike
    by_name = {(node["here"] or node["there"])["directive"]: node for node in found["nodes"]}
    assert by_name["fails"]["what"] == "changed"
    assert by_name["fails"]["changes"] == ["status", "report"]
    assert (by_name["fails"]["here"]["report"], by_name["fails"]["there"]["outcome"]) == ("well", "failed")
    assert by_name["a goal"]["changes"] == ["report"]
    assert by_name["more"]["what"] == "only_there"
    assert (by_name["more"]["here"], by_name["more"]["there"]["cost_usd"]) == (None, 0.25)
    assert found["shared"]["swarm_id"] == str(here)
    assert found["shared"]["seq"] == seq
    assert (found["here"]["cost_usd"], found["there"]["cost_usd"]) == (0, 0.25)
    assert (found["here"]["depth"], found["there"]["depth"]) == (1, 2)


def test_they_first_part_where_the_first_difference_came_to_be(conn: Conn, parted: tuple[UUID, UUID, int]) -> None:
    here, there, _ = parted
    for found in (diff(conn, here, there), diff(conn, there, here)):
        assert found["first"]["here"]["directive"] == "fails"
        assert found["nodes"][0] == found["first"]
        assert found["nodes"][-1] != found["first"]


def test_the_other_way_round_is_the_mirror(conn: Conn, parted: tuple[UUID, UUID, int]) -> None:
    here, there, _ = parted
    found, mirror = diff(conn, here, there), diff(conn, there, here)
    assert counts(mirror) == (2, 2, 1, 0)
    assert mirror["shared"] == found["shared"]
    assert (mirror["here"], mirror["there"]) == (found["there"], found["here"])


def test_a_copy_does_not_differ_and_limits_leave_the_counts_alone(conn: Conn, parted: tuple[UUID, UUID, int]) -> None:
    here, there, _ = parted
    same = diff(conn, here, copy(conn, here))
    assert counts(same) == (4, 0, 0, 0)
    assert (same["first"], same["nodes"]) == (None, [])
    few = diff(conn, here, there, 0)
    assert (counts(few), few["nodes"]) == ((2, 2, 0, 1), [])
    assert few["first"] is not None
    assert counts(diff(conn, here, here)) == (4, 0, 0, 0)


def test_cousins_part_where_their_lines_do(conn: Conn, parted: tuple[UUID, UUID, int]) -> None:
    here, there, seq = parted
    early = fork(conn, here, 2)
    assert diff(conn, early, there)["shared"] == diff(conn, there, early)["shared"]
    assert diff(conn, early, there)["shared"]["seq"] == 2
    assert diff(conn, copy(conn, there), here)["shared"]["seq"] == seq


def test_swarms_without_a_common_past_are_compared_all_the_same(conn: Conn, worker: Worker) -> None:
    here, there = start(conn, "one"), start(conn, "other")
    worker.does(spawn(take(worker, here, "one"), Kid(directive="part")))
    found = diff(conn, here, there)
    assert found["shared"] is None
    assert counts(found) == (0, 1, 1, 0)
    assert next(n for n in found["nodes"] if n["what"] == "changed")["changes"] == ["directive", "status"]


def test_replacement_and_changed_directive_are_seen(conn: Conn, worker: Worker) -> None:
    here = start(conn)
    worker.does(spawn(worker.claim_one(), Kid(directive="a"), Kid(directive="b")))
    worker.does(fail(take(worker, here, "a")))
    there = copy(conn, here)
    (failed,) = conn.execute(
        "select node_id from pgswarm.node where swarm_id = %s and outcome = 'failed'", [there]
    ).fetchall()
    retry_node(conn, there, failed["node_id"])
    (b,) = conn.execute("select node_id from pgswarm.node where swarm_id = %s and directive = 'b'", [there]).fetchall()
    change_directive(conn, there, b["node_id"], "c")
    found = diff(conn, here, there)
    assert counts(found) == (2, 1, 0, 1)
    assert [n["changes"] for n in found["nodes"] if n["what"] == "changed"] == [["directive"]]


def test_handler_that_runs_again_in_a_fork_spawns_in_the_same_place(conn: Conn, worker: Worker) -> None:
    """The fork counts one activation more: its children belong to the same set all the same."""
    here = start(conn)
    run = worker.claim_one()
    there = copy(conn, here)
    worker.does(spawn(run, Kid(directive="part")))
    worker.does(spawn(take(worker, there, "a goal"), Kid(directive="part")))
    assert counts(diff(conn, here, there)) == (2, 0, 0, 0)


def test_unknown_swarm_is_not_compared(conn: Conn) -> None:
    here = start(conn)
    for pair in ((here, UUID(int=7)), (UUID(int=7), here)):
        with pytest.raises(psycopg.Error) as refused:
            diff(conn, *pair)
        assert refused.value.sqlstate == "PS404"
    cancel(conn, here)
