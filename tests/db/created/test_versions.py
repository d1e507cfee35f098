"""Actions that a swarm makes, in the database: filed, seen by that swarm alone, pinned, revoked, merged."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.created import made_fields, make, revoke, versions
from support.past import fork, top
from support.spaces import flaws, level, save
from support.verbs import Conn, Kid, Run, Worker, call, events, finish, node, spawn, start

SHOUT = "created/shout"


@pytest.fixture
def run(conn: Conn, worker: Worker) -> Run:
    """The root of a swarm, at work."""
    start(conn)
    return worker.claim_one()


@contextmanager
def raises(sqlstate: str, field: str) -> Iterator[None]:
    """Expect a refusal that names the field."""
    with pytest.raises(psycopg.Error) as refused:
        yield
    assert (refused.value.sqlstate, refused.value.diag.message_detail) == (sqlstate, field)


def pinned(conn: Conn, swarm_id: UUID) -> list[tuple[str, int]]:
    rows = conn.execute(
        "select action, action_version from pgswarm.node where swarm_id = %s and action like 'created/%%'"
        " order by created_at, position",
        [swarm_id],
    )
    return [(row["action"], row["action_version"]) for row in rows.fetchall()]


def test_nodes_pin_the_version_that_was_newest_when_they_were_spawned(conn: Conn, worker: Worker, run: Run) -> None:
    assert make(conn, run.swarm_id, run.node_id, "shout", "one") == 1
    worker.does(spawn(run, Kid(SHOUT), Kid(SHOUT)))
    assert make(conn, run.swarm_id, run.node_id, "shout", "two", improves=1) == 2
    first, _ = worker.claim(2)
    worker.does(spawn(first, Kid(SHOUT)))
    assert pinned(conn, run.swarm_id) == [(SHOUT, 1), (SHOUT, 1), (SHOUT, 2)]
    told = [e["data"]["action_version"] for e in events(conn, run.swarm_id) if e["data"].get("action") == SHOUT]
    assert told == [1, 1, 2]
    assert versions(conn, run.swarm_id) == [(SHOUT, 2, True, False), (SHOUT, 1, False, False)]
    assert [e["kind"] for e in events(conn, run.swarm_id) if e["kind"].startswith("action.")] == [
        "action.created", "action.saved",
    ]  # fmt: skip
    assert flaws(conn, run.swarm_id) == []
    assert call(conn, "select count(*) from pgswarm.check_invariants()") == 0


def test_action_of_one_swarm_is_unknown_in_another(conn: Conn, worker: Worker, run: Run) -> None:
    make(conn, run.swarm_id, run.node_id, "shout", "one")
    start(conn)
    other = worker.claim_one()
    worker.does(spawn(other, Kid(SHOUT)))
    assert node(conn, other)["error"]["code"] == "unknown_action"
    assert versions(conn, other.swarm_id) == []


def test_same_again_from_the_same_node_is_filed_once(conn: Conn, run: Run) -> None:
    assert [make(conn, run.swarm_id, run.node_id, "shout", "one") for _ in range(2)] == [1, 1]
    assert versions(conn, run.swarm_id) == [(SHOUT, 1, True, False)]


def test_same_again_is_filed_once_though_a_better_one_came_between(conn: Conn, worker: Worker, run: Run) -> None:
    worker.does(spawn(run, Kid(), Kid()))
    one, two = worker.claim(2)
    assert make(conn, run.swarm_id, one.node_id, "shout", "one") == 1
    assert make(conn, run.swarm_id, two.node_id, "shout", "two", improves=1) == 2
    assert make(conn, run.swarm_id, one.node_id, "shout", "one") == 1
    assert make(conn, run.swarm_id, one.node_id, "shout", "one", improves=2) == 3
    assert [version for _, version, _, _ in versions(conn, run.swarm_id)] == [3, 2, 1]


def test_name_that_is_taken_and_a_version_that_is_gone_are_refused(conn: Conn, run: Run) -> None:
    make(conn, run.swarm_id, run.node_id, "shout", "one")
    for improves in (None, 3):
        with raises("PS409", "improves"):
            make(conn, run.swarm_id, run.node_id, "shout", "two", improves=improves)
    with raises("PS422", "name"):
        make(conn, run.swarm_id, run.node_id, "../shout", "two")


def test_what_nobody_approved_is_not_filed(conn: Conn, run: Run) -> None:
    fields = {name: value for name, value in made_fields("one").items() if name != "approval"}
    with raises("PS422", "question_id"):
        conn.execute(
            "select pgswarm.create_action(%s, %s, 'shout', '', 'one', %s)", [run.swarm_id, run.node_id, Jsonb(fields)]
        )


def test_action_cannot_be_filed_past_its_approval(conn: Conn, run: Run) -> None:
    fields = {**made_fields("one"), "action_id": SHOUT, "source": "created", "version": 1}
    with raises("PS422", "fields"):
        save(conn, run.swarm_id, "created/shout", "one", kind="action", space="action", fields=fields)


def test_processors_cannot_bring_an_action_under_such_an_id(conn: Conn) -> None:
    with raises("PS422", "action_id"):
        conn.execute("""select pgswarm.register_actions('[{"action_id": "created/shout"}]')""")


def test_revoked_version_is_spawned_no_more_nor_filed_again(conn: Conn, worker: Worker, run: Run) -> None:
    make(conn, run.swarm_id, run.node_id, "shout", "one")
    assert [revoke(conn, run.swarm_id, "shout", 1) for _ in range(2)] == [True, False]
    with raises("PS409", "code"):
        make(conn, run.swarm_id, run.node_id, "other", "one")
    assert make(conn, run.swarm_id, run.node_id, "quiet", "two") == 1
    assert make(conn, run.swarm_id, run.node_id, "shout", "three", improves=1) == 2
    revoke(conn, run.swarm_id, "shout", 2)
    worker.does(spawn(run, Kid(SHOUT)))
    assert node(conn, run)["error"]["code"] == "unknown_action"
    shown = level(conn, run.swarm_id, "created", space="action")
    assert [(each["name"], each["fields"]["routable"]) for each in shown] == [("quiet", True), ("shout", False)]


def test_fork_keeps_its_actions_and_goes_its_own_way(conn: Conn, worker: Worker, run: Run) -> None:
    make(conn, run.swarm_id, run.node_id, "shout", "one")
    copy = fork(conn, run.swarm_id, top(conn, run.swarm_id))
    make(conn, run.swarm_id, run.node_id, "shout", "two", improves=1)
    assert versions(conn, copy) == [(SHOUT, 1, True, False)]
    again = worker.claim_one()
    assert again.swarm_id == copy
    worker.does(spawn(again, Kid(SHOUT)))
    assert pinned(conn, copy) == [(SHOUT, 1)]


def test_merged_action_runs_in_the_swarms_of_its_blueprint_alone(conn: Conn, worker: Worker, run: Run) -> None:
    make(conn, run.swarm_id, run.node_id, "shout", "one")
    (made,) = conn.execute("select * from pgswarm.created_actions(%s)", [run.swarm_id]).fetchall()
    blueprint = call(conn, "select pgswarm.create_blueprint('crew')")
    merge = "select pgswarm.merge_action(%s, %s, %s, 1, %s)"
    with raises("PS409", "hash"):
        call(conn, merge, blueprint, run.swarm_id, SHOUT, "0" * 64)
    with raises("PS422", "entry_ids"):
        call(conn, "select pgswarm.contribute_entries(%s, %s, %s)", blueprint, run.swarm_id, [made["entry_id"]])
    with conn.transaction(force_rollback=True):
        revoke(conn, run.swarm_id, "shout", 1)
        with raises("PS409", "version"):
            call(conn, merge, blueprint, run.swarm_id, SHOUT, made["hash"])
    assert [call(conn, merge, blueprint, run.swarm_id, SHOUT, made["hash"]) for _ in range(2)] == [1, 1]
    worker.does(finish(run))
    start(conn, action=SHOUT, blueprint="crew")
    root = worker.claim_one()
    assert pinned(conn, root.swarm_id) == [(SHOUT, 1)]
    assert make(conn, root.swarm_id, root.node_id, "shout", "two", improves=1) == 2
    worker.does(spawn(root, Kid(SHOUT)))
    assert pinned(conn, root.swarm_id) == [(SHOUT, 1), (SHOUT, 2)]
