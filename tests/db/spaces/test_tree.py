"""The tree of a swarm's entries: folders, levels, moving, merging, removing, and the versions that are kept."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from support.database import Database
from support.spaces import entry, find, flaws, level, merge, move, names, paths, remove, save, search, text_of
from support.verbs import Conn, Worker, call, events, start


def refusal(raised: pytest.ExceptionInfo[psycopg.Error]) -> tuple[str | None, str | None]:
    return raised.value.sqlstate, raised.value.diag.message_detail


def test_folders_are_made_on_the_way_and_every_level_is_listed_by_name(conn: Conn) -> None:
    swarm_id = start(conn)
    save(conn, swarm_id, "projects/game/board.py", "x = 1", kind="python")
    save(conn, swarm_id, "projects/game/notes.md", "# Game", kind="markdown", description="what we want")
    top = level(conn, swarm_id)
    assert names(top, "name", "layer", "portal", "below") == [
        ("projects", "built_in", True, 1),
        ("references", "built_in", True, 0),
        ("swarm", "built_in", True, 0),
        ("user", "built_in", True, 0),
    ]
    assert names(level(conn, swarm_id, "projects"), "path", "kind", "layer", "below") == [
        ("projects/game", "folder", "swarm", 2)
    ]
    assert names(level(conn, swarm_id, "projects/game"), "name", "search", "below") == [
        ("board.py", "code", 0),
        ("notes.md", "text", 0),
    ]
    told = [(e["kind"], e["data"]["path"]) for e in events(conn, swarm_id)[2:]]
    assert told == [
        ("memory.folder", "projects/game"),
        ("memory.saved", "projects/game/board.py"),
        ("memory.saved", "projects/game/notes.md"),
    ]
    assert level(conn, start(conn), "projects") == []


def test_pages_of_a_level_neither_skip_nor_repeat(conn: Conn) -> None:
    swarm_id = start(conn)
    made = [f"{n:02} ü" for n in range(7)] + ["Zoë", "a", "Ä", "é"]
    for name in made:
        save(conn, swarm_id, f"user/{name}")
    seen: list[str] = []
    while page := names(level(conn, swarm_id, "user", after=seen[-1] if seen else None, most=3)):
        assert len(page) <= 3
        seen += page
    assert sorted(seen) == sorted(made)


def test_search_of_a_folder_is_inherited_by_what_lies_below(conn: Conn) -> None:
    swarm_id = start(conn)
    save(conn, swarm_id, "references/wiki", None, kind="folder", search="vector")
    save(conn, swarm_id, "references/wiki/a/page.md")
    save(conn, swarm_id, "references/wiki/a/logo", b"\0", kind="image")
    save(conn, swarm_id, "references/wiki/a/data.csv", search="sql")
    assert names(level(conn, swarm_id, "references/wiki/a"), "name", "search") == [
        ("data.csv", "sql"), ("logo", "none"), ("page.md", "vector"),
    ]  # fmt: skip
    way = conn.execute(
        "select * from pgswarm.entry_path(%s, %s)", [swarm_id, find(conn, swarm_id, "references/wiki/a")]
    )
    assert names(way.fetchall(), "depth", "path", "search") == [
        (0, "", "choice"), (1, "references", "choice"), (2, "references/wiki", "vector"),
        (3, "references/wiki/a", "vector"),
    ]  # fmt: skip
    save(conn, swarm_id, "references/wiki", None, kind="folder", search="inherit")
    assert names(level(conn, swarm_id, "references/wiki/a"), "search") == ["sql", "none", "text"]


def test_entry_keeps_its_id_and_its_past_wherever_it_goes(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    note = save(conn, swarm_id, "drafts/a/note.txt", "one", node_id=run.node_id)
    pointer = save(conn, swarm_id, "user/see", None, kind="pointer", target_id=note)
    save(conn, swarm_id, "drafts/a/note.txt", "two")
    assert move(conn, swarm_id, find(conn, swarm_id, "drafts"), find(conn, swarm_id, "projects"), "game") == 2
    assert paths(conn, swarm_id) == ["projects/game", "projects/game/a", "projects/game/a/note.txt", "user/see"]
    assert move(conn, swarm_id, note, name="plan.txt") == 3
    assert move(conn, swarm_id, note, name="plan.txt") == 3  # it is there already
    assert entry(conn, note)["path"] == "projects/game/a/plan.txt"
    assert (text_of(conn, swarm_id, pointer), text_of(conn, swarm_id, note, 1)) == ("two", "one")
    rows = conn.execute("select * from pgswarm.entry_history(%s, %s)", [swarm_id, note]).fetchall()
    assert [(r["version"], r["path"], r["author_node_id"]) for r in rows] == [
        (3, "projects/game/a/plan.txt", None),
        (2, "projects/game/a/note.txt", None),
        (1, "drafts/a/note.txt", run.node_id),
    ]
    assert {r["author"] for r in rows} == {f"role:{call(conn, 'select session_user::text')}"}
    assert flaws(conn, swarm_id) == []


def test_folder_goes_neither_into_itself_nor_where_nothing_can_lie(conn: Conn) -> None:
    swarm_id = start(conn)
    inner = save(conn, swarm_id, "a/b/c.txt")
    folder = find(conn, swarm_id, "a")
    save(conn, swarm_id, "b.txt")
    for entry_id, parent_id, name, field in (
        (folder, find(conn, swarm_id, "a/b"), None, "parent_id"),
        (folder, folder, None, "parent_id"),
        (folder, inner, None, "parent_id"),
        (folder, call(conn, "select pgswarm.space_root('util')"), None, "parent_id"),
        (folder, None, "projects", "name"),
        (inner, call(conn, "select pgswarm.space_root('memory')"), "b.txt", "name"),
        (find(conn, swarm_id, "projects"), None, "mine", "entry_id"),
    ):
        with pytest.raises(psycopg.Error) as raised:
            move(conn, swarm_id, entry_id, parent_id, name)
        assert refusal(raised) == ("PS409", field)
    assert paths(conn, swarm_id) == ["a", "a/b", "a/b/c.txt", "b.txt"]


def test_removing_takes_what_lies_below_and_the_pointers_to_it(conn: Conn) -> None:
    swarm_id = start(conn)
    kept = save(conn, swarm_id, "kept.txt", "a heron")
    gone = save(conn, swarm_id, "a/b/gone.txt", "an otter")
    save(conn, swarm_id, "user/see", None, kind="pointer", target_id=gone)
    made = save(conn, swarm_id, "summary.txt", derived_from=[kept, gone])
    assert remove(conn, swarm_id, find(conn, swarm_id, "a")) == 4
    assert paths(conn, swarm_id) == ["kept.txt", "summary.txt"]
    assert entry(conn, made)["status"] == "out_of_date"
    assert search(conn, swarm_id, "otter heron") == {"kept.txt"}
    (last,) = conn.execute("select * from pgswarm.entry_history(%s, %s)", [swarm_id, gone]).fetchall()
    assert last["removed_at"] is not None
    assert flaws(conn, swarm_id) == []
    assert save(conn, swarm_id, "a/b/gone.txt", "another") != gone


def test_merging_folders_loses_nothing_and_doubles_nothing(conn: Conn) -> None:
    swarm_id = start(conn)
    twin = save(conn, swarm_id, "from/same.txt", "same")
    stays = save(conn, swarm_id, "into/same.txt", "same")
    save(conn, swarm_id, "from/differs.tar.gz", "this")
    save(conn, swarm_id, "into/differs.tar.gz", "that")
    save(conn, swarm_id, "from/deep/er/only.txt")
    save(conn, swarm_id, "into/deep/other.txt")
    pointer = save(conn, swarm_id, "user/see", None, kind="pointer", target_id=twin)
    made = save(conn, swarm_id, "summary.txt", derived_from=[twin])
    assert merge(conn, swarm_id, find(conn, swarm_id, "from"), find(conn, swarm_id, "into")) == 3
    assert paths(conn, swarm_id) == [
        "into", "into/deep", "into/deep/er", "into/deep/er/only.txt", "into/deep/other.txt",
        "into/differs.tar (2).gz", "into/differs.tar.gz", "into/same.txt", "summary.txt", "user/see",
    ]  # fmt: skip
    assert entry(conn, pointer)["target_id"] == stays
    assert (entry(conn, made)["derived_from"], entry(conn, made)["status"]) == ([stays], "up_to_date")
    assert text_of(conn, swarm_id, find(conn, swarm_id, "into/differs.tar (2).gz")) == "this"
    assert flaws(conn, swarm_id) == []
    with pytest.raises(psycopg.Error) as raised:
        merge(conn, swarm_id, find(conn, swarm_id, "summary.txt"), stays)
    assert refusal(raised) == ("PS409", "into_id")


def test_change_marks_all_that_was_derived_from_it_and_a_new_save_clears_it(conn: Conn) -> None:
    swarm_id = start(conn)
    source = save(conn, swarm_id, "source.txt", "one")
    digest = save(conn, swarm_id, "digest.txt", derived_from=[source])
    report = save(conn, swarm_id, "report.txt", derived_from=[digest])
    save(conn, swarm_id, "source.txt", derived_from=[report])  # a circle ends
    other = save(conn, swarm_id, "other.txt")
    status = {e: entry(conn, e)["status"] for e in (source, digest, report, other)}
    assert status == {source: "up_to_date", digest: "out_of_date", report: "out_of_date", other: "up_to_date"}
    told = [e["data"]["name"] for e in events(conn, swarm_id) if e["kind"] == "memory.out_of_date"]
    assert told == ["digest.txt", "report.txt"]
    save(conn, swarm_id, "digest.txt")  # made again, and the same came out
    assert (entry(conn, digest)["status"], entry(conn, digest)["version"]) == ("up_to_date", 2)
    move(conn, swarm_id, source, name="moved.txt")
    assert entry(conn, digest)["status"] == "up_to_date"


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(conn: Conn) -> None:
    swarm_id = start(conn)
    note = save(conn, swarm_id, "a.txt", "one", if_version=0)
    save(conn, swarm_id, "a.txt", "two", if_version=1)
    verbs = ("remove_entry(%s, %s, null, 1)", "move_entry(%s, %s, null, 'b.txt', null, 1)")
    for statement in (f"select pgswarm.{verb}" for verb in verbs):
        with pytest.raises(psycopg.Error) as raised:
            conn.execute(statement.encode(), [swarm_id, note])
        assert refusal(raised) == ("PS409", "if_version")
    for version in (0, 1):
        with pytest.raises(psycopg.Error) as raised:
            save(conn, swarm_id, "a.txt", "three", if_version=version)
        assert refusal(raised) == ("PS409", "if_version")
    assert text_of(conn, swarm_id, note) == "two"


def test_processors_that_save_into_one_folder_at_once_lose_nothing(db: Database, conn: Conn) -> None:
    swarm_id = start(conn)

    def work(number: int) -> None:
        with db.connect() as own:
            for n in range(8):
                save(own, swarm_id, f"projects/shared/{number}-{n}.txt", f"text {number} {n}")
                save(own, swarm_id, "projects/shared/both.txt", f"by {number}, {n}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    below = level(conn, swarm_id, "projects/shared")
    assert len(below) == 33
    assert sum(e["kind"] == "memory.folder" for e in events(conn, swarm_id)) == 1
    both = find(conn, swarm_id, "projects/shared/both.txt")
    assert entry(conn, both)["version"] == 32
    rows = conn.execute("select * from pgswarm.entry_history(%s, %s)", [swarm_id, both]).fetchall()
    assert [r["version"] for r in rows] == list(range(32, 0, -1))
    assert flaws(conn, swarm_id) == []


def test_readers_do_not_wait_for_a_writer(db: Database, conn: Conn) -> None:
    swarm_id = start(conn)
    note = save(conn, swarm_id, "user/note.txt", "a heron")
    with db.connect(autocommit=False) as writer:
        save(writer, swarm_id, "user/note.txt", "an otter")
        move(writer, swarm_id, note, find(writer, swarm_id, "projects"))
        conn.execute("set lock_timeout = '100ms'")
        assert names(level(conn, swarm_id, "user")) == ["note.txt"]
        assert text_of(conn, swarm_id, note) == "a heron"
        assert search(conn, swarm_id, "heron otter") == {"user/note.txt"}
        writer.commit()
    assert search(conn, swarm_id, "heron otter") == {"projects/note.txt"}
