"""Starting: what is made, and that the same key never starts twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from support.database import Database
from support.verbs import MINA, Conn, Worker, as_account, cancel, connect, events, nodes, start, swarm

CALLERS = 10
STARTS = 100


def test_start_makes_a_pending_root_and_two_events(conn: Conn) -> None:
    owner = uuid4()
    swarm_id = start(conn, "count the sheep", owner=owner, args={"n": 3}, priority=2, share=0.5, model="m")
    row = swarm(conn, swarm_id)
    (root,) = nodes(conn, swarm_id).values()
    assert (row["status"], row["goal"], row["owner_id"], row["priority"], row["share"]) == (
        "active", "count the sheep", owner, 2, 0.5,
    )  # fmt: skip
    assert row["root_node_id"] == root["node_id"]
    assert (root["status"], root["directive"], root["args"], root["depth"], root["parent_id"], root["attempt"]) == (
        "pending", "count the sheep", {"n": 3}, 0, None, 0,
    )  # fmt: skip
    made, created = events(conn, swarm_id)
    assert (made["seq"], made["kind"], made["verb"], made["node_id"]) == (1, "swarm.created", None, None)
    assert (created["seq"], created["kind"], created["verb"], created["node_id"]) == (
        2, "node.created", "spawn", root["node_id"],
    )  # fmt: skip
    assert made["at"] == created["at"] == row["created_at"] == root["created_at"]


def test_ids_sort_by_time(conn: Conn) -> None:
    made = [start(conn) for _ in range(20)]
    assert made == sorted(made)
    rows = conn.execute("select pgswarm.new_id() as id from generate_series(1, 1000)").fetchall()
    assert len({row["id"] for row in rows}) == 1000
    assert {row["id"].version for row in rows} == {7}


def test_actor_is_the_account_that_was_set_else_the_role(conn: Conn) -> None:
    first = start(conn)
    as_account(conn, MINA)
    second = start(conn)
    as_account(conn, None)
    assert {e["actor"] for e in events(conn, first)} == {f"role:{conn.info.user}"}
    assert {e["actor"] for e in events(conn, second)} == {str(MINA)}
    assert swarm(conn, second)["owner_id"] == MINA


@pytest.mark.parametrize("owner", [None, uuid4()])
def test_same_key_and_arguments_give_the_same_swarm(conn: Conn, owner: UUID | None) -> None:
    first = start(conn, key="k", owner=owner, args={"a": 1, "b": 2})
    assert start(conn, key="k", owner=owner, args={"b": 2, "a": 1}) == first
    assert len(events(conn, first)) == 2


def test_key_belongs_to_its_owner_and_no_key_is_never_the_same(conn: Conn) -> None:
    mine, yours = uuid4(), uuid4()
    made = {start(conn, key="k", owner=mine), start(conn, key="k", owner=yours), start(conn, key="k")}
    assert len(made | {start(conn), start(conn)}) == 5


def test_same_key_is_good_after_the_swarm_has_ended(conn: Conn) -> None:
    first = start(conn, key="k")
    cancel(conn, first)
    assert start(conn, key="k") == first


@pytest.mark.parametrize(
    "other", [{"goal": "another"}, {"action": "other/work"}, {"args": {"n": 1}}, {"priority": 0}], ids=str
)
def test_same_key_with_other_arguments_is_refused(conn: Conn, other: dict[str, Any]) -> None:
    start(conn, "a goal", key="k")
    with pytest.raises(psycopg.Error, match="idempotency_key") as refused:
        start(conn, **{"goal": "a goal", "key": "k", **other})
    assert refused.value.sqlstate == "PS409"
    assert conn.execute("select count(*) as n from pgswarm.swarm").fetchall() == [{"n": 1}]


@pytest.mark.parametrize("owner", [None, uuid4()])
def test_hundred_identical_starts_at_once_make_one_swarm(db: Database, conn: Conn, owner: UUID | None) -> None:
    ready = threading.Barrier(CALLERS)

    def starts() -> set[UUID]:
        with connect(db.url) as own:
            ready.wait(30)
            return {start(own, "the same", key="once", owner=owner) for _ in range(STARTS // CALLERS)}

    with ThreadPoolExecutor(CALLERS) as pool:
        made = set().union(*(f.result(60) for f in [pool.submit(starts) for _ in range(CALLERS)]))
    assert len(made) == 1
    assert conn.execute("select count(*) as n from pgswarm.swarm").fetchall() == [{"n": 1}]
    assert len(events(conn, made.pop())) == 2


def test_start_that_is_rolled_back_leaves_the_key_free(db: Database, conn: Conn) -> None:
    with db.connect(autocommit=False) as own:
        lost = start(own, key="k")
        own.rollback()
    kept = start(conn, key="k")
    assert kept != lost
    assert conn.execute("select swarm_id from pgswarm.swarm").fetchall() == [{"swarm_id": kept}]


def test_start_may_stand_in_the_transaction_of_the_application(db: Database, conn: Conn, worker: Worker) -> None:
    conn.execute("create table invoice (swarm_id uuid)")
    with db.connect(autocommit=False) as own:
        own.execute("insert into invoice values (%s)", [start(own)])
        assert worker.claim(1) == []
        own.commit()
    assert worker.claim_one().swarm_id == conn.execute("select * from invoice").fetchall()[0]["swarm_id"]
