"""What a bad version of an action did is done again, and nothing else is."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.created import made_fields, make, revoke
from support.database import Database
from support.journal import begin, end
from support.past import grow, top
from support.spaces import find, flaws, paths, save, search, text_of
from support.verbs import (
    Conn,
    Kid,
    Run,
    Worker,
    ask,
    call,
    events,
    fail,
    finish,
    nodes,
    retry_node,
    spawn,
    start,
    swarm,
)

BAD = Kid("created/shout", "bad")
RERUN_WITH = "select pgswarm.rerun_action(%s, 'created/shout', 1, %s)"
MERGE = "select pgswarm.merge_action(%s, %s, 'created/shout', %s, %s)"
RERUN = "select pgswarm.rerun_action(%s, 'created/shout', %s)"


def digest(code: str) -> str:
    return str(made_fields(code)["hash"])


def works(worker: Worker, **reports: str) -> Run | None:
    """Finish every claimable node but `created/…` and the root by its directive; return the root when it is woken."""
    found = None
    for run in worker.claim(20):
        said = run.row["directive"]
        if said == "a goal":
            found = run
        else:
            worker.does(finish(run, reports.get(said.replace(" ", "_"), f"{said} done")))
    return found


def shape(conn: Conn, swarm_id: UUID) -> list[tuple[int, str, int, str, str | None]]:
    """Return depth, directive, version, status and report of each node, in the order of the tree."""
    rows = sorted(nodes(conn, swarm_id).values(), key=lambda row: (row["depth"], row["spawn_round"], row["position"]))
    return [(r["depth"], r["directive"], r["action_version"], r["status"], r["report"]) for r in rows]


def sound(conn: Conn) -> bool:
    return conn.execute("select * from pgswarm.check_invariants()").fetchall() == []


def contents(conn: Conn, swarm_id: UUID) -> dict[str, str | None]:
    """Return what the texts of a swarm's own memory hold, by path."""
    rows = conn.execute(
        "select path, entry_id from pgswarm.space_entry where swarm_id = %s and space = 'memory' and kind <> 'folder'",
        [swarm_id],
    ).fetchall()
    return {row["path"]: text_of(conn, swarm_id, row["entry_id"]) for row in sorted(rows, key=lambda row: row["path"])}


def files(conn: Conn, swarm_id: UUID) -> dict[str, str]:
    rows = conn.execute("select path, kind from pgswarm.workspace where swarm_id = %s order by path", [swarm_id])
    return {row["path"]: row["kind"] for row in rows.fetchall()}


def write(conn: Conn, run: Run, *changes: dict[str, Any]) -> None:
    """Change files of the workspace, as a node does."""
    told = [{**each, **({"content": 1} if each["kind"] == "file" else {})} for each in changes]
    number = call(conn, "select count(*) from pgswarm.workspace_change where node_id = %s", run.node_id)
    call(
        conn,
        "select verdict from pgswarm.change_files(%s, %s, %s, %s, %s, 'h', %s, %s, null)",
        run.swarm_id, run.node_id, run.epoch, run.row["activation"], number + 1, Jsonb(told), [b"text"],
    )  # fmt: skip


def change_memory(conn: Conn, draw: random.Random, swarm_id: UUID, tops: list[UUID]) -> None:
    """Save, move and remove a few entries in the names of nodes that begin anew and of others."""
    others = sorted(nodes(conn, swarm_id))
    for number in range(30):
        node_id = draw.choice(draw.choice((tops, others)))
        known = sorted(paths(conn, swarm_id))
        chosen = find(conn, swarm_id, draw.choice(known)) if known and draw.random() < 0.5 else None
        with suppress(psycopg.Error):  # a place that is taken, a folder below itself
            if chosen is None:
                where = "/".join(draw.choice("abc") for _ in range(draw.randint(1, 3)))
                save(conn, swarm_id, f"{where}/{draw.choice('xyz')}", f"text {number}", node_id=node_id)
            elif draw.random() < 0.5:
                call(conn, "select pgswarm.remove_entry(%s, %s, %s)", swarm_id, chosen, node_id)
            else:
                into = find(conn, swarm_id, draw.choice(known).rpartition("/")[0])
                call(conn, "select pgswarm.move_entry(%s, %s, %s, %s, %s)", swarm_id, chosen, into, None, node_id)


def test_ended_swarm_goes_on_in_a_fork_in_which_only_what_was_bad_runs_again(conn: Conn, worker: Worker) -> None:
    start(conn)
    root = worker.claim_one()
    make(conn, root.swarm_id, root.node_id, "shout", "one")
    worker.does(spawn(root, BAD, Kid(directive="good"), then="first"))
    bad, good = sorted(worker.claim(2), key=lambda run: run.row["directive"])
    worker.does(spawn(bad, Kid(directive="below")))
    begin(conn, good)
    end(conn, good, 5, 5, 0)
    worker.does(finish(good, "good done"))
    assert works(worker) is None  # what the bad one had spawned
    worker.does(finish(worker.claim_one(), "wrong"))
    root = worker.claim_one()
    worker.does(spawn(root, Kid(directive="later"), then="second"))
    assert works(worker) is None
    last = worker.claim_one()
    assert make(conn, root.swarm_id, root.node_id, "shout", "two", improves=1) == 2
    worker.does(finish(last, "all wrong"))
    before = shape(conn, root.swarm_id)

    again = call(conn, RERUN, root.swarm_id, 1)
    assert shape(conn, root.swarm_id) == before
    assert shape(conn, again) == [
        (0, "a goal", 1, "awaiting_children", None),
        (1, "bad", 2, "pending", None),
        (1, "good", 1, "terminated", "good done"),
    ]
    assert swarm(conn, again)["status"] == "active"
    assert call(conn, "select count(*) from pgswarm.llm_call where swarm_id = %s", again) == 1
    assert sound(conn)

    run = worker.claim_one()
    assert (run.swarm_id, run.row["directive"], run.row["handler"]) == (again, "bad", "main")
    worker.does(finish(run, "right"))
    woken = worker.claim_one()
    assert (woken.row["directive"], woken.row["handler"]) == ("a goal", "first")
    assert [r["report"] for r in woken.row["context"]["reports"]] == ["right", "good done"]
    worker.does(finish(woken, "all right"))
    assert swarm(conn, again)["report"] == "all right"
    assert sound(conn)


def test_while_the_parent_waits_it_is_done_in_place(conn: Conn, worker: Worker) -> None:
    start(conn)
    root = worker.claim_one()
    make(conn, root.swarm_id, root.node_id, "shout", "one")
    worker.does(spawn(root, BAD, Kid(directive="slow")))
    bad, slow = sorted(worker.claim(2), key=lambda run: run.row["directive"])
    worker.does(finish(bad, "wrong"))
    make(conn, root.swarm_id, slow.node_id, "shout", "two", improves=1)
    assert call(conn, RERUN, root.swarm_id, 1) == root.swarm_id
    run = worker.claim_one()
    assert (run.row["directive"], nodes(conn, root.swarm_id)[run.node_id]["action_version"]) == ("bad", 2)
    worker.does(finish(run, "right"))
    worker.does(finish(slow, "slow"))
    woken = worker.claim_one()
    assert [r["report"] for r in woken.row["context"]["reports"]] == ["right", "slow"]
    with pytest.raises(psycopg.Error, match="no node of this swarm"):
        call(conn, RERUN, root.swarm_id, 1)
    assert sound(conn)


def test_running_ones_and_their_questions_begin_anew_in_the_fork(conn: Conn, worker: Worker) -> None:
    """Two of them, one below the other and one below a part that is not bad itself."""
    start(conn)
    root = worker.claim_one()
    make(conn, root.swarm_id, root.node_id, "shout", "one")
    worker.does(spawn(root, BAD, Kid(directive="between")))
    bad, between = sorted(worker.claim(2), key=lambda run: run.row["directive"])
    worker.does(spawn(bad, BAD))
    worker.does(spawn(between, Kid("created/shout", "deep")))
    for run in worker.claim(2):
        worker.does(ask(run, "well?"))
    make(conn, root.swarm_id, root.node_id, "shout", "two", improves=1)
    again = call(conn, RERUN, root.swarm_id, 1)
    assert shape(conn, again) == [
        (0, "a goal", 1, "awaiting_children", None),
        (1, "bad", 2, "pending", None),
        (1, "between", 1, "awaiting_children", None),
        (2, "deep", 2, "pending", None),
    ]
    assert [e for e in events(conn, again) if e["kind"].startswith("question.")] == []
    assert sound(conn)


def test_ended_swarm_runs_again_with_the_version_that_a_blueprint_has(conn: Conn, worker: Worker) -> None:
    """Nothing can be made in it any more; while it lives that version comes into it."""
    start(conn)
    maker = worker.claim_one()
    blueprint = call(conn, "select pgswarm.create_blueprint('crew')")
    for path, code, improves in (("one", "one", None), ("two", "two", 1)):
        make(conn, maker.swarm_id, maker.node_id, "shout", code, improves=improves)
        if path == "one":
            call(conn, MERGE, blueprint, maker.swarm_id, 1, digest("one"))
    start(conn, action="created/shout", blueprint="crew")
    bad = worker.claim_one()
    worker.does(finish(bad, "wrong"))
    with pytest.raises(psycopg.Error, match="version 1 of created/shout is the newest"):
        call(conn, RERUN, bad.swarm_id, 1)
    with pytest.raises(psycopg.Error, match="the same content"):
        call(conn, RERUN_WITH, bad.swarm_id, blueprint)
    better = call(conn, "select pgswarm.create_blueprint('crew', based_on => %s)", blueprint)
    call(conn, MERGE, better, maker.swarm_id, 2, digest("two"))
    call(conn, "select pgswarm.revoke_action(%s, 'created/shout', 1, 'wrong')", maker.swarm_id)

    again = call(conn, RERUN_WITH, bad.swarm_id, better)
    assert shape(conn, again) == [(0, "a goal", 2, "pending", None)]
    found = conn.execute("select * from pgswarm.created_actions(%s, 'created/shout', 2)", [again]).fetchone()
    assert found is not None
    assert (found["code"], found["layer"], found["newest"]) == ("two", "swarm", True)
    assert found["fields"]["approval"]["from_blueprint"] == str(better)
    assert worker.claim_one().swarm_id == again
    assert sound(conn)

    start(conn)
    root = worker.claim_one()
    make(conn, root.swarm_id, root.node_id, "shout", "three")
    worker.does(spawn(root, BAD, Kid(directive="slow")))
    first, slow = sorted(worker.claim(2), key=lambda run: run.row["directive"])
    worker.does(finish(first, "wrong"))
    assert call(conn, RERUN_WITH, root.swarm_id, better) == root.swarm_id
    assert worker.claim_one().row["directive"] == "bad"
    assert call(conn, "select pgswarm.created_version(%s, 'created/shout')", root.swarm_id) == 2
    worker.does(finish(slow, "slow"))
    assert sound(conn)


def test_two_at_once_begin_it_once_in_place_and_what_a_limit_forbids_leaves_nothing(
    db: Database, conn: Conn, worker: Worker
) -> None:
    start(conn, budget={"nodes": 4})
    root = worker.claim_one()
    make(conn, root.swarm_id, root.node_id, "shout", "one")
    worker.does(spawn(root, BAD, BAD, Kid(directive="slow")))
    bad = [run for run in worker.claim(3) if run.row["directive"] == "bad"]
    for run in bad:
        worker.does(finish(run, "wrong"))
    make(conn, root.swarm_id, root.node_id, "shout", "two", improves=1)
    with pytest.raises(psycopg.Error, match="limit of nodes"):
        call(conn, RERUN, root.swarm_id, 1)
    call(conn, "select pgswarm.raise_budget(%s, %s)", root.swarm_id, Jsonb({"nodes": 5}))
    with pytest.raises(psycopg.Error, match="limit of nodes"):  # room for one of the two
        call(conn, RERUN, root.swarm_id, 1)
    assert len(nodes(conn, root.swarm_id)) == 4
    call(conn, "select pgswarm.raise_budget(%s, %s)", root.swarm_id, Jsonb({"nodes": 100}))

    def again(_: int) -> str:
        with db.connect() as other:
            try:
                return str(call(other, RERUN, root.swarm_id, 1))
            except psycopg.Error as error:
                return str(error.diag.message_detail)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(again, range(2))) == sorted([str(root.swarm_id), "action_id"])
    assert len(nodes(conn, root.swarm_id)) == 6
    assert sound(conn)


def test_without_a_version_that_may_run_it_is_refused(conn: Conn, worker: Worker) -> None:
    start(conn)
    root = worker.claim_one()
    make(conn, root.swarm_id, root.node_id, "shout", "one")
    worker.does(spawn(root, BAD))
    revoke(conn, root.swarm_id, "shout", 1)
    with pytest.raises(psycopg.Error, match="no version of created/shout may run"):
        call(conn, RERUN, root.swarm_id, 1)


def test_what_the_bad_version_wrote_is_not_there_for_what_runs_again(conn: Conn, worker: Worker) -> None:
    """Its texts and files, what those did that it ordered, and what was made of it; what others wrote stays."""
    start(conn)
    root = worker.claim_one()
    it = root.swarm_id
    make(conn, it, root.node_id, "shout", "one")
    write(conn, root, {"path": "plan.txt", "kind": "file"}, {"path": "data/raw.txt", "kind": "file"})
    for path in ("facts/sea", "facts/sky", "gone", "moved"):
        save(conn, it, path, "of the root", node_id=root.node_id)
    worker.does(spawn(root, BAD, Kid(directive="good"), then="first"))
    bad, good = sorted(worker.claim(2), key=lambda run: run.row["directive"])
    source = save(conn, it, "facts/sea", "wrong", node_id=bad.node_id)
    made = save(conn, it, "wrong/only/here", "wrong", node_id=bad.node_id)
    save(conn, it, "pointer", None, kind="pointer", target_id=made, node_id=good.node_id)
    call(conn, "select pgswarm.remove_entry(%s, %s, %s)", it, find(conn, it, "gone"), bad.node_id)
    moved = find(conn, it, "moved")
    call(conn, "select pgswarm.move_entry(%s, %s, null, 'moved away', %s)", it, moved, bad.node_id)
    write(conn, bad, {"path": "plan.txt", "kind": "removed"}, {"path": "out/wrong.txt", "kind": "file"})
    save(conn, it, "wrong/of good", "good", node_id=good.node_id)
    save(conn, it, "derived", "from the sea", node_id=good.node_id, derived_from=[source])
    save(conn, it, "from a person", "mine")
    write(conn, good, {"path": "out/good.txt", "kind": "file"})
    worker.does(spawn(bad, Kid(directive="below")))
    worker.does(finish(good, "good done"))
    below = worker.claim_one()
    save(conn, it, "facts/sky", "wrong too", node_id=below.node_id)
    worker.does(finish(below, "below done"))
    worker.does(finish(worker.claim_one(), "wrong"))
    root = worker.claim_one()
    save(conn, it, "summary", "of all that is wrong", node_id=root.node_id)
    write(conn, root, {"path": "data/raw.txt", "kind": "removed"})
    make(conn, it, root.node_id, "shout", "two", improves=1)
    worker.does(finish(root, "all wrong"))
    before = (contents(conn, it), files(conn, it))

    again = call(conn, RERUN, it, 1)
    assert (contents(conn, it), files(conn, it)) == before
    assert contents(conn, again) == {
        "derived": "from the sea", "facts/sea": "of the root", "facts/sky": "of the root", "from a person": "mine",
        "gone": "of the root", "moved away": "of the root", "wrong/of good": "good",
    }  # fmt: skip
    stale = conn.execute(
        "select path from pgswarm.space_entry where swarm_id = %s and status = 'out_of_date'", [again]
    ).fetchall()
    assert [row["path"] for row in stale] == ["derived"]
    assert files(conn, again) == {
        "data": "folder", "data/raw.txt": "file", "out": "folder", "out/good.txt": "file", "plan.txt": "file",
    }  # fmt: skip
    assert search(conn, again, "wrong") == set()
    assert call(conn, "select pgswarm.created_version(%s, 'created/shout')", again) == 2
    assert flaws(conn, again) == []
    assert sound(conn)
    further = call(conn, "select pgswarm.copy_swarm(%s)", again)
    assert contents(conn, further) == contents(conn, again)


def test_what_was_replaced_before_it_runs_again_leaves_nothing_either(conn: Conn, worker: Worker) -> None:
    start(conn)
    root = worker.claim_one()
    it = root.swarm_id
    make(conn, it, root.node_id, "shout", "one")
    worker.does(spawn(root, BAD, Kid(directive="good")))
    bad, good = sorted(worker.claim(2), key=lambda run: run.row["directive"])
    worker.does(spawn(bad, Kid(directive="below")))
    below = worker.claim_one()
    save(conn, it, "first", node_id=bad.node_id)
    save(conn, it, "of the first", node_id=below.node_id)
    worker.does(finish(below, "below done"))
    worker.does(fail(worker.claim_one()))
    retry_node(conn, it, bad.node_id)
    second = worker.claim_one()
    save(conn, it, "second", node_id=second.node_id)
    worker.does(finish(second, "wrong"))
    save(conn, it, "good", node_id=good.node_id)
    worker.does(finish(good, "good"))
    root = worker.claim_one()
    make(conn, it, root.node_id, "shout", "two", improves=1)
    worker.does(finish(root, "all wrong"))
    assert set(contents(conn, call(conn, RERUN, it, 1))) == {"good"}
    assert sound(conn)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_begins_anew_in_whatever_tree_every_invariant_holds(conn: Conn, worker: Worker, seed: int) -> None:
    """Any nodes of any tree: running, waiting, replaced or over."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    swarm_id = grow(conn, worker, seed, acts=120)
    tops = draw.sample(sorted(nodes(conn, swarm_id)), draw.choice((1, 2, 5)))
    change_memory(conn, draw, swarm_id, tops)
    before = shape(conn, swarm_id)
    with conn.transaction():
        conn.execute("set local role pgswarm_owner")
        again = call(conn, "select pgswarm.fork_from(%s, %s, %s)", swarm_id, top(conn, swarm_id), tops)
    assert shape(conn, swarm_id) == before
    assert conn.execute("select * from pgswarm.check_invariants(%s)", [again]).fetchall() == []
    redone = [n for n in nodes(conn, again).values() if n["copied_from"] in tops]
    assert {n["copied_from"] for n in redone}
    assert flaws(conn, again) == []
    authors = conn.execute(
        "select n.node_id, n.copied_from from pgswarm.space_entry e join pgswarm.node n on n.node_id = e.author_node_id"
        " where e.swarm_id = %s and e.kind <> 'folder'",
        [again],
    ).fetchall()
    assert {row["copied_from"] for row in authors}.isdisjoint(tops)
    assert all((n["status"], n["activation"], n["open_children"]) == ("pending", 0, 0) for n in redone)
