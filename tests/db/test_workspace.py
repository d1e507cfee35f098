"""The files of a swarm's workspace: changes count once, are all or none, and a fork has those of then."""

import json
from typing import Any
from uuid import UUID

import psycopg
import pytest

from support.verbs import Conn, Run, Worker, call, finish, retry, start


def change(conn: Conn, run: Run, *changes: dict[str, Any], no: int = 1, **more: Any) -> dict[str, Any]:
    """Call `change_files`; `content` of a change is text."""
    contents = [str(given["content"]).encode() for given in changes if "content" in given]
    numbered, count = [], 0
    for given in changes:
        count += "content" in given
        numbered.append({**given, "content": count} if "content" in given else given)
    row = conn.execute(
        """select * from pgswarm.change_files(
             swarm_id => %(swarm)s, node_id => %(node)s, epoch => %(epoch)s, activation => %(activation)s,
             change_no => %(no)s, request_hash => %(hash)s, changes => %(changes)s, contents => %(contents)s::bytea[],
             result => %(result)s)""",
        {
            "swarm": run.swarm_id, "node": run.node_id, "epoch": run.epoch, "no": no, "hash": "h", "activation": 1,
            "changes": json.dumps(numbered), "contents": contents, "result": json.dumps(more.pop("result", None)),
        } | more,
    ).fetchone()  # fmt: skip
    assert row is not None
    return row


def wrote(path: str, content: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "kind": "file", "content": content, **more}


def files(conn: Conn, swarm_id: UUID) -> dict[str, Any]:
    rows = conn.execute(
        """select path, kind, convert_from(pgswarm.read_file(swarm_id, path), 'utf8') as content
             from pgswarm.workspace where swarm_id = %s order by path""",
        (swarm_id,),
    ).fetchall()
    return {row["path"]: row["content"] for row in rows}


@pytest.fixture
def run(conn: Conn, worker: Worker) -> Run:
    start(conn)
    return worker.claim()[0]


def test_file_is_written_with_the_folders_above_it_and_an_event_tells(conn: Conn, run: Run) -> None:
    assert change(conn, run, wrote("a/b/c.txt", "hello"))["verdict"] == "changed"
    assert files(conn, run.swarm_id) == {"a": None, "a/b": None, "a/b/c.txt": "hello"}
    event = conn.execute("select node_id, data from pgswarm.event where kind = 'files.changed'").fetchone()
    assert event == {"node_id": run.node_id, "data": {"changed": 1, "files": [{"path": "a/b/c.txt", "kind": "file"}]}}


def test_removed_folder_takes_what_lies_below_it_but_not_its_neighbour(conn: Conn, run: Run) -> None:
    change(conn, run, wrote("a/x", "1"), wrote("a/y/z", "2"), wrote("ab/x", "3"))
    change(conn, run, {"path": "a", "kind": "removed"}, no=2)
    assert files(conn, run.swarm_id) == {"ab": None, "ab/x": "3"}


def test_change_that_was_recorded_is_not_made_again(conn: Conn, run: Run) -> None:
    change(conn, run, wrote("a", "1"), result={"exit_code": 3})
    again = change(conn, run, wrote("a", "2"), result={"exit_code": 4})
    assert (again["verdict"], again["recorded"]) == ("recorded", {"exit_code": 3})
    assert files(conn, run.swarm_id) == {"a": "1"}


def test_write_of_a_node_that_is_not_the_callers_any_more_changes_nothing(conn: Conn, run: Run) -> None:
    assert change(conn, run, wrote("a", "1"), epoch=run.epoch - 1)["verdict"] == "fenced"
    assert files(conn, run.swarm_id) == {}


def test_path_that_changed_meanwhile_is_a_conflict_and_nothing_is_written(conn: Conn, run: Run) -> None:
    change(conn, run, wrote("a", "1"))
    late = change(conn, run, wrote("a", "2", was=None), wrote("b", "2", was=None), no=2)
    assert (late["verdict"], late["conflicts"]) == ("conflict", ["a"])
    assert files(conn, run.swarm_id) == {"a": "1"}
    blob = conn.execute("select blob from pgswarm.workspace where path = 'a'").fetchone()
    assert blob is not None
    assert change(conn, run, wrote("a", "2", was=blob["blob"]), no=2)["verdict"] == "changed"


@pytest.mark.parametrize("path", ["", "/etc/passwd", "..", "a/../b", "./a", "a//b", "a/", "a\\b", "a\nb", "x" * 501])
def test_path_that_could_climb_out_is_refused(conn: Conn, run: Run, path: str) -> None:
    with pytest.raises(psycopg.Error, match="cannot be a path") as caught:
        change(conn, run, wrote(path, "1"))
    assert caught.value.sqlstate == "PS422"


def test_file_is_no_folder(conn: Conn, run: Run) -> None:
    change(conn, run, wrote("a", "1"))
    with pytest.raises(psycopg.Error, match="there is no folder for 'a/b'"):
        change(conn, run, wrote("a/b", "2"), no=2)


def test_workspace_cannot_hold_more_than_its_limit(conn: Conn, run: Run) -> None:
    with pytest.raises(psycopg.Error, match="the limits are 256000000 and 10000"):
        change(conn, run, *({"path": f"f{n}", "kind": "folder"} for n in range(10_001)))


def test_fork_has_the_files_as_they_were_then_and_the_changes_that_it_need_not_make_again(
    conn: Conn, worker: Worker, run: Run
) -> None:
    change(conn, run, wrote("a", "1"), wrote("gone", "1"), result=1)
    seq = conn.execute("select max(seq) as seq from pgswarm.event where kind = 'files.changed'").fetchone()
    change(conn, run, wrote("a", "2"), {"path": "gone", "kind": "removed"}, wrote("b", "2"), no=2, result=2)
    worker.advance(finish(run))
    assert seq is not None
    fork = call(conn, "select pgswarm.fork_swarm(%s, %s)", run.swarm_id, seq["seq"])
    assert files(conn, fork) == {"a": "1", "gone": "1"}
    again = worker.claim()[0]
    assert again.swarm_id == fork
    told = change(conn, again, wrote("a", "9"), activation=again.row["activation"])
    assert (told["verdict"], told["recorded"]) == ("recorded", 1)
    assert change(conn, again, wrote("b", "3"), no=2, activation=again.row["activation"])["verdict"] == "changed"
    assert files(conn, call(conn, "select pgswarm.copy_swarm(%s)", fork)) == {"a": "1", "b": "3", "gone": "1"}
    assert files(conn, run.swarm_id) == {"a": "2", "b": "2"}


def test_deleted_swarm_leaves_no_file(conn: Conn, worker: Worker, run: Run) -> None:
    change(conn, run, wrote("a", "1"))
    worker.advance(finish(run))
    conn.execute("select pgswarm.delete_swarm(%s)", (run.swarm_id,))
    left = conn.execute(
        "select (select count(*) from pgswarm.workspace_file) + (select count(*) from pgswarm.workspace_change) as n"
    ).fetchone()
    assert left == {"n": 0}


def test_attempt_that_is_repeated_finds_its_change(conn: Conn, worker: Worker, run: Run) -> None:
    change(conn, run, wrote("a", "1"), result=7, activation=run.row["activation"])
    worker.advance(retry(run))
    again = worker.claim()[0]
    told = change(conn, again, wrote("a", "2"), activation=again.row["activation"])
    assert (told["verdict"], told["recorded"]) == ("recorded", 7)
    assert files(conn, run.swarm_id) == {"a": "1"}


def test_file_is_moved_without_its_content_being_sent(conn: Conn, run: Run) -> None:
    change(conn, run, wrote("a", "1", executable=True))
    moved = [{"path": "b/c", "kind": "file", "from": "a"}, {"path": "a", "kind": "removed"}]
    assert change(conn, run, *moved, no=2)["verdict"] == "changed"
    assert files(conn, run.swarm_id) == {"b": None, "b/c": "1"}
    row = conn.execute("select executable, size from pgswarm.workspace where path = 'b/c'").fetchone()
    assert row == {"executable": True, "size": 1}
    with pytest.raises(psycopg.Error, match="cannot be a path of the workspace, or its change is not whole"):
        change(conn, run, {"path": "d", "kind": "file", "from": "nowhere"}, no=3)
