"""The memory of a swarm: entries with versions, and passages found by plain words."""

from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from support.verbs import Conn, Worker, call, events, start

TEXT = """The heron stands in shallow water.

Its nest is high in a tree, near other nests.

Otters fish in the same river, but at night."""


def save(conn: Conn, swarm_id: UUID, name: str, content: str | bytes, **more: Any) -> UUID:
    found: UUID = call(
        conn,
        "select pgswarm.save_entry(swarm_id => %s, node_id => %s, name => %s, kind => %s, description => %s,"
        " folder => %s, content => %s)",
        swarm_id, more.get("node_id"), name, more.get("kind", "text"), more.get("description", ""),
        more.get("folder", ""), content.encode() if isinstance(content, str) else content,
    )  # fmt: skip
    return found


def search(conn: Conn, swarm_id: UUID, query: str, most: int = 10) -> list[DictRow]:
    return conn.execute(
        "select * from pgswarm.search_memory(swarm_id => %s, query => %s, max_results => %s)", [swarm_id, query, most]
    ).fetchall()


def test_saved_entry_is_read_back_and_told(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    run = worker.claim_one()
    entry = save(conn, swarm_id, "birds.txt", TEXT, folder="/notes/", node_id=run.node_id, description="on birds")
    (row,) = conn.execute("select * from pgswarm.space_entry where blob is not null").fetchall()
    assert (row["entry_id"], row["path"], row["size"], row["version"], row["author_node_id"]) == (
        entry, "notes/birds.txt", len(TEXT), 1, run.node_id,
    )  # fmt: skip
    assert call(conn, "select pgswarm.read_entry(swarm_id => %s, entry_id => %s)", swarm_id, entry) == TEXT.encode()
    told = events(conn, swarm_id)[-1]
    assert (told["kind"], told["node_id"], told["data"]["path"]) == ("memory.saved", run.node_id, "notes/birds.txt")


def test_same_content_again_changes_nothing_and_other_content_is_a_new_version(conn: Conn) -> None:
    swarm_id = start(conn)
    entry = save(conn, swarm_id, "a.txt", "herons")
    seen = len(events(conn, swarm_id))
    assert save(conn, swarm_id, "a.txt", "herons") == entry
    assert len(events(conn, swarm_id)) == seen
    assert save(conn, swarm_id, "a.txt", "otters") == entry
    (row,) = conn.execute("select version from pgswarm.space_entry where blob is not null").fetchall()
    assert row["version"] == 2
    assert search(conn, swarm_id, "heron") == []
    assert len(search(conn, swarm_id, "otter")) == 1


def test_search_gives_the_passage_with_its_lines(conn: Conn) -> None:
    swarm_id = start(conn)
    entry = save(conn, swarm_id, "birds.txt", TEXT)
    (row,) = search(conn, swarm_id, "nests in trees")
    assert (row["entry_id"], row["name"], row["first_line"], row["last_line"]) == (entry, "birds.txt", 3, 3)
    assert row["content"] == "Its nest is high in a tree, near other nests."


def test_passage_with_all_words_comes_before_one_with_some(conn: Conn) -> None:
    swarm_id = start(conn)
    save(conn, swarm_id, "a.txt", "river river river river\n\nthe otter of the river")
    rows = search(conn, swarm_id, "otter river")
    assert [row["first_line"] for row in rows] == [3, 1]
    assert rows[0]["score"] > rows[1]["score"]
    assert len(search(conn, swarm_id, "otter river", 1)) == 1


def test_search_of_nothing_or_of_anything_at_all_is_harmless(conn: Conn) -> None:
    swarm_id = start(conn)
    save(conn, swarm_id, "birds.txt", TEXT)
    for query in ("", "the of and", "' & | ! :* <-> \\", "🦦", "x" * 100_000, "heron' | '"):
        search(conn, swarm_id, query)
    assert search(conn, swarm_id, "") == []
    assert len(search(conn, swarm_id, "heron & water | !(", 0)) == 1  # at least one result is given


def test_swarm_sees_its_own_memory_alone(conn: Conn) -> None:
    mine, yours = start(conn), start(conn)
    entry = save(conn, mine, "birds.txt", TEXT)
    save(conn, yours, "birds.txt", "no such bird")
    assert search(conn, yours, "heron") == []
    assert call(conn, "select pgswarm.read_entry(swarm_id => %s, entry_id => %s)", yours, entry) is None


def test_what_is_not_text_is_kept_whole_and_not_searched(conn: Conn) -> None:
    swarm_id = start(conn)
    for name, content in {"nul": b"heron\0", "latin": b"h\xe9ron heron", "empty": b""}.items():
        entry = save(conn, swarm_id, name, content)
        assert call(conn, "select pgswarm.read_entry(swarm_id => %s, entry_id => %s)", swarm_id, entry) == content
    assert search(conn, swarm_id, "heron") == []


def test_long_paragraph_is_cut_into_passages_that_are_found(conn: Conn) -> None:
    swarm_id = start(conn)
    lines = [f"line {number} tells of bird{number}" for number in range(1, 401)]
    save(conn, swarm_id, "long.txt", "\n".join(lines))
    (row,) = search(conn, swarm_id, "bird333")
    assert row["first_line"] <= 333 <= row["last_line"]
    assert "bird333" in row["content"]
    assert len(row["content"]) < 2_500


def test_one_line_of_two_megabytes_is_saved(conn: Conn) -> None:
    swarm_id = start(conn)
    save(conn, swarm_id, "line.txt", "heron " * 350_000)
    assert len(conn.execute("select from pgswarm.blob").fetchall()) == 1
